//! The author of a message and its time: `@SENDER:NANOSECONDS:` at its beginning.

/// The text of a message of `bytes` bytes, by a sender, at a time.
pub(super) fn make_stamp(sender: usize, nanoseconds: u128, bytes: usize) -> String {
    let mut words = format!("@{sender}:{nanoseconds}:");
    words.extend(std::iter::repeat_n('x', bytes.saturating_sub(words.len())));
    words
}

/// The sender and the time of a message, wherever in a line it is.
pub(super) fn stamp(line: &[u8]) -> Option<(u128, u128)> {
    let number = |part: Option<&[u8]>| {
        std::str::from_utf8(part?).ok().and_then(|digits| digits.parse::<u128>().ok())
    };
    // IRC puts user@host in front; our mark is followed by digits and a colon.
    memchr::memchr_iter(b'@', line).find_map(|at| {
        let mut parts = line[at + 1..].split(|byte| *byte == b':');
        Some((number(parts.next())?, number(parts.next())?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_found_in_every_dialect() {
        let words = make_stamp(12, 3_456, 64);
        assert_eq!(words.len(), 64);
        for (before, after) in [
            ("", ""),
            ("<guest3> ", ""),
            ("[10:31] <guest3> ", "\r"),
            (":m1!m@127.0.0.1 PRIVMSG #lobby :", "\r"),
        ] {
            let line = format!("{before}{words}{after}");
            assert_eq!(stamp(line.as_bytes()), Some((12, 3_456)), "{line}");
        }
    }

    #[test]
    fn other_lines_have_no_stamp() {
        for line in ["", "-- m1@host came in", "MSG lobby 1 64", ":m@x JOIN :#lobby", "@12:x:"] {
            assert_eq!(stamp(line.as_bytes()), None, "{line}");
        }
    }
}
