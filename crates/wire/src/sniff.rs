//! One port for all protocols: the first line of a connection decides its protocol, by its shape, however late it comes.
//!
//! A person may type anything, so a line that only begins like another protocol is a message. But a line with the whole
//! shape of another protocol's first line is never a message, whichever method or command it names: the program that
//! sends it cannot take part in a chat, and its later bytes may come from a third party (from a web page, for example).
//! Blank lines and a byte-order mark before the first line have no meaning and are skipped (RFC 9112, section 2.2).
//!
//! This file decides; [`refusal`] answers the protocols that the server does not speak.

mod refusal;

pub use refusal::refusal;

/// The most bytes of a first line that are examined. A longer request is recognized by its beginning, and a message of
/// that length needs no further examination.
pub const FIRST_BYTES_MAX: usize = 4 * 1024;

/// The protocol of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Lines of text: `nc`, scripts, our own linear client.
    Line,
    /// Lines of text with telnet negotiation (RFC 854).
    Telnet,
    /// HTTP/1.0 or HTTP/1.1, also with an invalid request.
    Http,
    /// The preface of HTTP/2 (RFC 9113, section 3.4).
    Http2,
    /// Another protocol with request lines like HTTP's: RTSP, SIP, ICAP.
    LikeHttp,
    /// IRC (RFC 1459, modern.ircdocs.horse).
    Irc,
    /// SSH (RFC 4253).
    Ssh,
    /// TLS (RFC 8446).
    Tls,
    /// The header that a proxy sends first, version 1 or 2 (the PROXY protocol of HAProxy).
    Proxy,
    /// SMTP (RFC 5321).
    Smtp,
    /// SOCKS 4.
    Socks4,
    /// SOCKS 5 (RFC 1928).
    Socks5,
    /// Redis (RESP).
    Redis,
    /// Bytes that are not text.
    Binary,
}

/// The result of sniffing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sniff {
    /// The connection has this protocol.
    Is(Protocol),
    /// More bytes are needed.
    Undecided,
}

/// The methods of HTTP that are recognized before the line is complete.
const HTTP_METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE"];
/// The beginnings of targets that only HTTP has (`*` also belongs to RTSP).
const HTTP_TARGETS: [&str; 3] = ["/", "http:", "https:"];
/// The fewest capital letters of an unknown method. Shorter ones are words (`I`, `OK`).
const METHOD_BYTES_MIN: usize = 3;
const CAP_SUBCOMMANDS: [&str; 4] = ["LS", "LIST", "REQ", "END"];
const PROXY_FAMILIES: [&str; 3] = ["TCP4", "TCP6", "UNKNOWN"];
/// The beginning of the header of PROXY version 2, without the blank lines at its very start.
const PROXY_V2: &[u8] = b"\0\r\nQUIT\n";
/// The most letters in the name of a protocol in a request line (`HTTP/1.1`).
const PROTOCOL_NAME_BYTES_MAX: usize = 16;

/// Decides the protocol by the first bytes of a connection.
#[must_use]
pub fn sniff(first: &[u8]) -> Sniff {
    decide(&first[blank_bytes(first)..], false)
}

/// Decides the protocol when no more bytes will come: a line without an end then counts as a whole line.
#[must_use]
pub fn sniff_all(first: &[u8]) -> Protocol {
    match decide(&first[blank_bytes(first)..], true) {
        Sniff::Is(protocol) => protocol,
        Sniff::Undecided => Protocol::Line,
    }
}

/// The number of bytes at the start that have no meaning: a byte-order mark and blank lines.
#[must_use]
pub fn blank_bytes(first: &[u8]) -> usize {
    let mark = if first.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
    let mut end = mark;
    for (index, byte) in first.iter().enumerate().skip(mark) {
        match byte {
            b'\r' | b'\n' => end = index + 1,
            // The second byte of telnet's line end CR NUL (RFC 854).
            0 if index > 0 && first[index - 1] == b'\r' => end = index + 1,
            b' ' | b'\t' => {}
            _ => break,
        }
    }
    end
}

/// The number of bytes at the start that may be dropped without changing the decision. The end of the last blank line is
/// kept, because a NUL is blank only after a CR, and a byte-order mark only at the very start.
#[must_use]
pub fn droppable_bytes(first: &[u8]) -> usize {
    let blank = blank_bytes(first);
    match &first[..blank] {
        [.., b'\r' | b'\n'] => blank - 1,
        [.., 0] => blank - 2,
        _ => 0,
    }
}

/// Decides the protocol. Each step examines a prefix of the bytes, so that it does not matter how they are cut.
fn decide(first: &[u8], is_all: bool) -> Sniff {
    if let Some(known) = by_first_bytes(first, is_all) {
        return known;
    }
    let seen = &first[..first.len().min(FIRST_BYTES_MAX)];
    let end = seen.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let line = &seen[..end.unwrap_or(seen.len())];
    if begins_http(line) {
        return Sniff::Is(Protocol::Http);
    }
    if line.contains(&0) {
        return Sniff::Is(Protocol::Binary);
    }
    if end.is_some() {
        return by_line(line, &first[line.len()..], is_all);
    }
    if line.len() == FIRST_BYTES_MAX {
        return Sniff::Is(if begins_request(line) { Protocol::Http } else { Protocol::Line });
    }
    if is_all { by_line(line, &[], is_all) } else { Sniff::Undecided }
}

/// Whether a line too long to wait for its end is a request: a method, a target, and no words after them.
fn begins_request(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let is_request = words.next().is_some_and(is_token) && words.next().is_some_and(is_target);
    is_request && words.count() <= 1
}

/// Decides by the first bytes, if they are enough without the whole line.
fn by_first_bytes(first: &[u8], is_all: bool) -> Option<Sniff> {
    let is = |protocol| Some(Sniff::Is(protocol));
    match first {
        [] => Some(Sniff::Undecided),
        [0xFF, ..] => is(Protocol::Telnet),
        // UTF-16 is text: the line protocol explains what is wrong with it.
        [0xFE, 0xFF, ..] => is(Protocol::Line),
        [0x16, 0x03, ..] => is(Protocol::Tls),
        // A person may write about SSH-keys; a version begins with a digit (RFC 4253, section 4.2).
        [b'S', b'S', b'H', b'-', b'0'..=b'9', ..] => is(Protocol::Ssh),
        [4, 1 | 2, ..] => is(Protocol::Socks4),
        // The second byte is the number of methods, seldom more than a few.
        [5, 1..=16, ..] => is(Protocol::Socks5),
        _ if first.starts_with(PROXY_V2) => is(Protocol::Proxy),
        _ if PROXY_V2.starts_with(first) && !is_all => Some(Sniff::Undecided),
        _ => None,
    }
}

/// Decides by the whole first line and, where it is not enough, by the bytes after it.
fn by_line(line: &[u8], behind: &[u8], is_all: bool) -> Sniff {
    let Ok(text) = std::str::from_utf8(line) else {
        // A message in another encoding has no control characters.
        let is_binary = line.iter().any(|byte| matches!(byte, 0..=7 | 0x0E..=0x1A | 0x1C..=0x1F));
        return Sniff::Is(if is_binary { Protocol::Binary } else { Protocol::Line });
    };
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    if is_redis(&words, text) {
        // A person may type a line like the count of an array, but not the length of its first element after it.
        let behind = &behind[..behind.len().min(FIRST_BYTES_MAX)];
        match behind.trim_ascii_start().first() {
            Some(b'$') => return Sniff::Is(Protocol::Redis),
            // Bounded, because endless blank lines decide nothing and are examined again with each new one.
            None if !is_all && behind.len() < FIRST_BYTES_MAX => return Sniff::Undecided,
            Some(_) | None => {}
        }
    }
    let protocol = request(&words)
        .or_else(|| is_proxy(&words).then_some(Protocol::Proxy))
        .or_else(|| is_irc(&words).then_some(Protocol::Irc))
        .or_else(|| is_smtp(&words).then_some(Protocol::Smtp))
        .or_else(|| is_redis_inline(&words).then_some(Protocol::Redis))
        .unwrap_or(Protocol::Line);
    Sniff::Is(protocol)
}

/// Whether a line begins with a method and a target of HTTP: it is a request, whatever follows.
fn begins_http(line: &[u8]) -> bool {
    HTTP_METHODS.iter().any(|method| {
        let rest = line.strip_prefix(method.as_bytes()).and_then(|rest| rest.strip_prefix(b" "));
        rest.is_some_and(|rest| HTTP_TARGETS.iter().any(|t| rest.starts_with(t.as_bytes())))
    })
}

/// Recognizes a request line `TOKEN target NAME/d.d`, with any token (RFC 9112, section 3). A person may write about
/// protocols, so a line without a target or a second digit has to look like a request in its other parts.
fn request(words: &[&str]) -> Option<Protocol> {
    let (first, last) = (words.first()?, words.last()?);
    let target = words.get(1)?;
    let is_http_method = HTTP_METHODS.contains(first);
    let Some(Version { name, number }) = Version::parse(last) else {
        // A request without a version (HTTP/0.9), also with the method in small letters.
        let is_method = HTTP_METHODS.iter().any(|method| method.eq_ignore_ascii_case(first));
        let is_bare = words.len() == 2 && is_method && target.starts_with('/');
        let is_http = is_bare || begins_http(words.join(" ").as_bytes());
        return is_http.then_some(Protocol::Http);
    };
    let is_whole_version = number.len() > 1;
    let is_method = is_http_method
        || (first.len() >= METHOD_BYTES_MIN
            && first.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'-' | b'_')));
    let has_target = is_target(target.as_bytes());
    let is_request = match words.len() {
        2 => name == "HTTP" && (is_http_method || (is_method && is_whole_version)),
        3 if has_target => is_token(first.as_bytes()),
        3 => is_method && is_whole_version,
        _ => is_method && has_target,
    };
    if !is_request {
        None
    } else if !name.eq_ignore_ascii_case("HTTP") {
        Some(Protocol::LikeHttp)
    } else if *first == "PRI" && number == "2.0" {
        Some(Protocol::Http2)
    } else {
        Some(Protocol::Http)
    }
}

/// The version at the end of a request line: `HTTP/1.1`.
struct Version<'a> {
    name: &'a str,
    /// `1.1`, or `1`.
    number: &'a str,
}

impl<'a> Version<'a> {
    /// `NAME/d.d` or `NAME/d`.
    fn parse(word: &'a str) -> Option<Self> {
        let (name, number) = word.split_once('/')?;
        let is_name = (2..=PROTOCOL_NAME_BYTES_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_number =
            matches!(number.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'9', b'.', b'0'..=b'9']);
        (is_name && is_number).then_some(Self { name, number })
    }
}

/// Whether a word is a token, as every method is (RFC 9110, section 5.6.2).
fn is_token(word: &[u8]) -> bool {
    let is_token_byte =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !word.is_empty() && word.iter().all(is_token_byte)
}

/// Whether a word looks like a target: a path, `*`, an address with a scheme, or a host with a port.
fn is_target(word: &[u8]) -> bool {
    if word.starts_with(b"/") || word == b"*" {
        return true;
    }
    // The last colon comes before a port. The first one ends a scheme, unlike those of a smiley (`:)`) and of `note:`.
    let has_port = word.iter().rposition(|byte| *byte == b':').is_some_and(|colon| {
        let (host, port) = (&word[..colon], &word[colon + 1..]);
        !host.is_empty() && !port.is_empty() && port.iter().all(u8::is_ascii_digit)
    });
    let has_scheme = word.iter().position(|byte| *byte == b':').is_some_and(|colon| {
        let is_scheme_byte =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let (scheme, rest) = (&word[..colon], &word[colon + 1..]);
        scheme.first().is_some_and(u8::is_ascii_alphabetic)
            && scheme.iter().all(is_scheme_byte)
            && !rest.is_empty()
    });
    has_port || has_scheme
}

fn is_proxy(words: &[&str]) -> bool {
    matches!(words, ["PROXY", family, ..] if PROXY_FAMILIES.contains(family))
}

/// Whether a line is a registration command of IRC with all its parameters.
fn is_irc(words: &[&str]) -> bool {
    match words {
        ["CAP", subcommand, ..] => CAP_SUBCOMMANDS.contains(subcommand),
        ["NICK" | "PASS", _] => true,
        // A person may write about a USER interface; in IRC the real name begins with a colon, or the mode is a number.
        ["USER", _, mode, _, real, ..] => {
            real.starts_with(':') || mode.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

/// Whether a line is one of the first commands of a mail client. A person may greet with "helo", so it has to be in
/// capitals or before the name of a host.
fn is_smtp(words: &[&str]) -> bool {
    let is = |word: &str, command: &str| word.eq_ignore_ascii_case(command);
    match words {
        [command] => *command == "HELO" || is(command, "EHLO"),
        [command, name] if is(command, "HELO") => *command == "HELO" || name.contains(['.', '[']),
        [command, _] if is(command, "EHLO") || is(command, "LHLO") => true,
        // A person may write "mail from: ann", but without an address in angle brackets.
        [command, what, ..] => {
            let begins =
                |argument: &str| what.get(..argument.len()).is_some_and(|what| is(what, argument));
            let has_path = words.iter().any(|word| word.contains('<'));
            let is_mail = is(command, "MAIL") && begins("FROM:");
            let is_recipient = is(command, "RCPT") && begins("TO:");
            (is_mail || is_recipient)
                && (has_path || command.bytes().all(|b| b.is_ascii_uppercase()))
        }
        _ => false,
    }
}

/// Whether a line is an inline command of Redis that no person would write. Most commands are also words (`INFO`, `PING`)
/// and count as messages.
fn is_redis_inline(words: &[&str]) -> bool {
    matches!(
        words,
        ["CONFIG", "GET" | "SET" | "REWRITE" | "RESETSTAT", ..] | ["SLAVEOF" | "REPLICAOF", _, _]
    )
}

/// Whether a line is the element count that begins an array of RESP.
fn is_redis(words: &[&str], line: &str) -> bool {
    let count = line.strip_prefix('*').filter(|_| words.len() == 1);
    count.is_some_and(|count| {
        (1..=9).contains(&count.len()) && count.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests;
