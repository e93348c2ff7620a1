//! The HTTP part of the small server: history pages, messages and streams.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;

use super::{EPOCH, FakeState};

/// An HTTP request.
struct ClientMessage {
    method: String,
    room: String,
    what: String,
    query: String,
    after: Option<String>,
    body: Value,
}

enum Answer {
    Json(u16, Value),
    Stream {
        first: String,
        room: String,
    },
    /// No answer; the connection stays open.
    Silence,
}

/// Whether the request is for the WebSocket.
pub(super) async fn is_socket(stream: &TcpStream) -> bool {
    let mut first = [0; 64];
    loop {
        let count = stream.peek(&mut first).await.unwrap_or(0);
        let line = String::from_utf8_lossy(&first[..count]);
        if count == 0 || line.contains('\n') || count == first.len() {
            return line.starts_with("GET /api/v1/socket");
        }
        tokio::task::yield_now().await;
    }
}

/// An event in the format of the stream.
pub(super) fn streamed(event: &Value) -> String {
    format!(
        "id: {EPOCH}-{}-{}\nevent: event\ndata: {event}\n\n",
        event["position"], event["time_ms"]
    )
}

pub(super) async fn serve(mut stream: TcpStream, state: Arc<Mutex<FakeState>>) {
    let mut cuts = state.lock().unwrap().cuts.subscribe();
    cuts.mark_unchanged();
    loop {
        let request = tokio::select! {
            request = read(&mut stream) => request,
            _ = cuts.changed() => None,
        };
        let Some(request) = request else { return };
        let answer = state.lock().unwrap().handle_http(&request);
        match answer {
            Answer::Json(status, body) => {
                let body = body.to_string();
                let head = format!(
                    "HTTP/1.1 {status} x\r\nretry-after: 1\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                if stream.write_all(format!("{head}{body}").as_bytes()).await.is_err() {
                    return;
                }
            }
            Answer::Silence => {
                cuts.changed().await.ok();
                return;
            }
            Answer::Stream { first, room } => {
                let (sender, mut arriving) = unbounded_channel();
                state.lock().unwrap().streams.push((room, sender));
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
                let mut next = Some(format!("{head}{first}"));
                while let Some(text) = next {
                    if stream.write_all(text.as_bytes()).await.is_err() {
                        return;
                    }
                    next = arriving.recv().await;
                }
                return;
            }
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<ClientMessage> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let header = |name: &str| {
        let field = |line: &str| {
            let (field, value) = line.split_once(": ")?;
            field.eq_ignore_ascii_case(name).then(|| value.to_owned())
        };
        head.lines().find_map(field)
    };
    let length = header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let mut line = head.lines().next().unwrap().split(' ');
    let (method, target) = (line.next().unwrap(), line.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut parts = path.strip_prefix("/api/v1/rooms/").unwrap().split('/');
    Some(ClientMessage {
        method: method.to_owned(),
        room: parts.next().unwrap().to_owned(),
        what: parts.next().unwrap().to_owned(),
        query: query.to_owned(),
        after: header("last-event-id"),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

impl FakeState {
    fn handle_http(&mut self, request: &ClientMessage) -> Answer {
        let ClientMessage { method, room, what, query, after, body } = request;
        let of_query = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name));
        let is_create = of_query("create=") == Some("true") || method == "POST";
        if !is_create && !self.rooms.contains_key(room) {
            let message = format!("there is no #{room}");
            return Answer::Json(404, json!({"code": "no_such_room", "message": message}));
        }
        self.requests.push(json!({"method": method, "room": room, "what": what, "body": body}));
        match (method.as_str(), what.as_str()) {
            ("POST", _) => self.handle_post(room, body),
            (_, "messages") => {
                let number = |name: &str| of_query(name).and_then(|n| n.parse::<u64>().ok());
                let request = json!({"limit": number("limit="), "after": number("after=")});
                Answer::Json(200, self.page(room, &request))
            }
            _ => {
                let list = self.rooms.entry(room.clone()).or_default();
                let after = after.as_deref().and_then(|id| id.split('-').nth(1));
                let after = after.map_or(list.len(), |after| after.parse().unwrap());
                let is_here = after <= list.len();
                let begin = format!("event: begin\ndata: {{\"complete\":{is_here}}}\n\n");
                let events = list.iter().skip(after).map(streamed);
                let first = std::iter::once(begin).chain(events).collect();
                Answer::Stream { first, room: room.clone() }
            }
        }
    }

    fn handle_post(&mut self, room: &str, body: &Value) -> Answer {
        if let Some(code) = self.refusals.pop_front() {
            let status = match code {
                "too_fast" => 429,
                "unreadable" => 503,
                _ => 400,
            };
            let message = format!("no: {code}");
            return Answer::Json(status, json!({"code": code, "message": message}));
        }
        let list = self.rooms.entry(room.to_owned()).or_default();
        let known = list.iter().position(|event| event["id"] == body["id"]);
        if known.is_none() {
            let nick = body["nick"].as_str().unwrap_or("guest1").to_owned();
            let text = body["text"].as_str().unwrap().to_owned();
            self.store(room, &nick, "said", &text, Some(&body["id"]), 0);
        }
        if self.is_silent {
            return Answer::Silence;
        }
        let position = known.map_or(self.rooms[room].len(), |index| index + 1);
        let status = if known.is_some() { 200 } else { 201 };
        Answer::Json(status, json!({"room": room, "epoch": EPOCH, "position": position}))
    }
}
