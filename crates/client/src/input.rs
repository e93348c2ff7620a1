//! Reads lines from standard input in a thread, because not every system can wait for a keyboard and for sockets at
//! the same time.

use std::io::{BufRead, Error, Read};
use std::thread;

use teahouse_wire::decode::{NotWords, decode};
use tokio::sync::mpsc;

/// The maximum of one line, in bytes: four times that of a message. A line between the two gets the usual error for a
/// long message, with its length.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// Lines that are read ahead. A faster writer waits in its pipe.
const LINES_AHEAD_MAX: usize = 16;

/// One result of reading.
#[derive(Debug)]
pub(crate) enum InputLine {
    /// A line without its end.
    Line(String),
    /// A line that is not valid, with the reason.
    Invalid(String),
    /// Reading failed. No more lines follow.
    Failed(Error),
}

/// Returns the lines as they are read. The channel closes at the end of the input.
pub(crate) fn read_in_background(
    input: impl BufRead + Send + 'static,
) -> mpsc::Receiver<InputLine> {
    let (sender, receiver) = mpsc::channel(LINES_AHEAD_MAX);
    thread::spawn(move || read_lines(input, &sender));
    receiver
}

fn read_lines(mut input: impl BufRead, sender: &mpsc::Sender<InputLine>) {
    let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
    let (mut is_rest, mut is_last) = (false, false);
    loop {
        let mut line = Vec::new();
        let entered = match input.by_ref().take(limit).read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(_) if !line.ends_with(b"\n") && line.len() >= LINE_BYTES_MAX => {
                let was_rest = std::mem::replace(&mut is_rest, true);
                let why = "a line of more than 64 KiB; split it";
                (!was_rest).then(|| InputLine::Invalid(why.to_owned()))
            }
            // The last part of a line that was too long.
            Ok(_) if std::mem::take(&mut is_rest) => None,
            Ok(_) => {
                let decoded = decode(&line);
                // In UTF-16 every later line would be decoded wrongly.
                is_last = decoded == Err(NotWords::Utf16);
                Some(match decoded {
                    Ok(line) => InputLine::Line(line.trim_end_matches(['\r', '\n']).to_owned()),
                    Err(error) => InputLine::Invalid(error.to_string()),
                })
            }
            Err(error) => {
                is_last = true;
                Some(InputLine::Failed(error))
            }
        };
        // The receiver is dropped when the conversation has ended.
        if entered.is_some_and(|entered| sender.blocking_send(entered).is_err()) || is_last {
            return;
        }
    }
}

/// Reads all of the input; `None` if it is longer than [`LINE_BYTES_MAX`].
pub(crate) fn read_whole(input: impl BufRead) -> Result<Option<Vec<u8>>, Error> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
    input.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= LINE_BYTES_MAX).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(input: Vec<u8>) -> Vec<String> {
        let mut lines = read_in_background(std::io::Cursor::new(input));
        let mut read = Vec::new();
        while let Some(entered) = lines.blocking_recv() {
            read.push(match entered {
                InputLine::Line(line) | InputLine::Invalid(line) => line,
                InputLine::Failed(error) => error.to_string(),
            });
        }
        read
    }

    #[test]
    fn utf16_input_is_rejected_once() {
        let input = [0xFEFF, 0x4F60, 0x597D, 0x000A, 0x4F60, 0x0061, 0x000A];
        let little = input.iter().flat_map(|unit: &u16| unit.to_le_bytes()).collect();
        assert_eq!(read_all(little), ["this is UTF-16; send UTF-8"]);
    }

    #[test]
    fn lines_have_no_line_end_and_an_invalid_line_is_reported_once() {
        let mut input = b"\xEF\xBB\xBFhi\r\n\n\xff\n".to_vec();
        input.extend(vec![b'x'; 3 * LINE_BYTES_MAX]);
        input.extend(b"\nlast");
        let read = read_all(input);
        let utf8 = "this is not UTF-8; send UTF-8";
        assert_eq!(read, ["hi", "", utf8, "a line of more than 64 KiB; split it", "last"]);
    }
}
