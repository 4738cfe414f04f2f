//! [`Metrics`]: the parsed text of `/metrics`.

use std::collections::BTreeMap;

/// The series of one scrape of `/metrics`.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// The text as received.
    pub text: String,
    series: Vec<Series>,
}

/// One line: name, labels and value.
#[derive(Debug, Clone)]
struct Series {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Metrics {
    /// Parses a text. Panics if a line is neither a comment nor a series.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self { text: text.to_owned(), series: lines.map(series).collect() }
    }

    /// Returns the sum of all series of a name that have these labels, and possibly others.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        // `Iterator::sum` of no floats is `-0.0`, which prints as a negative number.
        self.of(name, labels).map(|series| series.value).fold(0.0, |sum, value| sum + value)
    }

    /// Returns the values of `label` in the series of a name with these labels, each with the series' value, in the
    /// order of the text.
    pub fn by(&self, name: &str, labels: &[(&str, &str)], label: &str) -> Vec<(String, f64)> {
        let pair = |series: &Series| Some((series.labels.get(label)?.clone(), series.value));
        self.of(name, labels).filter_map(pair).collect()
    }

    /// Returns the number of series.
    pub fn count(&self) -> usize {
        self.series.len()
    }

    /// Returns the names and types of all metrics, from the `# TYPE` comments.
    pub fn types(&self) -> Vec<(String, String)> {
        let types = self.text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
        types.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect()
    }

    fn of<'a>(&'a self, name: &'a str, labels: &'a [(&str, &str)]) -> impl Iterator<Item = &'a Series> {
        let fits = move |series: &&Series| {
            series.name == name
                && labels.iter().all(|(label, value)| series.labels.get(*label).is_some_and(|found| found == value))
        };
        self.series.iter().filter(fits)
    }
}

#[track_caller]
fn series(line: &str) -> Series {
    let (head, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
    let (name, labels) = head.split_once('{').unwrap_or((head, "}"));
    let labels = labels.strip_suffix('}').unwrap_or_else(|| panic!("no end of labels: {line}"));
    let pair = |label: &str| {
        let (name, value) = label.split_once("=\"").unwrap_or_else(|| panic!("no label: {line}"));
        (name.to_owned(), value.to_owned())
    };
    // Every label value ends in a quote, and none contains one.
    let labels = labels.split_terminator('"').collect::<Vec<_>>();
    let labels = labels.chunks(2).map(|part| pair(part.join("\"").trim_start_matches(','))).collect();
    Series { name: name.to_owned(), labels, value: value.parse().unwrap_or_else(|_| panic!("no number: {line}")) }
}
