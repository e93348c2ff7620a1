//! What those are told whose protocol is not spoken here: one answer in a form that their program shows.

use super::Protocol;
use crate::decode::{NotWords, decode};

/// What each is asked to do instead.
const HINT: &str = "join with nc or telnet";

/// The answer to a protocol that is not spoken; `None` for those that are, but for a request of HTTP that says no
/// version. `first` is what was heard of it, and `is_greeted` whether it came after the greeting, where an answer of
/// HTTP would not be read as one.
#[must_use]
pub fn refusal(protocol: Protocol, first: &[u8], is_greeted: bool) -> Option<Vec<u8>> {
    Some(match protocol {
        Protocol::Line | Protocol::Telnet => return None,
        Protocol::Http if !is_greeted => return has_no_version(first).then(without_version),
        Protocol::Http => too_late(),
        Protocol::Http2 => http2(),
        Protocol::LikeHttp => like_http(first),
        Protocol::Irc => format!("ERROR :IRC is not spoken here yet; {HINT}\r\n").into_bytes(),
        // RFC 4253, section 4.2: lines may come before the version string.
        Protocol::Ssh => format!("SSH is not spoken here yet; {HINT}\r\n").into_bytes(),
        Protocol::Tls => tls(),
        Protocol::Proxy => proxy(first),
        // RFC 5321, section 3.1.
        Protocol::Smtp => format!("554 this is a chat, no mail server; {HINT}\r\n").into_bytes(),
        // Request rejected.
        Protocol::Socks4 => vec![0, 0x5B, 0, 0, 0, 0, 0, 0],
        // RFC 1928, section 3: no acceptable methods.
        Protocol::Socks5 => vec![5, 0xFF],
        Protocol::Redis => format!("-ERR this is a chat, no Redis; {HINT}\r\n").into_bytes(),
        Protocol::Binary if decode(first) == Err(NotWords::Utf16) => {
            format!("-- error: nothing is taken: {}\n", NotWords::Utf16).into_bytes()
        }
        Protocol::Binary => {
            format!("-- error: this is no text, and nothing of it was said; {HINT}\n").into_bytes()
        }
    })
}

fn response(status_line: &str, message: &str) -> Vec<u8> {
    let body = format!("{{\"code\":\"bad_request\",\"message\":\"{message}\"}}\n");
    format!(
        "{status_line}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Whether a whole request line is a method and a target: people type that, and so did browsers of 1991.
fn has_no_version(first: &[u8]) -> bool {
    let first = &first[super::blank_bytes(first)..];
    let end = first.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let Some(line) = end.map(|end| &first[..end]) else { return false };
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).skip(1);
    words.next().is_some_and(super::is_target) && words.next().is_none()
}

fn without_version() -> Vec<u8> {
    let message = "a request of HTTP says its version and its host (GET / HTTP/1.1, Host: localhost, an empty \
                   line), as curl does; to talk, say something that is no request";
    response("HTTP/1.1 400 Bad Request", message)
}

fn too_late() -> Vec<u8> {
    let message = "this request came after the greeting of a silent connection, and nothing of it was \
                   done; send it again on a new connection";
    response("HTTP/1.1 400 Bad Request", message)
}

/// An empty `SETTINGS`, then `GOAWAY` with the error `HTTP_1_1_REQUIRED` (RFC 9113, sections 3.4 and 7).
fn http2() -> Vec<u8> {
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let go_away = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0D];
    [settings.as_slice(), &go_away].concat()
}

/// Refused in the version that was asked in.
fn like_http(first: &[u8]) -> Vec<u8> {
    let line = first.trim_ascii().split(|byte| matches!(byte, b'\r' | b'\n')).next();
    // The last word is a version of letters, digits and a slash, or it would not be taken for such a line.
    let version = line.and_then(|line| line.trim_ascii().rsplit(u8::is_ascii_whitespace).next());
    let version = String::from_utf8_lossy(version.unwrap_or_default());
    let message = format!("{version} is not spoken here; {HINT}");
    response(&format!("{version} 501 Not Implemented"), &message)
}

/// RFC 8446, section 6: a fatal alert, `protocol_version`; then a line for who looks at the bytes.
fn tls() -> Vec<u8> {
    let mut bytes = vec![0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 70];
    bytes.extend_from_slice(format!("TLS is not spoken here yet; {HINT}\n").as_bytes());
    bytes
}

/// What comes back goes to whoever is behind the proxy: in HTTP, if they speak that.
fn proxy(first: &[u8]) -> Vec<u8> {
    let message = "a PROXY header is not taken here; switch the PROXY protocol off for this server";
    let header = first.iter().position(|byte| *byte == b'\n').map_or(first.len(), |end| end + 1);
    // Of version 2, the address comes first; it is skipped by looking for where a request begins.
    let behind = &first[header..];
    let speaks_http = (0..behind.len()).any(|at| super::begins_http(&behind[at..]));
    if speaks_http {
        response("HTTP/1.1 400 Bad Request", message)
    } else {
        format!("-- error: {message}\n").into_bytes()
    }
}
