//! The answers to protocols that the server does not speak, each in a form that the peer's program shows.

use super::Protocol;
use crate::decode::{NotWords, decode};

/// What to do instead.
const HINT: &str = "join with nc or telnet";

/// The answer to a protocol that the server does not speak, or to a request of HTTP without a version; `None` for other
/// input of a protocol that it speaks. `first` is the peer's input so far. `is_greeted` says whether the server has sent
/// its greeting already: an HTTP client could not read an answer after it.
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

/// Whether a whole request line has only a method and a target: a person typed it, or it is HTTP/0.9.
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

/// The answer repeats the version of the request.
fn like_http(first: &[u8]) -> Vec<u8> {
    let line = first.trim_ascii().split(|byte| matches!(byte, b'\r' | b'\n')).next();
    // The last word is harmless: sniffing has found a version of letters, digits and a slash.
    let version = line.and_then(|line| line.trim_ascii().rsplit(u8::is_ascii_whitespace).next());
    let version = String::from_utf8_lossy(version.unwrap_or_default());
    let message = format!("{version} is not spoken here; {HINT}");
    response(&format!("{version} 501 Not Implemented"), &message)
}

/// RFC 8446, section 6: a fatal alert, `protocol_version`; then a line for a person who looks at the bytes.
fn tls() -> Vec<u8> {
    let mut bytes = vec![0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 70];
    bytes.extend_from_slice(format!("TLS is not spoken here yet; {HINT}\n").as_bytes());
    bytes
}

/// The answer goes to the client behind the proxy, in HTTP if the client speaks it.
fn proxy(first: &[u8]) -> Vec<u8> {
    let message = "a PROXY header is not taken here; switch the PROXY protocol off for this server";
    let header = first.iter().position(|byte| *byte == b'\n').map_or(first.len(), |end| end + 1);
    // In version 2 the address comes first. Searching for the start of a request skips it.
    let behind = &first[header..];
    let speaks_http = (0..behind.len()).any(|at| super::begins_http(&behind[at..]));
    if speaks_http {
        response("HTTP/1.1 400 Bad Request", message)
    } else {
        format!("-- error: {message}\n").into_bytes()
    }
}
