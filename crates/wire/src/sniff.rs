//! One port for every protocol: the first line decides which it is, by its shape, however late it comes.
//!
//! A person may type anything, so what merely begins like another protocol is a line. But what has the shape
//! of another protocol's first line is never a person's words, whichever method or command it names: whoever
//! sends it cannot read what people say here, and its later bytes may be anybody's (a page's, for one).
//! Blank lines and a byte order mark before it say nothing and are passed over (RFC 9112, section 2.2).
//!
//! Here it is decided; [`refusal`] has the words for those that are not spoken.

mod refusal;

pub use refusal::refusal;

/// Bytes of a first line that are gathered to see its shape. What a request may have beyond that is known for
/// one by then, and a person's line of that length needs no more looking at.
pub const FIRST_BYTES_MAX: usize = 4 * 1024;

/// What a peer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Lines of text: `nc`, scripts, our own linear client.
    Line,
    /// Lines of text with telnet negotiation (RFC 854).
    Telnet,
    /// HTTP/1.0 or HTTP/1.1, also a wrong request of it.
    Http,
    /// The preface of HTTP/2 (RFC 9113, section 3.4).
    Http2,
    /// A request line of another protocol that is built like HTTP: RTSP, SIP, ICAP.
    LikeHttp,
    /// IRC (RFC 1459, modern.ircdocs.horse).
    Irc,
    /// SSH (RFC 4253).
    Ssh,
    /// TLS (RFC 8446).
    Tls,
    /// The header that a proxy puts before what it passes on, version 1 or 2 (the PROXY protocol of HAProxy).
    Proxy,
    /// SMTP (RFC 5321).
    Smtp,
    /// SOCKS 4.
    Socks4,
    /// SOCKS 5 (RFC 1928).
    Socks5,
    /// Redis (RESP).
    Redis,
    /// Something that is no text.
    Binary,
}

/// What can be said so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sniff {
    /// It is this.
    Is(Protocol),
    /// More bytes are needed.
    Undecided,
}

/// Methods of HTTP that are known before their line has ended.
const HTTP_METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE"];
/// What a target begins with that is HTTP's only. `*` is RTSP's as well.
const HTTP_TARGETS: [&str; 3] = ["/", "http:", "https:"];
/// Letters in capitals that may be a method that is not known. Shorter ones are words (`I`, `OK`).
const METHOD_BYTES_MIN: usize = 3;
const CAP_SUBCOMMANDS: [&str; 4] = ["LS", "LIST", "REQ", "END"];
const PROXY_FAMILIES: [&str; 3] = ["TCP4", "TCP6", "UNKNOWN"];
/// What the header of PROXY version 2 begins with, behind the blank lines at its very front.
const PROXY_V2: &[u8] = b"\0\r\nQUIT\n";
/// Letters in the name of a protocol that stands in a request line (`HTTP/1.1`).
const PROTOCOL_NAME_BYTES_MAX: usize = 16;

/// Decides by the first bytes of a connection.
#[must_use]
pub fn sniff(first: &[u8]) -> Sniff {
    decide(&first[blank_bytes(first)..], false)
}

/// Decides where nothing more comes: what has no end is a line as well.
#[must_use]
pub fn sniff_all(first: &[u8]) -> Protocol {
    match decide(&first[blank_bytes(first)..], true) {
        Sniff::Is(protocol) => protocol,
        Sniff::Undecided => Protocol::Line,
    }
}

/// How many bytes at the front say nothing: a byte order mark, blank lines.
#[must_use]
pub fn blank_bytes(first: &[u8]) -> usize {
    let mark = if first.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
    let mut end = mark;
    for (index, byte) in first.iter().enumerate().skip(mark) {
        match byte {
            b'\r' | b'\n' => end = index + 1,
            // The second half of telnet's line end (RFC 854).
            0 if index > 0 && first[index - 1] == b'\r' => end = index + 1,
            b' ' | b'\t' => {}
            _ => break,
        }
    }
    end
}

/// How many bytes at the front may be let go without a difference to what is decided. The end of the last blank line
/// stays: a NUL is blank only behind a CR, and a byte order mark only at the very front.
#[must_use]
pub fn spent_bytes(first: &[u8]) -> usize {
    let blank = blank_bytes(first);
    match &first[..blank] {
        [.., b'\r' | b'\n'] => blank - 1,
        [.., 0] => blank - 2,
        _ => 0,
    }
}

/// Each step looks at a beginning of the bytes, so that how they were cut makes no difference.
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

/// Whether a line so long that its end is not awaited is a request's: a method, a target, no words behind them.
fn begins_request(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let is_request = words.next().is_some_and(is_token) && words.next().is_some_and(is_target);
    is_request && words.count() <= 1
}

/// What is known without the rest of the line.
fn by_first_bytes(first: &[u8], is_all: bool) -> Option<Sniff> {
    let is = |protocol| Some(Sniff::Is(protocol));
    match first {
        [] => Some(Sniff::Undecided),
        [0xFF, ..] => is(Protocol::Telnet),
        // UTF-16 is text: whoever reads lines says what is wrong with it.
        [0xFE, 0xFF, ..] => is(Protocol::Line),
        [0x16, 0x03, ..] => is(Protocol::Tls),
        // People write of SSH-keys; a version begins with its number (RFC 4253, section 4.2).
        [b'S', b'S', b'H', b'-', b'0'..=b'9', ..] => is(Protocol::Ssh),
        [4, 1 | 2, ..] => is(Protocol::Socks4),
        // As many methods as it says, seldom more than a few.
        [5, 1..=16, ..] => is(Protocol::Socks5),
        _ if first.starts_with(PROXY_V2) => is(Protocol::Proxy),
        _ if PROXY_V2.starts_with(first) && !is_all => Some(Sniff::Undecided),
        _ => None,
    }
}

/// Decides by a whole first line and, where that is not enough, by what follows it.
fn by_line(line: &[u8], behind: &[u8], is_all: bool) -> Sniff {
    let Ok(text) = std::str::from_utf8(line) else {
        // A person's line in another encoding has no control characters.
        let is_binary = line.iter().any(|byte| matches!(byte, 0..=7 | 0x0E..=0x1A | 0x1C..=0x1F));
        return Sniff::Is(if is_binary { Protocol::Binary } else { Protocol::Line });
    };
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    if is_redis(&words, text) {
        // The count of an array is a line that a person may type; the length of its first part is not.
        let behind = &behind[..behind.len().min(FIRST_BYTES_MAX)];
        match behind.trim_ascii_start().first() {
            Some(b'$') => return Sniff::Is(Protocol::Redis),
            // Blank lines without end decide nothing, and are looked through again with each that comes.
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

/// A method and what a request target begins with: the line is a request's, whatever else it holds.
fn begins_http(line: &[u8]) -> bool {
    HTTP_METHODS.iter().any(|method| {
        let rest = line.strip_prefix(method.as_bytes()).and_then(|rest| rest.strip_prefix(b" "));
        rest.is_some_and(|rest| HTTP_TARGETS.iter().any(|t| rest.starts_with(t.as_bytes())))
    })
}

/// `TOKEN target NAME/d.d`, of any token (RFC 9112, section 3). People write of protocols as well, so where there is
/// no target, or no second digit, the rest has to say that it is a request.
fn request(words: &[&str]) -> Option<Protocol> {
    let (first, last) = (words.first()?, words.last()?);
    let target = words.get(1)?;
    let is_http_method = HTTP_METHODS.contains(first);
    let Some(Version { name, number }) = Version::parse(last) else {
        // What a browser of 1991 sends, and programs that write methods small.
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

/// What a request line ends with: `HTTP/1.1`.
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

/// What a method may be (RFC 9110, section 5.6.2).
fn is_token(word: &[u8]) -> bool {
    let is_token_byte =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !word.is_empty() && word.iter().all(is_token_byte)
}

/// What a target looks like: a path, `*`, an address with a scheme, a host and a port.
fn is_target(word: &[u8]) -> bool {
    if word.starts_with(b"/") || word == b"*" {
        return true;
    }
    // The last colon is a port's; the first one ends a scheme, which no face (`:)`) and no `note:` does.
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

/// A whole registration command with the parameters it must have.
fn is_irc(words: &[&str]) -> bool {
    match words {
        ["CAP", subcommand, ..] => CAP_SUBCOMMANDS.contains(subcommand),
        ["NICK" | "PASS", _] => true,
        // People write of a USER interface: a real name begins with a colon, or a mode is a number.
        ["USER", _, mode, _, real, ..] => {
            real.starts_with(':') || mode.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

/// The commands that a mail client begins with. People greet each other, so `HELO` has to be in capitals or
/// before the name of a machine.
fn is_smtp(words: &[&str]) -> bool {
    let is = |word: &str, command: &str| word.eq_ignore_ascii_case(command);
    match words {
        [command] => *command == "HELO" || is(command, "EHLO"),
        [command, name] if is(command, "HELO") => *command == "HELO" || name.contains(['.', '[']),
        [command, _] if is(command, "EHLO") || is(command, "LHLO") => true,
        // A person writes of mail from somebody, without an address in brackets.
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

/// Commands typed to Redis that are no words of people. Most are (`INFO`, `PING`), and those stay words.
fn is_redis_inline(words: &[&str]) -> bool {
    matches!(
        words,
        ["CONFIG", "GET" | "SET" | "REWRITE" | "RESETSTAT", ..] | ["SLAVEOF" | "REPLICAOF", _, _]
    )
}

/// The count that an array of RESP begins with.
fn is_redis(words: &[&str], line: &str) -> bool {
    let count = line.strip_prefix('*').filter(|_| words.len() == 1);
    count.is_some_and(|count| {
        (1..=9).contains(&count.len()) && count.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests;
