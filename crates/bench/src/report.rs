//! The results: medians of several runs, as tables to read and as JSON to save.

use std::path::Path;

use anyhow::Result;
use serde::{Serialize, Serializer};

/// The figures of one run, in the order they are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Figures(Vec<(&'static str, f64)>);

/// One server under one load.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) server: String,
    pub(crate) load: String,
    /// The medians.
    pub(crate) figures: Figures,
    /// The figures of each run.
    pub(crate) runs: Vec<Figures>,
}

/// All rows of one scenario.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) scenario: &'static str,
    /// Processors of the machine.
    pub(crate) cores: usize,
    /// The figures that are compared and drawn.
    pub(crate) key: &'static [&'static str],
    /// Servers that are not installed.
    pub(crate) absent: Vec<String>,
    /// Trials that did not work, and why.
    pub(crate) failed: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

impl<const N: usize> From<[(&'static str, f64); N]> for Figures {
    fn from(figures: [(&'static str, f64); N]) -> Self {
        Self(figures.to_vec())
    }
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl Figures {
    pub(crate) fn add(&mut self, name: &'static str, value: f64) {
        self.0.push((name, value));
    }

    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The figure of this name; NaN if there is none.
    pub(crate) fn value(&self, name: &str) -> f64 {
        self.get(name).unwrap_or(f64::NAN)
    }

    pub(crate) fn display(&self) -> String {
        let figures: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name} {}", display(*value))).collect();
        figures.join(", ")
    }

    /// Each figure's median over these runs.
    fn medians(runs: &[Self]) -> Self {
        let Some(first) = runs.first() else { return Self::default() };
        let of = |name: &'static str| {
            let mut values: Vec<f64> = runs.iter().filter_map(|run| run.get(name)).collect();
            (name, median(&mut values))
        };
        Self(first.0.iter().map(|(name, _)| of(name)).collect())
    }
}

impl Row {
    /// Whether the row is about Teahouse itself.
    pub(crate) fn is_ours(&self) -> bool {
        self.server.starts_with("teahouse")
    }
}

impl Report {
    pub(crate) fn new(
        scenario: &'static str,
        key: &'static [&'static str],
        absent: Vec<String>,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { scenario, cores, key, absent, failed: Vec::new(), rows: Vec::new() }
    }

    /// Adds one more run of a server under a load.
    pub(crate) fn add(&mut self, server: &str, load: &str, figures: Figures) {
        let is_it = |row: &&mut Row| row.server == server && row.load == load;
        if let Some(row) = self.rows.iter_mut().find(is_it) {
            row.runs.push(figures);
            row.figures = Figures::medians(&row.runs);
        } else {
            let (server, load) = (server.to_owned(), load.to_owned());
            self.rows.push(Row { server, load, figures: figures.clone(), runs: vec![figures] });
        }
    }

    /// The medians of all rows, as a table.
    pub(crate) fn table(&self) -> String {
        let mut columns: Vec<&str> = Vec::new();
        for (name, _) in self.rows.iter().flat_map(|row| &row.figures.0) {
            if !columns.contains(name) {
                columns.push(name);
            }
        }
        let mut lines = vec![head(&["load", "server", "runs"], &columns)];
        for row in &self.rows {
            let mut line = vec![row.load.clone(), row.server.clone(), row.runs.len().to_string()];
            let cell = |name: &&str| row.figures.get(name).map_or_else(|| "–".to_owned(), display);
            line.extend(columns.iter().map(cell));
            lines.push(line);
        }
        let mut table = format!("== {}: medians\n{}", self.scenario, align(&lines));
        if !self.absent.is_empty() {
            table += &format!("absent: {}\n", self.absent.join(", "));
        }
        for failed in &self.failed {
            table += &format!("failed: {failed}\n");
        }
        table
    }

    /// Our figures divided by those of the floor and of each peer, under the same load; empty if there are no others.
    pub(crate) fn ratios(&self) -> String {
        let mut others: Vec<&str> = Vec::new();
        for row in self.rows.iter().filter(|row| !row.is_ours()) {
            if !others.contains(&row.server.as_str()) {
                others.push(&row.server);
            }
        }
        let mut lines = vec![head(&["load", "ours", "figure"], &others)];
        for ours in self.rows.iter().filter(|row| row.is_ours()) {
            for figure in self.key {
                let cells: Vec<Option<f64>> =
                    others.iter().map(|other| self.ratio(ours, other, figure)).collect();
                if cells.iter().any(Option::is_some) {
                    let mut line =
                        vec![ours.load.clone(), ours.server.clone(), (*figure).to_owned()];
                    let cell =
                        |ratio: Option<f64>| ratio.map_or_else(|| "–".to_owned(), display_ratio);
                    line.extend(cells.into_iter().map(cell));
                    lines.push(line);
                }
            }
        }
        if lines.len() == 1 {
            return String::new();
        }
        format!("== {}: ours divided by theirs\n{}", self.scenario, align(&lines))
    }

    fn ratio(&self, ours: &Row, other: &str, figure: &str) -> Option<f64> {
        let theirs = self.rows.iter().find(|row| row.server == other && row.load == ours.load)?;
        let ratio = ours.figures.get(figure)? / theirs.figures.get(figure)?;
        ratio.is_finite().then_some(ratio)
    }

    /// Writes `SCENARIO.json` and `SCENARIO.txt` into a directory.
    pub(crate) fn save(&self, directory: &Path) -> Result<()> {
        std::fs::create_dir_all(directory)?;
        let file = |ending: &str| directory.join(format!("{}.{ending}", self.scenario));
        std::fs::write(file("json"), serde_json::to_string_pretty(self)?)?;
        std::fs::write(file("txt"), self.table() + "\n" + &self.ratios())?;
        Ok(())
    }
}

fn head(first: &[&str], columns: &[&str]) -> Vec<String> {
    first.iter().chain(columns).map(ToString::to_string).collect()
}

/// Formats cells under each other, two spaces apart.
fn align(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| columns_of(cell)).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut table = String::new();
    for line in lines {
        let mut text = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            text += cell;
            text.extend(std::iter::repeat_n(' ', width + 2 - columns_of(cell)));
        }
        table += text.trim_end();
        table.push('\n');
    }
    table
}

/// Columns in a terminal: Chinese characters take two.
fn columns_of(text: &str) -> usize {
    text.chars().map(|c| if ('\u{2e80}'..'\u{ffe0}').contains(&c) { 2 } else { 1 }).sum()
}

/// Formats a figure with three significant digits.
pub(crate) fn display(value: f64) -> String {
    match value.abs() {
        size if size >= 10_000_000.0 => format!("{:.1}M", value / 1e6),
        size if size >= 1_000_000.0 => format!("{:.2}M", value / 1e6),
        size if size >= 10_000.0 => format!("{:.0}k", value / 1e3),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

fn display_ratio(ratio: f64) -> String {
    if ratio >= 100.0 { format!("{ratio:.0}") } else { format!("{ratio:.2}") }
}

/// The middle value, or the mean of the two middle ones.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// A percentile of times, in milliseconds; NaN if there are none.
pub(crate) fn percentile_ms(nanoseconds: &mut [u64], part: f64) -> f64 {
    if nanoseconds.is_empty() {
        return f64::NAN;
    }
    nanoseconds.sort_unstable();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let index = ((nanoseconds.len() - 1) as f64 * part).round() as usize;
    nanoseconds[index] as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_come_from_the_sorted_times() {
        let mut times: Vec<u64> = (0..=100).rev().map(|ms| ms * 1_000_000).collect();
        let found = [0.0, 0.5, 0.99, 1.0].map(|part| percentile_ms(&mut times, part));
        assert_eq!(found, [0.0, 50.0, 99.0, 100.0]);
        assert_eq!(percentile_ms(&mut [7_000_000], 0.99), 7.0);
        assert!(percentile_ms(&mut [], 0.5).is_nan());
    }

    #[test]
    fn medians_are_in_the_middle() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), 2.5);
        assert!(median(&mut []).is_nan());
    }

    fn report() -> Report {
        let mut report = Report::new("fanout", &["µs"], vec!["ergo".to_owned()]);
        for (ours, floor) in [(2.0, 1.0), (9.0, 9.0), (3.0, 2.0)] {
            report.add("floor", "10 members", Figures::from([("µs", floor)]));
            report.add("teahouse", "10 members", Figures::from([("µs", ours), ("p50 ms", 5e4)]));
        }
        report.add("ngircd", "10 members", Figures::from([("µs", 0.0)]));
        report
    }

    #[test]
    fn tables_show_medians_in_columns_and_absent_servers() {
        let expected = "\
== fanout: medians
load        server    runs  µs     p50 ms
10 members  floor     3     2.000  –
10 members  teahouse  3     3.000  50k
10 members  ngircd    1     0.000  –
absent: ergo
";
        assert_eq!(report().table(), expected);
    }

    #[test]
    fn ratios_are_ours_divided_by_theirs_under_the_same_load() {
        let mut report = report();
        report.add("teahouse", "20 members", Figures::from([("µs", 7.0)]));
        let expected = "\
== fanout: ours divided by theirs
load        ours      figure  floor  ngircd
10 members  teahouse  µs      1.50   –
";
        assert_eq!(report.ratios(), expected);
        assert_eq!(Report::new("idle", &["µs"], Vec::new()).ratios(), "");
    }

    #[test]
    fn chinese_takes_two_columns() {
        let lines =
            [vec!["中文".to_owned(), "1".to_owned()], vec!["four".to_owned(), "2".to_owned()]];
        assert_eq!(align(&lines), "中文  1\nfour  2\n");
    }
}
