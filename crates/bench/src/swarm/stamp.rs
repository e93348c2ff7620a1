//! Who said a message, and when: `@SENDER:NANOSECONDS:` at its beginning.

/// The words of a message of so many bytes, by a sender, at a moment.
pub(super) fn stamped(sender: usize, nanoseconds: u128, bytes: usize) -> String {
    let mut words = format!("@{sender}:{nanoseconds}:");
    words.extend(std::iter::repeat_n('x', bytes.saturating_sub(words.len())));
    words
}

/// Sender and moment of a message, wherever in a line it stands.
pub(super) fn stamp(line: &[u8]) -> Option<(u128, u128)> {
    let number = |part: Option<&[u8]>| {
        std::str::from_utf8(part?).ok().and_then(|digits| digits.parse::<u128>().ok())
    };
    // IRC puts user@host in front; ours is followed by digits and a colon.
    memchr::memchr_iter(b'@', line).find_map(|at| {
        let mut parts = line[at + 1..].split(|byte| *byte == b':');
        Some((number(parts.next())?, number(parts.next())?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_found_in_every_dialect() {
        let words = stamped(12, 3_456, 64);
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
    fn other_lines_are_no_messages() {
        for line in ["", "-- m1@host came in", "MSG lobby 1 64", ":m@x JOIN :#lobby", "@12:x:"] {
            assert_eq!(stamp(line.as_bytes()), None, "{line}");
        }
    }
}
