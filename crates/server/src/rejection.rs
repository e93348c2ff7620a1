//! Rejects connections that the gate does not admit. The first bytes of a connection show its protocol, so the server
//! waits a moment for them and then answers in that protocol. Everything here is bounded, so that rejecting costs
//! little however many connections arrive.

use std::sync::Arc;
use std::time::Duration;

use teahouse_wire::api;
use teahouse_wire::sniff::{self, Protocol, Sniff};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tracing::debug;

use crate::gate::Refused;

/// Connections that are rejected at once; further ones are closed without an answer. Each holds a socket and a few KiB.
const AT_ONCE_MAX: usize = 64;
/// How long the first line is awaited, and how many bytes of it are read.
const FIRST_TIME: Duration = Duration::from_secs(1);
const FIRST_BYTES_MAX: usize = 4 * 1024;
/// How long writing the answer may take, and how long the input is read and discarded after that: closing a socket with
/// unread input causes a reset, which could destroy the answer.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES_MAX: u64 = 64 * 1024;
/// The end of the head of an HTTP request.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// Rejects connections, a bounded number at once.
#[derive(Clone)]
pub(crate) struct Rejections {
    slots: Arc<Semaphore>,
}

impl Rejections {
    pub(crate) fn new() -> Self {
        Self { slots: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }

    /// Closes a connection, and first tells the peer why if a slot is free.
    pub(crate) fn reject(&self, stream: std::net::TcpStream, refused: Refused) {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { return };
        let stream = match TcpStream::from_std(stream) {
            Ok(stream) => stream,
            Err(error) => return debug!(%error, "a connection ended before it was rejected"),
        };
        tokio::spawn(async move {
            if let Err(error) = send_reason(stream, refused).await {
                debug!(%error, "cannot tell a peer why it was rejected");
            }
            drop(slot);
        });
    }
}

async fn send_reason(mut stream: TcpStream, refused: Refused) -> std::io::Result<()> {
    let mut first = Vec::new();
    // A peer that has sent nothing by then is a person with `nc` and gets the answer as a line.
    let receive = receive_first(&mut stream, &mut first);
    let _is_in_time = tokio::time::timeout(FIRST_TIME, receive).await.is_ok();
    let answer = answer(&first, refused);
    tokio::time::timeout(LINGER, stream.write_all(&answer)).await??;
    stream.shutdown().await?;
    let mut nowhere = tokio::io::sink();
    let mut discarded = stream.take(LINGER_BYTES_MAX);
    let read = tokio::io::copy(&mut discarded, &mut nowhere);
    if tokio::time::timeout(LINGER, read).await.is_err() {
        debug!("the peer of a rejected connection has not closed it");
    }
    Ok(())
}

/// Reads until the protocol of the peer is known; for HTTP the whole head, as far as it fits.
async fn receive_first(stream: &mut TcpStream, first: &mut Vec<u8>) -> std::io::Result<()> {
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
        return render_http(first, refused);
    }
    sniff::refusal(protocol, first, false).unwrap_or_else(|| render_line(refused))
}

fn render_line(refused: Refused) -> Vec<u8> {
    format!("-- error: {refused}\n").into_bytes()
}

/// An HTTP answer that a WebSocket client understands too: the handshake has failed, with the reason.
fn render_http(first: &[u8], refused: Refused) -> Vec<u8> {
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
    fn a_rejected_peer_is_answered_in_its_own_protocol() {
        let refused = Refused::Address { max: 3 };
        let answer_to = |first: &[u8]| String::from_utf8(answer(first, refused)).unwrap();
        let line = "-- error: too many connections from your address (the limit is 3)\n";
        assert_eq!(answer_to(b""), line);
        assert_eq!(answer_to(b"hello there\n"), line);
        let answer = answer_to(b"GET /api/v1/socket HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{head}");
        assert!(head.contains("\r\nretry-after: 10\r\n"), "{head}");
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{head}");
        assert_eq!(
            body,
            "{\"code\":\"too_many_connections\",\"message\":\"too many connections from your \
             address (the limit is 3)\"}\n"
        );
        assert!(answer_to(b"HEAD / HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n"));
    }

    #[test]
    fn a_client_that_connects_too_often_is_told_when_to_try_again() {
        let answer = answer(b"GET / HTTP/1.1\r\n\r\n", Refused::TooFast { wait_ms: 2001 });
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{answer}");
        assert!(answer.contains("\r\nretry-after: 3\r\n"), "{answer}");
        assert!(answer.contains("\"code\":\"too_fast\""), "{answer}");
    }
}
