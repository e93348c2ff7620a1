//! The HTTP client of `say` and `tail`: single requests, and a stream of a room's events.
//!
//! It does not join the room: it has no presence there and holds no nick.

mod attempts;
mod request_error;
mod stream;

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use teahouse_core::RoomName;
use teahouse_wire::api::{Code, Failure, SOCKET_PATH, received};
use teahouse_wire::io_text::without_os_code;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::error::ClientError;
use crate::link::limits::{
    ANSWER_TIMEOUT, CONNECT_TIMEOUT, MESSAGE_BYTES_MAX, RETRY_AFTER_MAX, TOO_FAST_PAUSE,
};
use crate::link::{Protocol, Server, display};

pub(crate) use attempts::Attempts;
pub(crate) use request_error::RequestError;
use request_error::broken_error;
pub(crate) use stream::{Begin, RoomStream, StreamItem};

/// An HTTP client for one server. It keeps one connection for successive requests.
#[derive(Debug)]
pub(crate) struct HttpClient {
    server: Server,
    /// The path prefix of the server on its host.
    base: String,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl HttpClient {
    /// A client for this server. It connects with the first request.
    ///
    /// # Errors
    /// When the server speaks plain lines, or when the address is that of a WebSocket at an unusual path.
    pub(crate) fn new(server: Server) -> Result<Self, ClientError> {
        if server.protocol == Protocol::Line {
            let what = format!("{server} speaks plain lines, which neither answer nor remember");
            return Err(ClientError::Usage { what });
        }
        let Some(base) = server.path.strip_suffix(SOCKET_PATH).map(str::to_owned) else {
            let what =
                format!("{server} is only the address of a WebSocket; give HOST:PORT or http://");
            return Err(ClientError::Usage { what });
        };
        Ok(Self { server, base, connection: None })
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Reads a resource of a room; `rest` is its path after the room, such as `messages?limit=1`.
    pub(crate) async fn read<T: DeserializeOwned>(
        &mut self,
        room: &RoomName,
        rest: &str,
    ) -> Result<T, RequestError> {
        let request = self.request(Method::GET, room, rest, Bytes::new())?;
        self.answer(request).await
    }

    /// Says a message in a room.
    pub(crate) async fn post<T: DeserializeOwned>(
        &mut self,
        room: &RoomName,
        post: &impl Serialize,
    ) -> Result<T, RequestError> {
        // It never fails: names, ids and texts always have a JSON form.
        let body = serde_json::to_vec(post).unwrap_or_default();
        let mut request = self.request(Method::POST, room, "messages", body.into())?;
        request
            .headers_mut()
            .insert(CONTENT_TYPE, "application/json".parse().map_err(broken_error)?);
        self.answer(request).await
    }

    /// Opens the stream of a room's events, after the event with this id.
    pub(crate) async fn follow(
        &mut self,
        room: &RoomName,
        after: Option<&str>,
        create: bool,
    ) -> Result<RoomStream, RequestError> {
        let rest = if create { "events?create=true" } else { "events" };
        let mut request = self.request(Method::GET, room, rest, Bytes::new())?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, "text/event-stream".parse().map_err(broken_error)?);
        if let Some(id) = after {
            headers.insert("last-event-id", id.parse().map_err(broken_error)?);
        }
        let response = self.send(request).await?;
        let is_stream = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        if response.status() == StatusCode::OK && is_stream {
            return Ok(RoomStream::new(response.into_body()));
        }
        Err(self.refusal(response).await)
    }

    fn request(
        &self,
        method: Method,
        room: &RoomName,
        rest: &str,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, RequestError> {
        let name = utf8_percent_encode(room.as_str(), NON_ALPHANUMERIC);
        Request::builder()
            .method(method)
            .uri(format!("{}/api/v1/rooms/{name}/{rest}", self.base))
            .header(HOST, self.server.authority())
            .body(Full::new(body))
            .map_err(broken_error)
    }

    async fn answer<T: DeserializeOwned>(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<T, RequestError> {
        let response = self.send(request).await?;
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        let body = self.body(response).await?;
        received(&body).map_err(|error| {
            broken_error(format!("the server's answer is none that this client knows: {error}"))
        })
    }

    /// Sends a request and waits for the head of its answer.
    async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, RequestError> {
        let mut connection =
            match self.connection.take().filter(|connection| !connection.is_closed()) {
                Some(connection) => connection,
                None => {
                    self.connect().await.map_err(|why| RequestError::Unreachable(display(&why)))?
                }
            };
        let response = timeout(ANSWER_TIMEOUT, async {
            connection.ready().await?;
            connection.send_request(request).await
        });
        let response = response.await.map_err(|_| broken_error("the server does not answer"))?;
        let response = response.map_err(|error| {
            let what = describe(&error);
            if error.is_parse() {
                RequestError::Unreachable(display(&format!("no Teahouse answers there ({what})")))
            } else {
                broken_error(what)
            }
        })?;
        self.connection = Some(connection);
        Ok(response)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, String> {
        let address = (self.server.host.as_str(), self.server.port);
        let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await;
        let stream = stream.map_err(|_| "no connection in time")?;
        let stream = stream.map_err(|error| describe(&error))?;
        stream.set_nodelay(true).map_err(|error| describe(&error))?;
        let (sender, connection) =
            handshake(TokioIo::new(stream)).await.map_err(|error| describe(&error))?;
        // A failure of the connection is reported to the request that waits for it.
        tokio::spawn(async move { connection.await.ok() });
        Ok(sender)
    }

    async fn body(&mut self, response: Response<Incoming>) -> Result<Bytes, RequestError> {
        let body = timeout(ANSWER_TIMEOUT, read_all(response.into_body())).await;
        let body = body.map_err(|_| broken_error("the answer breaks off"))?;
        body.map_err(|error| {
            self.connection = None;
            broken_error(error)
        })
    }

    /// Converts an answer that is not a success to an error.
    async fn refusal(&mut self, response: Response<Incoming>) -> RequestError {
        let status = response.status();
        let wait =
            response.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
        let body = match self.body(response).await {
            Ok(body) => body,
            Err(error) => return error,
        };
        let failure = received::<Failure>(&body)
            .ok()
            .map(|failure| Failure { message: display(&failure.message), ..failure });
        let is_busy =
            matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        match failure {
            _ if is_busy => RequestError::Busy {
                why: failure.map_or_else(|| status.to_string(), |failure| failure.message),
                wait: wait.map_or(TOO_FAST_PAUSE, Duration::from_secs).min(RETRY_AFTER_MAX),
            },
            _ if status.is_server_error() => broken_error(format!("it answers HTTP {status}")),
            Some(failure) => RequestError::Refused(failure),
            None => {
                let message = format!("{} answers HTTP {status}: no Teahouse there", self.server);
                RequestError::Refused(Failure {
                    code: Code::NotFound,
                    message,
                    field: None,
                    id: None,
                })
            }
        }
    }
}

/// Reads a whole body. The parts are copied together as they arrive, because a list of one-byte parts would need many
/// times their memory.
async fn read_all(body: Incoming) -> Result<Bytes, Box<dyn Error + Send + Sync>> {
    let mut body = Limited::new(body, MESSAGE_BYTES_MAX);
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(part) = frame?.into_data() {
            bytes.extend_from_slice(&part);
        }
    }
    Ok(bytes.into())
}

/// An error with its causes.
fn describe(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", describe(source)),
        None => without_os_code(error),
    }
}
