//! One WebSocket: idle, connecting or open. Waiting for it is cancel-safe.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Sink, Stream as _};
use teahouse_wire::api::{Failure, received};
use teahouse_wire::io_text::without_os_code;
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::http::Response;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::link::limits::{MESSAGE_BYTES_MAX, UNWRITTEN_BYTES_MAX, WRITE_TIMEOUT};
use crate::link::{Protocol, Server};

/// Bytes per read.
const READ_BYTES: usize = 16 * 1024;
/// Bytes that are collected before they are written.
const WRITE_BYTES: usize = 16 * 1024;

type Stream = WebSocketStream<TcpStream>;
type Dialling = Pin<Box<dyn Future<Output = Result<Open, Unopened>> + Send>>;

/// Why a connection could not be opened.
pub(super) struct Unopened {
    why: String,
    /// The pause that the server demands before the next try.
    wait: Option<Duration>,
}

impl From<String> for Unopened {
    fn from(why: String) -> Self {
        Self { why, wait: None }
    }
}

/// An open WebSocket.
pub(super) struct Open {
    stream: Stream,
    /// When the connection is closed because the server reads nothing; none while nothing waits to be written.
    stuck_at: Option<Pin<Box<Sleep>>>,
}

pub(super) enum Socket {
    Idle,
    Dialling(Dialling),
    Open(Box<Open>),
}

/// One thing that happened on a socket.
pub(super) enum Step {
    Opened(Box<Open>),
    Text(Utf8Bytes),
    Activity,
    Closed {
        code: Option<u16>,
        why: String,
    },
    /// The server rejected the connection and demands a pause of `wait` before the next try.
    Rejected {
        why: String,
        wait: Duration,
    },
    Time,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "Idle",
            Self::Dialling(_) => "Dialling",
            Self::Open(_) => "Open",
        })
    }
}

impl Socket {
    pub(super) fn dial(server: Server) -> Self {
        Self::Dialling(Box::pin(dial(server)))
    }

    /// Writes the waiting frames and waits for the next step.
    pub(super) async fn step(&mut self, frames: &mut VecDeque<String>) -> Step {
        poll_fn(|context| match self {
            Self::Idle => Poll::Pending,
            Self::Dialling(dialling) => {
                dialling.as_mut().poll(context).map(|result| match result {
                    Ok(socket) => Step::Opened(Box::new(socket)),
                    Err(Unopened { why, wait: None }) => Step::Closed { code: None, why },
                    Err(Unopened { why, wait: Some(wait) }) => Step::Rejected { why, wait },
                })
            }
            Self::Open(socket) => poll(socket, frames, context),
        })
        .await
    }
}

fn poll(socket: &mut Open, frames: &mut VecDeque<String>, context: &mut Context<'_>) -> Poll<Step> {
    let Open { stream, stuck_at } = socket;
    match write(stream, frames, context) {
        Err(error) => return Poll::Ready(closed_by(&error)),
        Ok(Poll::Ready(())) => *stuck_at = None,
        Ok(Poll::Pending) => {
            let stuck_at = stuck_at.get_or_insert_with(|| Box::pin(sleep(WRITE_TIMEOUT)));
            if stuck_at.as_mut().poll(context).is_ready() {
                let why = format!("the server read nothing for {} s", WRITE_TIMEOUT.as_secs());
                return Poll::Ready(Step::Closed { code: None, why });
            }
        }
    }
    Pin::new(stream).poll_next(context).map(|message| match message {
        Some(Ok(Message::Text(text))) => Step::Text(text),
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_))) => {
            Step::Activity
        }
        Some(Ok(Message::Close(frame))) => {
            let code = frame.as_ref().map(|frame| u16::from(frame.code));
            let why = frame.map(|frame| frame.reason.to_string()).filter(|why| !why.is_empty());
            let why = why.unwrap_or_else(|| "the server closed the connection".to_owned());
            Step::Closed { code, why }
        }
        Some(Err(error)) => closed_by(&error),
        None => Step::Closed { code: None, why: "the server closed the connection".to_owned() },
    })
}

/// Writes as much as the socket accepts; pending while bytes wait for the server to read.
fn write(
    mut socket: &mut Stream,
    frames: &mut VecDeque<String>,
    context: &mut Context<'_>,
) -> Result<Poll<()>, Error> {
    while !frames.is_empty() {
        match Pin::new(&mut socket).poll_ready(context)? {
            Poll::Pending => break,
            Poll::Ready(()) => {
                if let Some(text) = frames.pop_front() {
                    Pin::new(&mut socket).start_send(Message::text(text))?;
                }
            }
        }
    }
    // Pending: the socket wakes this task when it can take more.
    Ok(Pin::new(&mut socket).poll_flush(context)?)
}

fn closed_by(error: &Error) -> Step {
    // The usual form of a server restart or a broken network.
    let is_end = matches!(error, Error::Protocol(ProtocolError::ResetWithoutClosingHandshake));
    let why = if is_end {
        "the connection broke off"
    } else {
        &format!("the connection broke: {}", cause_of(error))
    };
    Step::Closed { code: None, why: why.to_owned() }
}

/// The cause of an error; for an I/O error, in the words of the operating system.
fn cause_of(error: &Error) -> String {
    if let Error::Io(error) = error { without_os_code(error) } else { error.to_string() }
}

async fn dial(server: Server) -> Result<Open, Unopened> {
    if server.protocol == Protocol::Line {
        let why = format!("{server} speaks plain lines, and this the api; give HOST:PORT");
        return Err(why.into());
    }
    let stream = TcpStream::connect((server.host.as_str(), server.port)).await;
    let stream = stream.map_err(|error| without_os_code(&error))?;
    // A typed line should be sent at once, not wait for the next one.
    stream.set_nodelay(true).map_err(|error| without_os_code(&error))?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(WRITE_BYTES)
        .max_write_buffer_size(UNWRITTEN_BYTES_MAX)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let opened = client_async_with_config(server.socket_url(), stream, Some(config)).await;
    opened.map(|(stream, _)| Open { stream, stuck_at: None }).map_err(|error| {
        if let Error::Http(response) = &error {
            return rejection_of(response, &server);
        }
        format!("no Teahouse answers there ({})", cause_of(&error)).into()
    })
}

/// The reason and the pause in an HTTP answer that does not open a WebSocket.
fn rejection_of(response: &Response<Option<Vec<u8>>>, server: &Server) -> Unopened {
    let body = response.body().as_deref().unwrap_or_default();
    let wait = response.headers().get("retry-after").and_then(|wait| wait.to_str().ok());
    let wait = wait.and_then(|wait| wait.trim().parse().ok()).map(Duration::from_secs);
    let why = match received::<Failure>(body) {
        Ok(failure) => failure.message,
        Err(_) => {
            let status = response.status();
            format!("it answers HTTP {status} at {}: no Teahouse there", server.path)
        }
    };
    Unopened { why, wait }
}
