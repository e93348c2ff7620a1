//! What a server of plain lines sends, as lines that can be shown: whoever it is, nothing of it reaches the
//! terminal as anything but text.

use std::time::Duration;

use teahouse_editor::harmless;

/// Bytes of a line without an end: what comes before it is shown then.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// A line without an end is shown after this long: a question such as `name: ` has none.
pub(crate) const UNENDED: Duration = Duration::from_millis(300);

/// Bytes to lines: telnet's commands and what acts on terminals is taken out, whatever is cut where.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    unended: Vec<u8>,
    skipping: Skipping,
}

/// What of a telnet command is still to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Skipping {
    #[default]
    Nothing,
    /// After IAC.
    Command,
    /// The option of WILL, WONT, DO or DONT.
    Option,
    /// A subnegotiation, up to IAC SE.
    Sub,
    /// In one, after IAC.
    SubCommand,
}

const IAC: u8 = 255;
const SB: u8 = 250;
const SE: u8 = 240;

impl Lines {
    /// Takes bytes, cut anywhere; gives the lines that are whole, without their ends.
    pub(crate) fn take_in(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for byte in bytes {
            if let Some(byte) = self.skip(*byte) {
                let is_end = byte == b'\n';
                if !is_end {
                    self.unended.push(byte);
                }
                if is_end || self.unended.len() >= LINE_BYTES_MAX {
                    lines.push(shown(&std::mem::take(&mut self.unended)));
                }
            }
        }
        lines
    }

    /// The byte, if it belongs to the text (RFC 854).
    fn skip(&mut self, byte: u8) -> Option<u8> {
        let (next, passed) = match (self.skipping, byte) {
            (Skipping::Nothing, IAC) => (Skipping::Command, None),
            (Skipping::Nothing, _) => (Skipping::Nothing, Some(byte)),
            (Skipping::Command, 251..=254) => (Skipping::Option, None),
            (Skipping::Command, SB) => (Skipping::Sub, None),
            (Skipping::Command | Skipping::Option, _) | (Skipping::SubCommand, SE) => {
                (Skipping::Nothing, None)
            }
            (Skipping::Sub, IAC) => (Skipping::SubCommand, None),
            (Skipping::Sub | Skipping::SubCommand, _) => (Skipping::Sub, None),
        };
        self.skipping = next;
        passed
    }

    /// Whether a line waits for its end.
    pub(crate) fn has_unended(&self) -> bool {
        !self.unended.is_empty()
    }

    /// What has come of a line without its end, if there is anything to see.
    pub(crate) fn take_unended(&mut self) -> Option<String> {
        let line = shown(&std::mem::take(&mut self.unended));
        (!line.trim().is_empty()).then_some(line)
    }
}

/// A line as it may be shown: without colours and other sequences, and without control characters. The seed
/// begins its lines with a return, to overwrite the prompt of its client.
fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text = without_sequences(&text);
    harmless(text.trim_matches('\r')).replace('\n', " ")
}

/// Takes out `ESC [ … letter`, so that colours do not leave their numbers behind.
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
        let mut taken: Vec<_> = bytes.chunks(cut).flat_map(|part| lines.take_in(part)).collect();
        taken.extend(lines.take_unended());
        taken
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
