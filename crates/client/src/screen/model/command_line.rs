//! The line to type for a given text or draft, where a pasted text is no command.

use teahouse_core::Nick;
use teahouse_editor::Passage;
use teahouse_wire::command;

/// The line to type so that this text is sent as a message.
pub(super) fn escape(text: &str) -> String {
    match command::slash(text) {
        Some(at) => format!("{}/{}", &text[..at], &text[at..]),
        None => text.to_owned(),
    }
}

/// Whether a line is text although it looks like a command: its slash was pasted.
pub(super) fn is_literal(line: &Passage) -> bool {
    command::slash(line.text()).is_some_and(|at| line.is_pasted_at(at))
}

/// The line to type for the same meaning: pasted commands are escaped, because they are text.
pub(super) fn command_line_of(line: &Passage) -> String {
    if is_literal(line) { escape(line.text()) } else { line.text().to_owned() }
}

/// The line to type in any conversation for the same meaning as this line in a private one.
pub(super) fn private_command_line_of(line: &Passage, nick: &Nick) -> String {
    let is_command = command::slash(line.text()).is_some() && !is_literal(line);
    match is_command {
        true => line.text().to_owned(),
        false => format!("/msg {} {}", nick.as_str(), line.text()),
    }
}
