//! What was measured, as a table to read and as JSON to keep.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde::Serialize;

/// One server under one load: the medians of its runs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) server: String,
    pub(crate) load: String,
    pub(crate) figures: BTreeMap<&'static str, f64>,
}

/// The figures of one run.
pub(crate) type Figures = BTreeMap<&'static str, f64>;

/// All rows of one scenario.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) scenario: &'static str,
    /// Runs of which each figure is the median.
    pub(crate) runs: usize,
    pub(crate) rows: Vec<Row>,
}

impl Report {
    pub(crate) fn new(scenario: &'static str, runs: usize) -> Self {
        Self { scenario, runs, rows: Vec::new() }
    }

    /// Adds the medians of several runs.
    pub(crate) fn add(&mut self, server: &str, load: &str, runs: &[Figures]) {
        let Some(first) = runs.first() else { return };
        let figures = first
            .keys()
            .map(|key| {
                let mut values: Vec<f64> =
                    runs.iter().filter_map(|run| run.get(key).copied()).collect();
                values.sort_by(f64::total_cmp);
                (*key, values[values.len() / 2])
            })
            .collect();
        self.rows.push(Row { server: server.to_owned(), load: load.to_owned(), figures });
    }

    /// Says how far it has come.
    pub(crate) fn show_last(&self) {
        if let Some(row) = self.rows.last() {
            let figures: Vec<String> =
                row.figures.iter().map(|(key, value)| format!("{key} {}", shown(*value))).collect();
            eprintln!("{}: {}: {}: {}", self.scenario, row.load, row.server, figures.join(", "));
        }
    }

    /// The table; where a floor was measured under the same load, ratios to it follow in brackets.
    pub(crate) fn table(&self) -> String {
        let mut columns: Vec<&str> = Vec::new();
        for row in &self.rows {
            for key in row.figures.keys() {
                if !columns.contains(key) {
                    columns.push(key);
                }
            }
        }
        let mut lines = vec![
            [&["load", "server"], columns.as_slice()]
                .concat()
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
        ];
        for row in &self.rows {
            let floor = self
                .rows
                .iter()
                .find(|other| other.load == row.load && other.server.starts_with("floor"));
            let mut line = vec![row.load.clone(), row.server.clone()];
            line.extend(columns.iter().map(|column| {
                let Some(value) = row.figures.get(column) else { return "–".to_owned() };
                let floor = floor.and_then(|floor| floor.figures.get(column)).filter(|v| **v > 0.0);
                match floor {
                    Some(floor) => format!("{} ({:.2})", shown(*value), value / floor),
                    None => shown(*value),
                }
            }));
            lines.push(line);
        }
        let widths: Vec<usize> = (0..columns.len() + 2)
            .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
            .collect();
        let mut table = format!("== {}\n", self.scenario);
        for line in lines {
            for (cell, width) in line.iter().zip(&widths) {
                table += &format!("{cell:<width$}  ");
            }
            table = table.trim_end().to_owned() + "\n";
        }
        table
    }

    /// Writes `SCENARIO.json` into a directory.
    pub(crate) fn keep(&self, directory: &Path) -> Result<()> {
        std::fs::create_dir_all(directory)?;
        let file = directory.join(format!("{}.json", self.scenario));
        Ok(std::fs::write(file, serde_json::to_string_pretty(self)?)?)
    }
}

fn shown(value: f64) -> String {
    match value.abs() {
        size if size >= 10_000.0 => format!("{:.0}k", value / 1000.0),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

/// A percentile of times, in milliseconds.
pub(crate) fn percentile_ms(nanoseconds: &mut [u64], part: f64) -> f64 {
    if nanoseconds.is_empty() {
        return f64::NAN;
    }
    nanoseconds.sort_unstable();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let index = ((nanoseconds.len() - 1) as f64 * part).round() as usize;
    nanoseconds[index] as f64 / 1e6
}
