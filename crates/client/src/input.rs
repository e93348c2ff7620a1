//! Standard input beside a connection: a thread reads lines, because a keyboard cannot be waited for
//! together with sockets everywhere.

use std::io::{BufRead, Error, Read};
use std::thread;

use teahouse_wire::decode::{NotWords, decode};
use tokio::sync::mpsc;

/// Bytes in one line: four times what a message may have, so that what is too long is said to be so.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// Lines read ahead: whoever writes faster waits in the pipe.
const LINES_AHEAD_MAX: usize = 16;

/// What was read.
#[derive(Debug)]
pub(crate) enum Entered {
    /// A line without its end.
    Line(String),
    /// A line that cannot be taken, and why.
    Wrong(String),
    /// Reading failed; nothing follows.
    Failed(Error),
}

/// Lines as they come; closed at the end of the input.
pub(crate) fn lines(input: impl BufRead + Send + 'static) -> mpsc::Receiver<Entered> {
    let (sender, receiver) = mpsc::channel(LINES_AHEAD_MAX);
    thread::spawn(move || read_lines(input, &sender));
    receiver
}

fn read_lines(mut input: impl BufRead, sender: &mpsc::Sender<Entered>) {
    let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
    let (mut is_rest, mut is_last) = (false, false);
    loop {
        let mut line = Vec::new();
        let entered = match input.by_ref().take(limit).read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(_) if !line.ends_with(b"\n") && line.len() >= LINE_BYTES_MAX => {
                let was_rest = std::mem::replace(&mut is_rest, true);
                let why = "a line of more than 64 KiB; split it";
                (!was_rest).then(|| Entered::Wrong(why.to_owned()))
            }
            // The end of a line that was too long.
            Ok(_) if std::mem::take(&mut is_rest) => None,
            Ok(_) => {
                let decoded = decode(&line);
                // Of UTF-16 every later line would be read wrongly.
                is_last = decoded == Err(NotWords::Utf16);
                Some(match decoded {
                    Ok(line) => Entered::Line(line.trim_end_matches(['\r', '\n']).to_owned()),
                    Err(error) => Entered::Wrong(error.to_string()),
                })
            }
            Err(error) => {
                is_last = true;
                Some(Entered::Failed(error))
            }
        };
        // Nobody listens any more when the conversation is over.
        if entered.is_some_and(|entered| sender.blocking_send(entered).is_err()) || is_last {
            return;
        }
    }
}

/// All of the input, as one text; `None` when it is longer than any message may be.
pub(crate) fn whole(input: impl BufRead) -> Result<Option<Vec<u8>>, Error> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
    input.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= LINE_BYTES_MAX).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(input: Vec<u8>) -> Vec<String> {
        let mut lines = lines(std::io::Cursor::new(input));
        let mut read = Vec::new();
        while let Some(entered) = lines.blocking_recv() {
            read.push(match entered {
                Entered::Line(line) | Entered::Wrong(line) => line,
                Entered::Failed(error) => error.to_string(),
            });
        }
        read
    }

    #[test]
    fn utf16_is_refused_once_as_a_whole() {
        let input = [0xFEFF, 0x4F60, 0x597D, 0x000A, 0x4F60, 0x0061, 0x000A];
        let little = input.iter().flat_map(|unit: &u16| unit.to_le_bytes()).collect();
        assert_eq!(read_all(little), ["this is UTF-16; send UTF-8"]);
    }

    #[test]
    fn lines_come_without_their_ends_and_what_cannot_be_taken_is_told_once() {
        let mut input = b"\xEF\xBB\xBFhi\r\n\n\xff\n".to_vec();
        input.extend(vec![b'x'; 3 * LINE_BYTES_MAX]);
        input.extend(b"\nlast");
        let read = read_all(input);
        let utf8 = "this is not UTF-8; send UTF-8";
        assert_eq!(read, ["hi", "", utf8, "a line of more than 64 KiB; split it", "last"]);
    }
}
