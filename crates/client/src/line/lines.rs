//! Converts the bytes of a server of plain lines to lines that are safe to print: only text reaches the terminal.

use std::time::Duration;

use teahouse_editor::harmless;

/// The maximum of a line, in bytes. A longer line is split.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// A partial line is shown after this time: a prompt such as `name: ` has no line end.
pub(crate) const UNENDED: Duration = Duration::from_millis(300);

/// Splits bytes into lines, and removes telnet commands and terminal control. The result does not depend on where
/// the bytes are cut.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    unended: Vec<u8>,
    telnet: TelnetState,
}

/// The state of the parser for telnet commands (RFC 854).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum TelnetState {
    #[default]
    Text,
    /// After IAC.
    Command,
    /// After WILL, WONT, DO or DONT: the option follows.
    Option,
    /// In a subnegotiation, which ends with IAC SE.
    Sub,
    /// In a subnegotiation, after IAC.
    SubCommand,
}

const IAC: u8 = 255;
const SB: u8 = 250;
const SE: u8 = 240;

impl Lines {
    /// Takes bytes and returns the complete lines, without their line ends.
    pub(crate) fn take_in(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for byte in bytes {
            if let Some(byte) = self.skip(*byte) {
                let is_end = byte == b'\n';
                if !is_end {
                    self.unended.push(byte);
                }
                if is_end || self.unended.len() >= LINE_BYTES_MAX {
                    lines.push(display(&std::mem::take(&mut self.unended)));
                }
            }
        }
        lines
    }

    /// Returns the byte if it is text, not part of a telnet command.
    fn skip(&mut self, byte: u8) -> Option<u8> {
        let (next, passed) = match (self.telnet, byte) {
            (TelnetState::Text, IAC) => (TelnetState::Command, None),
            (TelnetState::Text, _) => (TelnetState::Text, Some(byte)),
            (TelnetState::Command, 251..=254) => (TelnetState::Option, None),
            (TelnetState::Command, SB) => (TelnetState::Sub, None),
            (TelnetState::Command | TelnetState::Option, _) | (TelnetState::SubCommand, SE) => {
                (TelnetState::Text, None)
            }
            (TelnetState::Sub, IAC) => (TelnetState::SubCommand, None),
            (TelnetState::Sub | TelnetState::SubCommand, _) => (TelnetState::Sub, None),
        };
        self.telnet = next;
        passed
    }

    /// Whether there is a partial line.
    pub(crate) fn has_unended(&self) -> bool {
        !self.unended.is_empty()
    }

    /// Takes the partial line, if it has a visible character.
    pub(crate) fn take_unended(&mut self) -> Option<String> {
        let line = display(&std::mem::take(&mut self.unended));
        (!line.trim().is_empty()).then_some(line)
    }
}

/// The line without colours, other escape sequences and control characters. Carriage returns at both ends are
/// removed: some servers start a line with one, to overwrite the prompt of their client.
fn display(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text = without_sequences(&text);
    harmless(text.trim_matches('\r')).replace('\n', " ")
}

/// Removes `ESC [ … letter`, so that no numbers of colour sequences remain.
fn without_sequences(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_final = |c: char| ('\u{40}'..='\u{7e}').contains(&c);
        let after = part.find(is_final).map_or("", |at| &part[at + 1..]);
        clean.push_str(after);
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8], cut: usize) -> Vec<String> {
        let mut lines = Lines::default();
        let mut received: Vec<_> = bytes.chunks(cut).flat_map(|part| lines.take_in(part)).collect();
        received.extend(lines.take_unended());
        received
    }

    #[test]
    fn bytes_cut_anywhere_are_the_same_lines() {
        let bytes = "\r<127.0.0.1:4000> 你好\r\n\u{1b}[31mred\u{1b}[0m\u{7}\nname: ".as_bytes();
        for cut in 1..bytes.len() {
            assert_eq!(lines(bytes, cut), ["<127.0.0.1:4000> 你好", "red", "name: "]);
        }
    }

    #[test]
    fn telnet_commands_are_not_text() {
        let bytes = b"\xff\xfb\x01hi\xff\xfa\x18\x01\xff\xf0 you\xff\xf1\n";
        for cut in 1..bytes.len() {
            assert_eq!(lines(bytes, cut), ["hi you"]);
        }
    }
}
