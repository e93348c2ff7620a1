//! A small server that speaks the api on a real socket, and does as it is told: it can throw everybody out,
//! keep what is said to itself, and refuse. Those who come over HTTP are served in `doors`.

mod doors;

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

/// How long a test waits for what must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
const EPOCH: &str = "0123456789abcdef";

/// What the server knows.
#[derive(Default)]
pub(crate) struct Inside {
    pub(crate) rooms: BTreeMap<String, Vec<Value>>,
    sessions: Vec<Session>,
    /// Those who follow a room over HTTP.
    followers: Vec<(String, UnboundedSender<String>)>,
    /// How often everybody was thrown out.
    cuts: watch::Sender<u64>,
    count: u64,
    /// Everything that was asked, in order.
    pub(crate) asked: Vec<Value>,
    /// Codes with which the next messages are refused.
    pub(crate) refusals: VecDeque<&'static str>,
    /// Whether what is said is kept, and nobody told.
    pub(crate) is_mute: bool,
    /// Whether nobody is let in.
    pub(crate) is_shut: bool,
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
    inside: Arc<Mutex<Inside>>,
}

impl FakeServer {
    /// Opens one. It lives as long as the test.
    pub(crate) fn open() -> Self {
        let inside = Arc::new(Mutex::new(Inside::default()));
        let (sender, receiver) = channel();
        let of_thread = Arc::clone(&inside);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                sender.send(listener.local_addr().unwrap()).unwrap();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    tokio::spawn(serve(stream, Arc::clone(&of_thread)));
                }
            });
        });
        Self { address: receiver.recv().unwrap(), inside }
    }

    pub(crate) fn server(&self) -> Server {
        Server::parse(&self.address.to_string()).unwrap()
    }

    pub(crate) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    /// Breaks every connection.
    pub(crate) fn cut(&self) {
        let mut inside = self.inside();
        inside.sessions.clear();
        inside.followers.clear();
        inside.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Somebody says something.
    pub(crate) fn say(&self, room: &str, words: &str) {
        self.inside().store(room, "bob", "said", words, None, 0);
    }

    /// The words that were said in a room.
    pub(crate) fn words(&self, room: &str) -> Vec<String> {
        let inside = self.inside();
        let events = inside.rooms.get(room).into_iter().flatten();
        events.map(|event| event["text"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until it is so.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&Inside) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_so(&self.inside()) {
            assert!(Instant::now() < end, "not so in time: {what}");
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Inside {
    /// How many are in a room.
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
        if !self.is_mute {
            for session in self.sessions.iter().filter(|s| s.rooms.iter().any(|r| r == room)) {
                session.out.send(event.to_string()).ok();
            }
            for (_, follower) in self.followers.iter().filter(|(followed, _)| followed == room) {
                follower.send(doors::streamed(&event)).ok();
            }
        }
    }

    /// How many follow a room over HTTP.
    pub(crate) fn followers(&self) -> usize {
        self.followers.len()
    }

    /// Adds history with a time for each event.
    pub(crate) fn remember(&mut self, room: &str, words: &str, time_ms: u64) {
        self.store(room, "bob", "said", words, None, time_ms);
    }

    fn handle(&mut self, number: u64, asked: &Value) -> Vec<Value> {
        self.asked.push(asked.clone());
        let room = asked["room"].as_str().unwrap_or_default().to_owned();
        let Some(session) = self.sessions.iter_mut().find(|s| s.number == number) else {
            return Vec::new();
        };
        match asked["op"].as_str().unwrap() {
            "hello" => {
                session.nick = asked["nick"].as_str().unwrap_or("guest1").to_owned();
                vec![json!({"type": "welcome", "nick": session.nick, "resumed": false,
                    "session": "1", "epoch": EPOCH, "server": "0", "first_room": "lobby",
                    "ping_s": 20, "grace_s": 30})]
            }
            "join" if room == "closed" => vec![error("too_many_rooms")],
            "join" => {
                let after = asked["after"]["position"].as_u64();
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
            "say" => self.handle_say(number, &room, asked),
            "history" => vec![self.page(&room, asked)],
            "who" => vec![json!({"type": "members", "room": room, "nicks": [session.nick],
                "total": 1, "page": 1, "pages": 1})],
            "search" => vec![self.found(asked)],
            "bye" => vec![json!({"type": "bye", "cause": "quit", "reconnect": false})],
            other => panic!("the client asks {other}"),
        }
    }

    fn page(&self, room: &str, asked: &Value) -> Value {
        let list = &self.rooms[room];
        let limit = usize::try_from(asked["limit"].as_u64().unwrap()).unwrap();
        let newest = u64::try_from(list.len().saturating_sub(limit)).unwrap();
        let from = usize::try_from(asked["after"].as_u64().unwrap_or(newest)).unwrap();
        let before = asked["before"].as_u64().map(|before| usize::try_from(before).unwrap() - 1);
        let from = before.map_or(from, |before| before.saturating_sub(limit));
        let to = list.len().min(from + limit).min(before.unwrap_or(usize::MAX));
        let events = &list[from.min(to)..to];
        json!({"ref": asked["ref"], "type": "history", "room": room, "epoch": EPOCH,
            "head": list.len(), "events": events})
    }

    /// The newest message of the lobby that is older than what is asked for.
    fn found(&self, asked: &Value) -> Value {
        let list = &self.rooms["lobby"];
        let before = asked["before"].as_u64().map(|before| usize::try_from(before).unwrap());
        let index = before.unwrap_or(list.len()).checked_sub(1);
        let events: Vec<&Value> = index.iter().map(|index| &list[*index]).collect();
        let more = index.filter(|index| *index > 0);
        json!({"type": "found", "words": asked["words"], "events": events, "more": more})
    }

    fn handle_say(&mut self, number: u64, room: &str, asked: &Value) -> Vec<Value> {
        if let Some(code) = self.refusals.pop_front() {
            return vec![error(code)];
        }
        let list = self.rooms.entry(room.to_owned()).or_default();
        if let Some(index) = list.iter().position(|event| event["id"] == asked["id"]) {
            return vec![json!({"type": "duplicate", "room": room, "position": index + 1,
                "id": asked["id"]})];
        }
        let nick = self.sessions.iter().find(|s| s.number == number).unwrap().nick.clone();
        let kind = if asked["acted"] == true { "acted" } else { "said" };
        let text = asked["text"].as_str().unwrap().to_owned();
        self.store(room, &nick, kind, &text, Some(&asked["id"]), 0);
        Vec::new()
    }
}

fn error(code: &str) -> Value {
    json!({"type": "error", "code": code, "message": format!("no: {code}")})
}

async fn serve(stream: TcpStream, inside: Arc<Mutex<Inside>>) {
    if inside.lock().unwrap().is_shut {
        return;
    }
    if !doors::is_socket(&stream).await {
        return doors::serve(stream, inside).await;
    }
    let Ok(mut socket) = accept_async(stream).await else { return };
    let (out, mut arriving): (_, UnboundedReceiver<String>) = unbounded_channel();
    let number = {
        let mut inside = inside.lock().unwrap();
        inside.count += 1;
        let number = inside.count;
        inside.sessions.push(Session { number, nick: String::new(), rooms: Vec::new(), out });
        number
    };
    loop {
        tokio::select! {
            biased;
            text = arriving.recv() => match text {
                Some(text) => if socket.send(Message::text(text)).await.is_err() { break },
                // Cut.
                None => break,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let asked: Value = serde_json::from_str(&text).unwrap();
                    let answers = {
                        let mut inside = inside.lock().unwrap();
                        inside.handle(number, &asked)
                    };
                    for (index, mut answer) in answers.into_iter().enumerate() {
                        if index == 0 {
                            answer["ref"] = asked["ref"].clone();
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
    inside.lock().unwrap().sessions.retain(|session| session.number != number);
}
