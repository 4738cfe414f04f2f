//! Bar charts as SVG. They have a background of their own, so that they are readable on dark pages too.

use std::fmt::Write as _;

/// The bars of one heading.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) bars: Vec<Bar>,
}

/// A bar of one or more parts, which lie one after the other.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) parts: Vec<f64>,
}

const WIDTH: f64 = 760.0;
/// The place where the bars begin.
const BEGIN: f64 = 210.0;
/// The length of the longest bar.
const LENGTH: f64 = 460.0;
const LINE: f64 = 24.0;
const STYLE: &str = "rect.page { fill: #ffffff } \
                     text { font: 13px system-ui, -apple-system, \"DejaVu Sans\", sans-serif; fill: #1f2328 } \
                     .title { font-size: 15px; font-weight: 700 } .head { font-weight: 600; fill: #57606a } \
                     .label { text-anchor: end } .part0 { fill: #2f5fd0 } .part1 { fill: #9db8f2 } \
                     .own .part0 { fill: #c2410c } .own .part1 { fill: #f5b48a }";

/// Returns a chart. The bars of the gateway have another color. All sections have the same scale.
pub(super) fn bars(title: &str, unit: &str, legend: [&str; 2], sections: &[Section]) -> String {
    let all = sections.iter().flat_map(|section| &section.bars);
    let longest = all.map(|bar| bar.parts.iter().sum::<f64>()).fold(f64::MIN_POSITIVE, f64::max);
    let lines: usize = sections.iter().map(|section| section.bars.len() + 1).sum();
    let height = LINE * (lines as f64 + 2.5) + 8.0 * sections.len() as f64;
    let title = escaped(title);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH:.0} {height:.0}\" role=\"img\" \
         aria-label=\"{title}\">\n<style>{STYLE}</style>\n\
         <rect class=\"page\" width=\"{WIDTH:.0}\" height=\"{height:.0}\" rx=\"8\"/>\n\
         <text class=\"title\" x=\"16\" y=\"26\">{title}, {unit}</text>\n"
    );
    write_legend(&mut text, legend);
    let mut top = LINE * 2.2;
    for section in sections {
        // Writing to a `String` cannot fail.
        let _ =
            writeln!(text, "<text class=\"head\" x=\"16\" y=\"{:.0}\">{}</text>", top + 16.0, escaped(&section.title));
        top += LINE;
        for bar in &section.bars {
            write_bar(&mut text, bar, top, LENGTH / longest);
            top += LINE;
        }
        top += 8.0;
    }
    text + "</svg>\n"
}

fn write_legend(text: &mut String, legend: [&str; 2]) {
    for (place, name) in legend.into_iter().enumerate() {
        let left = WIDTH - 190.0 + 90.0 * place as f64;
        let _ = writeln!(
            text,
            "<rect class=\"part{place}\" x=\"{left:.0}\" y=\"15\" width=\"12\" height=\"12\"/>\
             <text x=\"{:.0}\" y=\"26\">{}</text>",
            left + 18.0,
            escaped(name)
        );
    }
}

fn write_bar(text: &mut String, bar: &Bar, top: f64, scale: f64) {
    let class = if bar.label == "gateway" { " class=\"own\"" } else { "" };
    let (label, baseline) = (escaped(&bar.label), top + 16.0);
    let _ = write!(text, "<g{class}><text class=\"label\" x=\"{:.0}\" y=\"{baseline:.0}\">{label}</text>", BEGIN - 8.0);
    let mut left = BEGIN;
    for (place, part) in bar.parts.iter().enumerate() {
        let length = part.max(0.0) * scale;
        let _ = write!(
            text,
            "<rect class=\"part{place}\" x=\"{left:.1}\" y=\"{:.0}\" width=\"{length:.1}\" height=\"16\"/>",
            top + 3.0
        );
        left += length;
    }
    let total: f64 = bar.parts.iter().sum();
    let digits = usize::from(total < 100.0);
    let _ = writeln!(text, "<text x=\"{:.1}\" y=\"{baseline:.0}\">{total:.digits$}</text></g>", left + 6.0);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_bar_fills_the_chart() {
        let bar = |label: &str, parts: &[f64]| Bar { label: label.to_owned(), parts: parts.to_vec() };
        let bars = vec![bar("gateway", &[30.0, 10.0]), bar("a & b", &[20.0, 0.0])];
        let text = super::bars("Hits", "µs", ["user", "system"], &[Section { title: "one".to_owned(), bars }]);
        assert!(text.contains("x=\"210.0\" y=\"80\" width=\"345.0\""), "{text}");
        assert!(text.contains("x=\"555.0\" y=\"80\" width=\"115.0\""), "{text}");
        assert!(text.contains("width=\"230.0\"") && text.contains("a &amp; b") && text.contains(">40.0<"), "{text}");
    }
}
