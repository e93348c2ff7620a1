//! One port for every protocol: the first bytes decide which it is.
//!
//! A person may type anything, so what merely begins like another protocol is a line: only a whole
//! request line, or a whole registration command, is taken for one.

/// Bytes looked at; what is undecided by then is a person's line.
pub const SNIFF_BYTES_MAX: usize = 64;

/// What a peer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Lines of text: `nc`, scripts, our own linear client.
    Line,
    /// Lines of text with telnet negotiation (RFC 854).
    Telnet,
    /// IRC (RFC 1459, modern.ircdocs.horse).
    Irc,
    /// HTTP/1.1 or the HTTP/2 preface.
    Http,
    /// SSH (RFC 4253).
    Ssh,
    /// TLS (RFC 8446).
    Tls,
}

/// What can be said so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sniff {
    /// It is this.
    Is(Protocol),
    /// More bytes are needed.
    Undecided,
}

/// Whether bytes match a pattern, cannot, or may yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Yes,
    No,
    Maybe,
}

const HTTP_METHODS: [&str; 8] =
    ["GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "PATCH ", "OPTIONS ", "CONNECT "];
const HTTP_TARGETS: [&str; 3] = ["/", "*", "http"];
const CAP_SUBCOMMANDS: [&str; 4] = ["LS", "LIST", "REQ", "END"];

/// Decides by the first bytes of a connection.
#[must_use]
pub fn sniff(first: &[u8]) -> Sniff {
    if first.first() == Some(&0xFF) {
        return Sniff::Is(Protocol::Telnet);
    }
    let tests = [
        (Protocol::Tls, prefix(first, &[0x16, 0x03])),
        (Protocol::Ssh, prefix(first, b"SSH-")),
        (Protocol::Http, http(first)),
        (Protocol::Irc, irc(first)),
    ];
    let mut may_be_other = first.is_empty();
    for (protocol, found) in tests {
        match found {
            Match::Yes => return Sniff::Is(protocol),
            Match::Maybe => may_be_other = true,
            Match::No => {}
        }
    }
    if may_be_other && first.len() < SNIFF_BYTES_MAX {
        Sniff::Undecided
    } else {
        Sniff::Is(Protocol::Line)
    }
}

fn prefix(first: &[u8], pattern: &[u8]) -> Match {
    let length = first.len().min(pattern.len());
    match (first[..length] == pattern[..length], length == pattern.len()) {
        (false, _) => Match::No,
        (true, true) => Match::Yes,
        (true, false) => Match::Maybe,
    }
}

fn any(matches: impl IntoIterator<Item = Match>) -> Match {
    let mut best = Match::No;
    for found in matches {
        match found {
            Match::Yes => return Match::Yes,
            Match::Maybe => best = Match::Maybe,
            Match::No => {}
        }
    }
    best
}

/// A method, a space, and what a request target begins with (RFC 9112, section 3).
fn http(first: &[u8]) -> Match {
    let after = |method: &str| match prefix(first, method.as_bytes()) {
        Match::Yes => {
            any(HTTP_TARGETS.iter().map(|target| prefix(&first[method.len()..], target.as_bytes())))
        }
        Match::No => Match::No,
        Match::Maybe => Match::Maybe,
    };
    any(HTTP_METHODS.iter().map(|method| after(method)).chain([prefix(first, b"PRI * HTTP/2")]))
}

/// A whole registration command with the parameters it must have.
fn irc(first: &[u8]) -> Match {
    let commands = ["CAP ", "NICK ", "PASS ", "USER "];
    let begun = any(commands.iter().map(|command| prefix(first, command.as_bytes())));
    if begun != Match::Yes {
        return begun;
    }
    let Some(end) = first.iter().position(|byte| *byte == b'\n') else { return Match::Maybe };
    let Ok(line) = std::str::from_utf8(&first[..end]) else { return Match::No };
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_irc = match words.as_slice() {
        ["CAP", subcommand, ..] => CAP_SUBCOMMANDS.contains(subcommand),
        ["NICK" | "PASS", _] => true,
        ["USER", rest @ ..] => rest.len() >= 4,
        _ => false,
    };
    if is_irc { Match::Yes } else { Match::No }
}

/// One clear line for a protocol that is not spoken yet, in a form its client can show. `None` for those
/// that are.
#[must_use]
pub fn not_spoken(protocol: Protocol) -> Option<Vec<u8>> {
    let hint = "is not spoken here yet; join with nc or telnet";
    match protocol {
        Protocol::Line | Protocol::Telnet | Protocol::Http => None,
        Protocol::Irc => Some(format!("ERROR :IRC {hint}\r\n").into_bytes()),
        // RFC 4253, section 4.2: lines may come before the version string.
        Protocol::Ssh => Some(format!("SSH {hint}\r\n").into_bytes()),
        Protocol::Tls => {
            // RFC 8446, section 6: fatal alert, protocol_version.
            let mut bytes = vec![0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 70];
            bytes.extend_from_slice(format!("TLS {hint}\n").as_bytes());
            Some(bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_is_known_by_its_first_bytes() {
        let cases: [(&[u8], Protocol); 14] = [
            (b"hello\n", Protocol::Line),
            (b"GET / HTTP/1.1\r\n", Protocol::Http),
            (b"POST /lobby HTTP/1.1\r\n", Protocol::Http),
            (b"PRI * HTTP/2.0\r\n", Protocol::Http),
            (b"GET well soon\n", Protocol::Line),
            (b"CAP LS 302\r\n", Protocol::Irc),
            (b"NICK ann\r\n", Protocol::Irc),
            (b"USER ann 0 * :Ann\r\n", Protocol::Irc),
            (b"PASS me the salt\n", Protocol::Line),
            (b"SSH-2.0-x\r\n", Protocol::Ssh),
            (b"\x16\x03\x01", Protocol::Tls),
            (b"\xff\xfb\x1f", Protocol::Telnet),
            ("你好\n".as_bytes(), Protocol::Line),
            (b"\n", Protocol::Line),
        ];
        for (first, protocol) in cases {
            assert_eq!(sniff(first), Sniff::Is(protocol), "{}", String::from_utf8_lossy(first));
        }
    }

    #[test]
    fn what_may_still_become_another_protocol_is_undecided() {
        for first in [&b""[..], b"G", b"GET ", b"SSH", b"\x16", b"NICK ann", b"PASS me the"] {
            assert_eq!(sniff(first), Sniff::Undecided, "{}", String::from_utf8_lossy(first));
        }
        let long = [b"NICK ".as_slice(), &[b'x'; 60]].concat();
        assert_eq!(sniff(&long), Sniff::Is(Protocol::Line));
    }

    #[test]
    fn a_protocol_not_spoken_gets_one_line_its_client_shows() {
        assert_eq!(not_spoken(Protocol::Line), None);
        assert_eq!(
            not_spoken(Protocol::Irc).unwrap(),
            b"ERROR :IRC is not spoken here yet; join with nc or telnet\r\n"
        );
        assert_eq!(not_spoken(Protocol::Http), None);
    }
}
