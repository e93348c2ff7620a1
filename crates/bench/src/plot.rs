//! One drawing for a scenario: a panel for each key figure, a bar for each server under each load. Where figures are
//! far apart, the bars are logarithmic, and the panel says so.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::report::{Report, Row, display};

const PANEL_WIDTH: u32 = 760;
const BAR_HEIGHT: u32 = 20;
/// Pixels for the names on the left and the figure at the end of a bar.
const NAMES_WIDTH: i32 = 400;
const VALUE_WIDTH: i32 = 70;
const TITLE_HEIGHT: u32 = 34;
/// The ratio of the largest to the smallest figure above which bars are logarithmic.
const LINEAR_MAX: f64 = 30.0;

const OURS: RGBColor = RGBColor(0xB0, 0x3A, 0x2E);
const FLOOR: RGBColor = RGBColor(0x5D, 0x6D, 0x7E);
const PEER: RGBColor = RGBColor(0x5D, 0xAD, 0xE2);

/// Writes the drawing as SVG.
pub(crate) fn draw(report: &Report, file: &Path) -> Result<()> {
    let panels: Vec<(&str, Vec<(&Row, f64)>)> = report
        .key
        .iter()
        .map(|figure| {
            let with = |row: &'_ Row| row.figures.get(figure).filter(|value| value.is_finite());
            let with = |row| with(row).map(|value| (row, value));
            (*figure, report.rows.iter().filter_map(with).collect::<Vec<_>>())
        })
        .filter(|(_, bars)| !bars.is_empty())
        .collect();
    let bars: usize = panels.iter().map(|(_, bars)| bars.len()).sum();
    let height = TITLE_HEIGHT * u32::try_from(panels.len())? + BAR_HEIGHT * u32::try_from(bars)?;
    let height = height.max(TITLE_HEIGHT);
    let root = SVGBackend::new(file, (PANEL_WIDTH, height)).into_drawing_area();
    let mut top = 0;
    let result = root.fill(&WHITE).and_then(|()| {
        for (figure, bars) in &panels {
            top = panel(&root, top, report.scenario, figure, bars)?;
        }
        root.present()
    });
    result.map_err(|error| anyhow!("cannot draw {}: {error}", file.display()))
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn<'a, T> = Result<T, DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

/// Draws one panel; returns the height where the next begins.
fn panel<'a>(
    root: &Area<'a>,
    top: i32,
    scenario: &str,
    figure: &str,
    bars: &[(&Row, f64)],
) -> Drawn<'a, i32> {
    let largest = bars.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let positive = bars.iter().map(|(_, value)| *value).filter(|value| *value > 0.0);
    let smallest = positive.fold(f64::INFINITY, f64::min);
    let is_log = largest / smallest > LINEAR_MAX;
    let scale = if is_log { " (logarithmic)" } else { "" };
    let small = |color: &RGBColor| ("sans-serif", 12).into_font().color(color);
    let middle = Pos::new(HPos::Left, VPos::Center);
    let title = ("sans-serif", 15).into_font().color(&BLACK);
    root.draw(&Text::new(format!("{scenario}: {figure}{scale}"), (8, top + 10), title))?;
    let mut top = top + TITLE_HEIGHT.cast_signed();
    let widest = f64::from(PANEL_WIDTH.cast_signed() - NAMES_WIDTH - VALUE_WIDTH);
    for (row, value) in bars {
        let height = BAR_HEIGHT.cast_signed();
        let center = top + height / 2;
        let width = widest * part(*value, smallest, largest, is_log);
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a drawing")]
        let end = NAMES_WIDTH + width as i32;
        let color = if row.is_ours() {
            OURS
        } else if row.server.starts_with("floor") {
            FLOOR
        } else {
            PEER
        };
        let name = format!("{} · {}", row.load, row.server);
        root.draw(&Text::new(name, (8, center), small(&BLACK).pos(middle)))?;
        let corners = [(NAMES_WIDTH, top + 3), (end, top + height - 3)];
        root.draw(&Rectangle::new(corners, color.filled()))?;
        root.draw(&Text::new(display(*value), (end + 5, center), small(&BLACK).pos(middle)))?;
        top += height;
    }
    Ok(top)
}

/// The part of the width that a bar takes: 0 to 1.
fn part(value: f64, smallest: f64, largest: f64, is_log: bool) -> f64 {
    if value <= 0.0 || largest <= 0.0 {
        return 0.0;
    }
    if is_log {
        // The smallest bar stays visible.
        let least = (smallest / 2.0).ln();
        (value.ln() - least) / (largest.ln() - least)
    } else {
        value / largest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Figures;

    #[test]
    fn the_length_of_a_bar_follows_its_figure() {
        assert_eq!(part(5.0, 5.0, 10.0, false), 0.5);
        assert_eq!(part(0.0, 5.0, 10.0, false), 0.0);
        assert_eq!(part(100.0, 1.0, 100.0, true), 1.0);
        assert!(part(1.0, 1.0, 100.0, true) > 0.1);
    }

    #[test]
    fn a_drawing_names_every_server_and_figure() {
        let mut report = Report::new("calm", &["p50 ms", "absent ms"], Vec::new());
        report.add("teahouse", "10 members", Figures::from([("p50 ms", 1.5)]));
        report.add("floor", "10 members", Figures::from([("p50 ms", 75.0)]));
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("calm.svg");
        draw(&report, &file).unwrap();
        let drawn = std::fs::read_to_string(file).unwrap();
        for words in ["calm: p50 ms (logarithmic)", "10 members · teahouse", "floor", "75.0"] {
            assert!(drawn.contains(words), "{words} is not in {drawn}");
        }
        assert!(!drawn.contains("absent ms"));
    }
}
