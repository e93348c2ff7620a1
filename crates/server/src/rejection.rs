//! Connections for which there is no place. What somebody speaks is known by their first bytes, so those are
//! awaited for a moment, and then they are told why in their own protocol. Everything here is bounded, so that
//! turning away costs little however many come.

use std::sync::Arc;
use std::time::Duration;

use teahouse_wire::api;
use teahouse_wire::sniff::{self, Protocol, Sniff};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tracing::debug;

use crate::gate::Refused;

/// Connections that are turned away at a time; more are closed without a word. Each holds a socket and a few KiB.
const AT_ONCE_MAX: usize = 64;
/// How long the first line is awaited, and how many bytes of it are read.
const FIRST_TIME: Duration = Duration::from_secs(1);
const FIRST_BYTES_MAX: usize = 4 * 1024;
/// How long writing the answer may take, and how long a closed connection is read on, so that the reset which
/// unread input causes does not destroy the answer.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES_MAX: u64 = 64 * 1024;
/// What ends the head of an HTTP request.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// Turns connections away, a bounded number at a time.
#[derive(Clone)]
pub(crate) struct Rejections {
    places: Arc<Semaphore>,
}

impl Rejections {
    pub(crate) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }

    /// Tells a peer why it is not taken, if there is a place for that, and closes.
    pub(crate) fn tell(&self, stream: std::net::TcpStream, refused: Refused) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return };
        let stream = match TcpStream::from_std(stream) {
            Ok(stream) => stream,
            Err(error) => return debug!(%error, "a connection ended before it was turned away"),
        };
        tokio::spawn(async move {
            if let Err(error) = say_why(stream, refused).await {
                debug!(%error, "could not be told");
            }
            drop(place);
        });
    }
}

async fn say_why(mut stream: TcpStream, refused: Refused) -> std::io::Result<()> {
    let mut first = Vec::new();
    // Whoever has said nothing by then is a person with `nc`, who is told as one.
    let _is_in_time = tokio::time::timeout(FIRST_TIME, hear(&mut stream, &mut first)).await.is_ok();
    let answer = answer(&first, refused);
    tokio::time::timeout(LINGER, stream.write_all(&answer)).await??;
    stream.shutdown().await?;
    let mut nowhere = tokio::io::sink();
    let mut thrown = stream.take(LINGER_BYTES_MAX);
    let read = tokio::io::copy(&mut thrown, &mut nowhere);
    if tokio::time::timeout(LINGER, read).await.is_err() {
        debug!("a connection that was turned away is still open");
    }
    Ok(())
}

/// Reads until it is known what the peer speaks; of HTTP the whole head, as far as it fits.
async fn hear(stream: &mut TcpStream, first: &mut Vec<u8>) -> std::io::Result<()> {
    while first.len() < FIRST_BYTES_MAX {
        if stream.read_buf(first).await? == 0 {
            return Ok(());
        }
        match sniff::sniff(first) {
            Sniff::Undecided => {}
            Sniff::Is(Protocol::Http) if !has_whole_head(first) => {}
            Sniff::Is(_) => return Ok(()),
        }
    }
    Ok(())
}

fn has_whole_head(first: &[u8]) -> bool {
    first.windows(HEAD_END.len()).any(|window| window == HEAD_END)
}

fn answer(first: &[u8], refused: Refused) -> Vec<u8> {
    let protocol = sniff::sniff_all(first);
    if protocol == Protocol::Http {
        return over_http(first, refused);
    }
    sniff::refusal(protocol, first, false).unwrap_or_else(|| in_a_line(refused))
}

fn in_a_line(refused: Refused) -> Vec<u8> {
    format!("-- error: {refused}\n").into_bytes()
}

/// An answer that also somebody who wants a WebSocket understands: the handshake has failed, and why.
fn over_http(first: &[u8], refused: Refused) -> Vec<u8> {
    let (status, failure) = match refused {
        Refused::TooFast { .. } => ("429 Too Many Requests", api::too_fast(&refused.to_string())),
        Refused::Full { .. } | Refused::Address { .. } | Refused::NotEntered { .. } => {
            ("503 Service Unavailable", api::too_many_connections(&refused.to_string()))
        }
    };
    let mut body = api::json(&failure);
    body.push(b'\n');
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         retry-after: {}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n",
        body.len(),
        refused.retry_after_s()
    );
    let mut answer = head.into_bytes();
    if !first.starts_with(b"HEAD ") {
        answer.extend_from_slice(&body);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_is_told_in_their_own_protocol() {
        let refused = Refused::Address { max: 3 };
        let told = |first: &[u8]| String::from_utf8(answer(first, refused)).unwrap();
        let line = "-- error: too many connections from your address (the limit is 3)\n";
        assert_eq!(told(b""), line);
        assert_eq!(told(b"hello there\n"), line);
        let answer = told(b"GET /api/v1/socket HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{head}");
        assert!(head.contains("\r\nretry-after: 10\r\n"), "{head}");
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{head}");
        assert_eq!(
            body,
            "{\"code\":\"too_many_connections\",\"message\":\"too many connections from your \
             address (the limit is 3)\"}\n"
        );
        assert!(told(b"HEAD / HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n"));
    }

    #[test]
    fn whoever_comes_too_often_is_told_when_to_come_again() {
        let told = answer(b"GET / HTTP/1.1\r\n\r\n", Refused::TooFast { wait_ms: 2001 });
        let told = String::from_utf8(told).unwrap();
        assert!(told.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{told}");
        assert!(told.contains("\r\nretry-after: 3\r\n"), "{told}");
        assert!(told.contains("\"code\":\"too_fast\""), "{told}");
    }
}
