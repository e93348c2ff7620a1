//! How a text or a line has to be typed to mean what it means.

use teahouse_core::Nick;
use teahouse_editor::Passage;
use teahouse_wire::command;

/// A text as it has to be typed to be said.
pub(super) fn escaped(text: &str) -> String {
    match command::slash(text) {
        Some(at) => format!("{}/{}", &text[..at], &text[at..]),
        None => text.to_owned(),
    }
}

/// Whether a line is text although it looks like a command: its slash was pasted.
pub(super) fn is_literal(line: &Passage) -> bool {
    command::slash(line.text()).is_some_and(|at| line.is_pasted_at(at))
}

/// A line as it has to be typed to mean what it means: what was pasted is text.
pub(super) fn as_typed(line: &Passage) -> String {
    if is_literal(line) { escaped(line.text()) } else { line.text().to_owned() }
}

/// A line begun to one person as it has to be typed anywhere to mean what it means.
pub(super) fn as_told(line: &Passage, nick: &Nick) -> String {
    let is_command = command::slash(line.text()).is_some() && !is_literal(line);
    match is_command {
        true => line.text().to_owned(),
        false => format!("/msg {} {}", nick.as_str(), line.text()),
    }
}
