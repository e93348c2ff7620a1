//! What is asked of a server without coming in: one request over HTTP, one answer, and a room that is followed.
//! Nobody hears of a visitor but by what it says, and it takes nobody's nick.

mod following;
mod missed;
mod patience;

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

pub(crate) use following::{Begin, Following, Told};
pub(crate) use missed::Missed;
use missed::broken;
pub(crate) use patience::Patience;

/// Somebody who asks a server from outside. One connection is kept for what is asked in turn.
#[derive(Debug)]
pub(crate) struct Visitor {
    server: Server,
    /// Where on the host the server is.
    base: String,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl Visitor {
    /// Somebody who will ask this server.
    ///
    /// # Errors
    /// When the server speaks plain lines, or is known by the address of its WebSocket only.
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

    /// Reads something of a room: `messages` or what is behind it.
    pub(crate) async fn read<T: DeserializeOwned>(
        &mut self,
        room: &RoomName,
        rest: &str,
    ) -> Result<T, Missed> {
        let request = self.request(Method::GET, room, rest, Bytes::new())?;
        self.answer(request).await
    }

    /// Says something in a room.
    pub(crate) async fn post<T: DeserializeOwned>(
        &mut self,
        room: &RoomName,
        post: &impl Serialize,
    ) -> Result<T, Missed> {
        // Names, ids and texts always have a JSON form.
        let body = serde_json::to_vec(post).unwrap_or_default();
        let mut request = self.request(Method::POST, room, "messages", body.into())?;
        request.headers_mut().insert(CONTENT_TYPE, "application/json".parse().map_err(broken)?);
        self.answer(request).await
    }

    /// Follows a room, from after the event with this id.
    pub(crate) async fn follow(
        &mut self,
        room: &RoomName,
        after: Option<&str>,
        create: bool,
    ) -> Result<Following, Missed> {
        let rest = if create { "events?create=true" } else { "events" };
        let mut request = self.request(Method::GET, room, rest, Bytes::new())?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, "text/event-stream".parse().map_err(broken)?);
        if let Some(id) = after {
            headers.insert("last-event-id", id.parse().map_err(broken)?);
        }
        let response = self.send(request).await?;
        let is_stream = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        if response.status() == StatusCode::OK && is_stream {
            return Ok(Following::new(response.into_body()));
        }
        Err(self.refusal(response).await)
    }

    fn request(
        &self,
        method: Method,
        room: &RoomName,
        rest: &str,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, Missed> {
        let name = utf8_percent_encode(room.as_str(), NON_ALPHANUMERIC);
        Request::builder()
            .method(method)
            .uri(format!("{}/api/v1/rooms/{name}/{rest}", self.base))
            .header(HOST, self.server.authority())
            .body(Full::new(body))
            .map_err(broken)
    }

    async fn answer<T: DeserializeOwned>(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<T, Missed> {
        let response = self.send(request).await?;
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        let body = self.body(response).await?;
        received(&body).map_err(|error| {
            broken(format!("the server's answer is none that this client knows: {error}"))
        })
    }

    /// Sends a request and waits for the head of its answer.
    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Missed> {
        let mut connection = match self.connection.take().filter(|kept| !kept.is_closed()) {
            Some(kept) => kept,
            None => self.connect().await.map_err(|why| Missed::Unreached(display(&why)))?,
        };
        let response = timeout(ANSWER_TIMEOUT, async {
            connection.ready().await?;
            connection.send_request(request).await
        });
        let response = response.await.map_err(|_| broken("the server does not answer"))?;
        let response = response.map_err(|error| {
            let what = caused(&error);
            if error.is_parse() {
                Missed::Unreached(display(&format!("no Teahouse answers there ({what})")))
            } else {
                broken(what)
            }
        })?;
        self.connection = Some(connection);
        Ok(response)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, String> {
        let address = (self.server.host.as_str(), self.server.port);
        let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await;
        let stream = stream.map_err(|_| "no connection in time")?.map_err(told)?;
        stream.set_nodelay(true).map_err(told)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(told)?;
        // Its end is heard of by what waits for it.
        tokio::spawn(async move { connection.await.ok() });
        Ok(sender)
    }

    async fn body(&mut self, response: Response<Incoming>) -> Result<Bytes, Missed> {
        let body = timeout(ANSWER_TIMEOUT, gathered(response.into_body())).await;
        let body = body.map_err(|_| broken("the answer breaks off"))?;
        body.map_err(|error| {
            self.connection = None;
            broken(error)
        })
    }

    /// Why there is no other answer.
    async fn refusal(&mut self, response: Response<Incoming>) -> Missed {
        let status = response.status();
        let wait =
            response.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
        let body = match self.body(response).await {
            Ok(body) => body,
            Err(missed) => return missed,
        };
        let failure = received::<Failure>(&body)
            .ok()
            .map(|failure| Failure { message: display(&failure.message), ..failure });
        let is_busy =
            matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        match failure {
            _ if is_busy => Missed::Busy {
                why: failure.map_or_else(|| status.to_string(), |failure| failure.message),
                wait: wait.map_or(TOO_FAST_PAUSE, Duration::from_secs).min(RETRY_AFTER_MAX),
            },
            _ if status.is_server_error() => broken(format!("it answers HTTP {status}")),
            Some(failure) => Missed::Refused(failure),
            None => {
                let message = format!("{} answers HTTP {status}: no Teahouse there", self.server);
                Missed::Refused(Failure { code: Code::NotFound, message, field: None, id: None })
            }
        }
    }
}

/// A whole body. It is copied together as it comes: parts of one byte would cost many times what they hold.
async fn gathered(body: Incoming) -> Result<Bytes, Box<dyn Error + Send + Sync>> {
    let mut body = Limited::new(body, MESSAGE_BYTES_MAX);
    let mut gathered = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(part) = frame?.into_data() {
            gathered.extend_from_slice(&part);
        }
    }
    Ok(gathered.into())
}

fn told(error: impl Error) -> String {
    caused(&error)
}

/// An error with what is behind it.
fn caused(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", caused(source)),
        None => without_os_code(error),
    }
}
