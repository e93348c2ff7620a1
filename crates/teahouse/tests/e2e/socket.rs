//! A member on a WebSocket: it sends requests in JSON and waits for messages.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Message, WebSocket};

use crate::schema;
use crate::server::PATIENCE;

pub(crate) struct Socket {
    socket: WebSocket<TcpStream>,
}

impl Socket {
    /// A connection on which nothing has been sent.
    pub(crate) fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        let request = format!("ws://127.0.0.1:{port}/api/v1/socket").into_client_request().unwrap();
        let config = WebSocketConfig::default().max_message_size(Some(64 << 20));
        let (socket, _) =
            tungstenite::client::client_with_config(request, stream, Some(config)).unwrap();
        Self { socket }
    }

    /// A session with a guest nick.
    pub(crate) fn hello_as_guest(port: u16) -> Self {
        let mut socket = Self::connect(port);
        socket.ask(&json!({ "op": "hello" }));
        socket.expect("welcome");
        socket
    }

    /// A session with this nick.
    pub(crate) fn hello(port: u16, nick: &str) -> Self {
        let mut socket = Self::connect(port);
        socket.ask(&json!({ "op": "hello", "nick": nick }));
        let welcome = socket.expect("welcome");
        assert_eq!(welcome["nick"], nick);
        socket
    }

    /// A session with this nick, in this room.
    pub(crate) fn join(port: u16, nick: &str, room: &str) -> Self {
        let mut socket = Self::hello(port, nick);
        socket.ask(&json!({ "op": "join", "room": room }));
        socket.expect("joined");
        socket
    }

    /// Sends a request that matches the schema.
    pub(crate) fn ask(&mut self, request: &Value) {
        assert!(schema::matches_request_schema(request), "{request} is not as described");
        self.send(Message::text(request.to_string()));
    }

    /// As [`Socket::ask`], where the server may have closed.
    pub(crate) fn try_ask(&mut self, request: &Value) {
        self.socket.send(Message::text(request.to_string())).ok();
    }

    pub(crate) fn send(&mut self, message: Message) {
        self.socket.send(message).unwrap();
    }

    /// The next message; `None` when the server has closed.
    pub(crate) fn next(&mut self) -> Option<Value> {
        self.next_within(PATIENCE).unwrap_or_else(|| panic!("nothing came in {PATIENCE:?}"))
    }

    #[expect(clippy::option_option, reason = "late and ended are different things")]
    fn next_within(&mut self, patience: Duration) -> Option<Option<Value>> {
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.checked_duration_since(Instant::now())?;
            let wait = left.max(Duration::from_millis(1));
            self.socket.get_ref().set_read_timeout(Some(wait)).unwrap();
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    let message = serde_json::from_str(&text).unwrap();
                    schema::check_sent(&message);
                    return Some(Some(message));
                }
                Ok(Message::Close(_)) => return Some(None),
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    ) => {}
                Err(_) => return Some(None),
            }
        }
    }

    /// Reads until a message of this type comes.
    pub(crate) fn expect(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().unwrap_or_else(|| panic!("closed before {kind}"));
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Reads until the close; returns its code.
    pub(crate) fn close_code(&mut self) -> Option<u16> {
        self.socket.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
        loop {
            match self.socket.read() {
                Ok(Message::Close(frame)) => return frame.map(|frame| frame.code.into()),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    /// Breaks the connection without a close frame.
    pub(crate) fn break_off(self) {
        let stream = self.socket.get_ref();
        socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}
