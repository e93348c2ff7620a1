//! A small server that speaks the api on a real socket. A test can make it break all connections, stay silent, and
//! refuse requests. Its HTTP part is in `http`.

mod http;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use teahouse_client::link::Server;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// How long a test waits for a condition.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);
const EPOCH: &str = "0123456789abcdef";

/// The state of the server.
#[derive(Default)]
pub(crate) struct FakeState {
    pub(crate) rooms: BTreeMap<String, Vec<Value>>,
    sessions: Vec<Session>,
    /// Open HTTP streams: the room and the sender of each.
    streams: Vec<(String, UnboundedSender<String>)>,
    /// The number of times that all connections were broken.
    cuts: watch::Sender<u64>,
    count: u64,
    /// All received requests, in order.
    pub(crate) requests: Vec<Value>,
    /// The error codes for the next messages.
    pub(crate) refusals: VecDeque<&'static str>,
    /// Whether the server stores messages but does not send their events.
    pub(crate) is_silent: bool,
    /// Whether new connections are closed at once.
    pub(crate) rejects_connections: bool,
}

struct Session {
    number: u64,
    nick: String,
    rooms: Vec<String>,
    out: UnboundedSender<String>,
}

#[derive(Clone)]
pub(crate) struct FakeServer {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<FakeState>>,
}

impl FakeServer {
    /// Starts a server. It runs until the test ends.
    pub(crate) fn open() -> Self {
        let state = Arc::new(Mutex::new(FakeState::default()));
        let (sender, receiver) = channel();
        let thread_state = Arc::clone(&state);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                sender.send(listener.local_addr().unwrap()).unwrap();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    tokio::spawn(serve(stream, Arc::clone(&thread_state)));
                }
            });
        });
        Self { address: receiver.recv().unwrap(), state }
    }

    pub(crate) fn server(&self) -> Server {
        Server::parse(&self.address.to_string()).unwrap()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, FakeState> {
        self.state.lock().unwrap()
    }

    /// Breaks every connection.
    pub(crate) fn cut(&self) {
        let mut state = self.state();
        state.sessions.clear();
        state.streams.clear();
        state.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Another member says something.
    pub(crate) fn say(&self, room: &str, words: &str) {
        self.state().store(room, "bob", "said", words, None, 0);
    }

    /// The texts of a room's messages.
    pub(crate) fn words(&self, room: &str) -> Vec<String> {
        let state = self.state();
        let events = state.rooms.get(room).into_iter().flatten();
        events.map(|event| event["text"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until the condition holds.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&FakeState) -> bool) {
        let end = Instant::now() + TIMEOUT;
        while !holds(&self.state()) {
            assert!(Instant::now() < end, "not so in time: {what}");
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl FakeState {
    /// The number of members of a room.
    pub(crate) fn members(&self, room: &str) -> usize {
        self.sessions.iter().filter(|s| s.rooms.iter().any(|inside| inside == room)).count()
    }

    fn store(
        &mut self,
        room: &str,
        nick: &str,
        kind: &str,
        text: &str,
        id: Option<&Value>,
        time: u64,
    ) {
        let list = self.rooms.entry(room.to_owned()).or_default();
        let mut event = json!({
            "type": "event", "room": room, "position": list.len() + 1, "epoch": EPOCH,
            "time_ms": time, "sender": {"nick": nick, "session": nick}, "kind": kind, "text": text,
        });
        if let Some(id) = id {
            event["id"] = id.clone();
        }
        list.push(event.clone());
        if !self.is_silent {
            for session in self.sessions.iter().filter(|s| s.rooms.iter().any(|r| r == room)) {
                session.out.send(event.to_string()).ok();
            }
            for (_, stream) in self.streams.iter().filter(|(streamed, _)| streamed == room) {
                stream.send(http::streamed(&event)).ok();
            }
        }
    }

    /// The number of open HTTP streams.
    pub(crate) fn streams(&self) -> usize {
        self.streams.len()
    }

    /// Adds a past message with its time.
    pub(crate) fn remember(&mut self, room: &str, words: &str, time_ms: u64) {
        self.store(room, "bob", "said", words, None, time_ms);
    }

    fn handle(&mut self, number: u64, request: &Value) -> Vec<Value> {
        self.requests.push(request.clone());
        let room = request["room"].as_str().unwrap_or_default().to_owned();
        let Some(session) = self.sessions.iter_mut().find(|s| s.number == number) else {
            return Vec::new();
        };
        match request["op"].as_str().unwrap() {
            "hello" => {
                session.nick = request["nick"].as_str().unwrap_or("guest1").to_owned();
                vec![json!({"type": "welcome", "nick": session.nick, "resumed": false,
                    "session": "1", "epoch": EPOCH, "server": "0", "first_room": "lobby",
                    "ping_s": 20, "grace_s": 30})]
            }
            "join" if room == "closed" => vec![error("too_many_rooms")],
            "join" => {
                let after = request["after"]["position"].as_u64();
                let list = self.rooms.entry(room.clone()).or_default();
                session.rooms.push(room.clone());
                let from = match after {
                    Some(after) => usize::try_from(after).unwrap(),
                    None => list.len().saturating_sub(3),
                };
                let joined = json!({"type": "joined", "room": room, "epoch": EPOCH,
                    "position": list.len(), "complete": after.is_some(), "members": 1});
                std::iter::once(joined).chain(list.iter().skip(from).cloned()).collect()
            }
            "leave" => {
                session.rooms.retain(|inside| *inside != room);
                vec![json!({"type": "left", "room": room})]
            }
            "say" => self.handle_say(number, &room, request),
            "history" => vec![self.page(&room, request)],
            "who" => vec![json!({"type": "members", "room": room, "nicks": [session.nick],
                "total": 1, "page": 1, "pages": 1})],
            "search" => vec![self.search(request)],
            "bye" => vec![json!({"type": "bye", "cause": "quit", "reconnect": false})],
            other => panic!("unexpected request: {other}"),
        }
    }

    fn page(&self, room: &str, request: &Value) -> Value {
        let list = &self.rooms[room];
        let limit = usize::try_from(request["limit"].as_u64().unwrap()).unwrap();
        let newest = u64::try_from(list.len().saturating_sub(limit)).unwrap();
        let from = usize::try_from(request["after"].as_u64().unwrap_or(newest)).unwrap();
        let before = request["before"].as_u64().map(|before| usize::try_from(before).unwrap() - 1);
        let from = before.map_or(from, |before| before.saturating_sub(limit));
        let to = list.len().min(from + limit).min(before.unwrap_or(usize::MAX));
        let events = &list[from.min(to)..to];
        json!({"ref": request["ref"], "type": "history", "room": room, "epoch": EPOCH,
            "head": list.len(), "events": events})
    }

    /// Answers a search with the newest message of the lobby before the requested position.
    fn search(&self, request: &Value) -> Value {
        let list = &self.rooms["lobby"];
        let before = request["before"].as_u64().map(|before| usize::try_from(before).unwrap());
        let index = before.unwrap_or(list.len()).checked_sub(1);
        let events: Vec<&Value> = index.iter().map(|index| &list[*index]).collect();
        let more = index.filter(|index| *index > 0);
        json!({"type": "found", "words": request["words"], "events": events, "more": more})
    }

    fn handle_say(&mut self, number: u64, room: &str, request: &Value) -> Vec<Value> {
        if let Some(code) = self.refusals.pop_front() {
            return vec![error(code)];
        }
        let list = self.rooms.entry(room.to_owned()).or_default();
        if let Some(index) = list.iter().position(|event| event["id"] == request["id"]) {
            return vec![json!({"type": "duplicate", "room": room, "position": index + 1,
                "id": request["id"]})];
        }
        let nick = self.sessions.iter().find(|s| s.number == number).unwrap().nick.clone();
        let kind = if request["acted"] == true { "acted" } else { "said" };
        let text = request["text"].as_str().unwrap().to_owned();
        self.store(room, &nick, kind, &text, Some(&request["id"]), 0);
        Vec::new()
    }
}

fn error(code: &str) -> Value {
    json!({"type": "error", "code": code, "message": format!("no: {code}")})
}

async fn serve(stream: TcpStream, state: Arc<Mutex<FakeState>>) {
    if state.lock().unwrap().rejects_connections {
        return;
    }
    if !http::is_socket(&stream).await {
        return http::serve(stream, state).await;
    }
    let Ok(mut socket) = accept_async(stream).await else { return };
    let (out, mut arriving): (_, UnboundedReceiver<String>) = unbounded_channel();
    let number = {
        let mut state = state.lock().unwrap();
        state.count += 1;
        let number = state.count;
        state.sessions.push(Session { number, nick: String::new(), rooms: Vec::new(), out });
        number
    };
    loop {
        tokio::select! {
            biased;
            text = arriving.recv() => match text {
                Some(text) => if socket.send(Message::text(text)).await.is_err() { break },
                // The test broke the connection.
                None => break,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let request: Value = serde_json::from_str(&text).unwrap();
                    let answers = {
                        let mut state = state.lock().unwrap();
                        state.handle(number, &request)
                    };
                    for (index, mut answer) in answers.into_iter().enumerate() {
                        if index == 0 {
                            answer["ref"] = request["ref"].clone();
                        }
                        if socket.send(Message::text(answer.to_string())).await.is_err() {
                            break;
                        }
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            },
        }
    }
    state.lock().unwrap().sessions.retain(|session| session.number != number);
}
