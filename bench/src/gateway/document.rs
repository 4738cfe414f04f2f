//! `docs/performance.md`: the fixed text of `performance.md` in this folder, with the tables of a run, and charts.

use std::fs;
use std::path::Path;

use super::chart::{Bar, Section, bars};
use super::growth::MANY_FILES;
use super::report::Report;
use super::rows::Row;
use crate::failure::Failure;

/// The text. Names in double braces stand for the tables of a run.
const TEMPLATE: &str = include_str!("performance.md");
/// The text instead of a table without rows.
const NOT_MEASURED: &str = "This run did not measure it.\n";

/// Writes the document, and its charts into the folder `images` beside it.
///
/// # Errors
/// Fails if a file cannot be written.
pub(super) fn write(path: &Path, report: &Report) -> Result<(), Failure> {
    let images = path.with_file_name("images");
    fs::create_dir_all(&images).map_err(Failure::of(images.display()))?;
    for (name, chart) in charts(report) {
        let file = images.join(format!("performance-{name}.svg"));
        fs::write(&file, chart).map_err(Failure::of(file.display()))?;
    }
    fs::write(path, text(report)).map_err(Failure::of(path.display()))
}

fn text(report: &Report) -> String {
    let or_not = |is_empty: bool, table: String| if is_empty { NOT_MEASURED.to_owned() } else { table };
    let remarks: String = report.remarks.iter().map(|message| format!("- {message}.\n")).collect();
    let remarks = if remarks.is_empty() { String::new() } else { format!("Remarks:\n\n{remarks}\n") };
    let large = report.growth.iter().any(|growth| growth.count == MANY_FILES);
    let cores = match report.pinned {
        true => "The process under measure has one core. The callers and the site use the others.",
        false => {
            "The processes could not be pinned to cores, so the callers and the site took time from the candidates."
        }
    };
    let values = [
        ("date", report.date.clone()),
        ("machine", report.machine.to_string()),
        ("programs", report.programs.join(", ")),
        ("rounds", report.rounds.to_string()),
        ("requests", report.requests.to_string()),
        ("large", if large { " --large" } else { "" }.to_owned()),
        ("cores", cores.to_owned()),
        ("file", report.lengths[0].to_string()),
        ("page", report.lengths[1].to_string()),
        ("remarks", remarks),
        ("parts", or_not(report.costs.is_empty(), report.parts_table())),
        ("costs", or_not(report.costs.is_empty(), report.costs_table())),
        ("latencies", or_not(report.latencies.is_empty(), report.latencies_table())),
        ("growth", or_not(report.growth.is_empty(), report.growth_table())),
        ("calls", or_not(report.calls.is_empty(), report.calls_table())),
        ("memory", report.memory_table()),
    ];
    let with = |text: String, (name, value): (&str, String)| text.replace(&format!("{{{{{name}}}}}"), value.trim_end());
    let text = values.into_iter().fold(TEMPLATE.to_owned(), with);
    // The list of remarks may be empty.
    text.replace("\n\n\n\n", "\n\n")
}

fn charts(report: &Report) -> [(&'static str, String); 3] {
    let costs = |rows: &[Row]| rows.iter().filter_map(|row| section(report, *row)).collect::<Vec<_>>();
    let parts = ["user", "system"];
    let time = "Processor time for each request";
    let mut latencies: Vec<Section> = Vec::new();
    for latency in &report.latencies {
        if latencies.last().is_none_or(|section| section.title != latency.request) {
            latencies.push(Section { title: latency.request.to_owned(), bars: Vec::new() });
        }
        let [p50, p99] = latency.medians();
        let bar = Bar { label: latency.candidate.clone(), parts: vec![p50, p99 - p50] };
        if let Some(section) = latencies.last_mut() {
            section.bars.push(bar);
        }
    }
    [
        ("hits", bars(time, "µs", parts, &costs(&[Row::Hit, Row::Page, Row::NotModified]))),
        ("misses", bars(time, "µs", parts, &costs(&[Row::Miss, Row::Lookup]))),
        ("latencies", bars("Latency at 1,000 requests a second", "µs", ["p50", "to p99"], &latencies)),
    ]
}

/// Returns the bars of a row, if it was measured.
fn section(report: &Report, row: Row) -> Option<Section> {
    let costs = report.costs.iter().filter(|cost| cost.request == row.title());
    let bars: Vec<Bar> = costs
        .map(|cost| {
            // The sum of the medians differs from the median of the sums, which the table has.
            let [sum, _, system] = cost.times.medians();
            Bar { label: cost.candidate.clone(), parts: vec![sum - system, system] }
        })
        .collect();
    (!bars.is_empty()).then(|| Section { title: row.title().to_owned(), bars })
}

#[cfg(test)]
mod tests {
    use super::super::report::Report;
    use super::*;
    use crate::machine::Machine;

    #[test]
    fn document_of_an_empty_run_has_no_open_placeholder() {
        let mut report = Report::empty(Machine::this(), 7, 20_000);
        let written = super::text(&report);
        assert!(!written.contains("{{") && !written.contains("\n\n\n"), "{written}");
        assert!(written.contains(NOT_MEASURED) && written.contains("--rounds 7 --requests 20000 --write"), "{written}");

        report.remarks.push("a program is left out".to_owned());
        assert!(super::text(&report).contains("\n\nRemarks:\n\n- a program is left out.\n\n## "));
    }
}
