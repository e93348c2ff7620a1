//! Peers: people with `nc`, who may type anything; api programs, which follow the rules of the api; and clients of
//! protocols that no listener offers yet.

mod api;
mod frames;

use teahouse_core::SessionId;
use teahouse_wire::ProtocolSession;
use teahouse_wire::api::ApiSession;

use super::dice::Dice;
use super::editor::{EditorSession, Screen};
use super::http::{Body, Follower, Visits};
use super::keeper::{KeeperSession, Lists};
use super::line::Line;
use super::settings::first_room;
use super::socket::VirtualSocket;
use super::words::ROOMS;
use crate::key::Key;
pub(super) use api::Api;

/// The peers and their connections.
pub(super) struct Outside {
    pub(super) peers: Vec<Peer>,
    /// Connections that their peers have abandoned and the server has not closed yet.
    pub(super) abandoned: Vec<Wire>,
    /// The number of messages sent so far; each message has its number as token.
    pub(super) message_count: u32,
    pub(super) visits: Visits,
}

impl Outside {
    /// All connections.
    pub(super) fn wires(&mut self) -> impl Iterator<Item = &mut Wire> {
        let of_peers = self.peers.iter_mut().filter_map(|peer| peer.wire.as_mut());
        of_peers.chain(&mut self.abandoned)
    }
}

/// One peer, over all its connections.
pub(super) struct Peer {
    pub(super) name: String,
    pub(super) wire: Option<Wire>,
    pub(super) kind: Kind,
    /// The sessions of its connections so far.
    pub(super) sessions: Vec<SessionId>,
    /// Received bytes that are not a whole line or frame yet.
    partial: Vec<u8>,
}

/// The current connection of a peer.
pub(super) struct Wire {
    pub(super) socket: VirtualSocket,
    pub(super) shard: usize,
    pub(super) key: Key,
    pub(super) session: SessionId,
    /// The response body, if output is fetched and not written.
    pub(super) body: Option<Body>,
    /// The peer has closed its side.
    pub(super) is_closed: bool,
    /// Whether the peer takes bytes and answers nothing, like a machine that hangs.
    pub(super) is_asleep: bool,
    pub(super) is_served: bool,
    /// Whether it was connected when everything was let through, so that the peer has received everything.
    pub(super) is_let_through: bool,
}

impl Wire {
    /// Whether neither side has ended it.
    pub(super) fn is_open(&self) -> bool {
        self.is_served && !self.is_closed
    }
}

pub(super) enum Kind {
    Line(Line),
    Api(Api),
    /// A person whose line the server edits.
    Editor(Screen),
    /// A client that keeps lists of who is in each room.
    Keeper(Lists),
    /// A client that follows a room over HTTP.
    Follower(Follower),
}

impl Peer {
    fn new(name: String, kind: Kind) -> Self {
        Self { name, wire: None, kind, sessions: Vec::new(), partial: Vec::new() }
    }

    pub(super) fn line(number: usize) -> Self {
        Self::new(format!("line{number}"), Kind::Line(Line::default()))
    }

    pub(super) fn api(number: usize, history_shown: u64, has_permanent_rooms: bool) -> Self {
        let name = format!("api{number}");
        let api = Api::new(name.clone(), (number, history_shown), has_permanent_rooms);
        Self::new(name, Kind::Api(api))
    }

    pub(super) fn editor(number: usize) -> Self {
        Self::new(format!("editor{number}"), Kind::Editor(Screen::default()))
    }

    pub(super) fn keeper(number: usize) -> Self {
        Self::new(format!("keeper{number}"), Kind::Keeper(Lists::default()))
    }

    pub(super) fn follower(number: usize, is_stream: bool) -> Self {
        Self::new(format!("follower{number}"), Kind::Follower(Follower::new(is_stream)))
    }

    /// The protocol session for it, if its protocol is known before its first byte.
    pub(super) fn session(&self, dice: &mut Dice) -> Option<Box<dyn ProtocolSession>> {
        match &self.kind {
            Kind::Line(_) => None,
            Kind::Api(_) => Some(Box::new(ApiSession::new(dice.once_in(3)))),
            Kind::Editor(_) => Some(Box::new(EditorSession::new(first_room(), 0))),
            Kind::Keeper(_) => Some(Box::new(KeeperSession::default())),
            Kind::Follower(follower) => Some(follower.session()),
        }
    }

    /// Sets a new connection; returns the previous one.
    pub(super) fn connect(&mut self, wire: Wire) -> Option<Wire> {
        self.partial.clear();
        self.sessions.push(wire.session);
        let earlier = self.wire.replace(wire);
        match &mut self.kind {
            Kind::Line(line) => *line = Line::default(),
            Kind::Editor(screen) => *screen = Screen::default(),
            Kind::Api(api) => {
                let hello = api.hello();
                self.send(&hello);
            }
            Kind::Keeper(lists) => {
                *lists = Lists::default();
                self.send(b"join lobby\n");
            }
            Kind::Follower(follower) => follower.connect(),
        }
        earlier
    }

    fn send(&self, bytes: &[u8]) {
        let is_awake = |wire: &&Wire| !wire.is_closed && !wire.is_asleep;
        if let Some(wire) = self.wire.as_ref().filter(is_awake) {
            wire.socket.send(bytes);
        }
    }

    /// Sends a message, or does something else that its kind can do.
    pub(super) fn act(
        &mut self,
        others: &[String],
        token: u32,
        dice: &mut Dice,
        is_restless: bool,
    ) {
        let Some(wire) = self.wire.as_ref().filter(|wire| !wire.is_asleep) else { return };
        let room = *dice.pick(&ROOMS);
        let bytes = match &mut self.kind {
            Kind::Line(_) => {
                Line::type_next(&self.name, (others, token), dice, is_restless).into_bytes()
            }
            Kind::Editor(screen) => {
                let keys = match dice.below(8) {
                    0 => format!("/join {room}\n"),
                    1 => "\u{7f}\u{7f}\u{7f}".to_owned(),
                    2 | 3 => "some words".to_owned(),
                    4 => "\u{7f}\n".to_owned(),
                    _ => format!("m{token};\n"),
                };
                // Typed keys are in flight only on an open connection.
                if wire.is_closed {
                    return;
                }
                screen.type_keys(&keys)
            }
            Kind::Api(api) => match api.ask_next(others, token, dice, is_restless) {
                Some(bytes) => bytes,
                None => return,
            },
            Kind::Keeper(_) => match dice.below(6) {
                0 => format!("leave {room}\n"),
                1 => format!("who {room}\n"),
                2 => format!("nick n{token}\n"),
                _ => format!("join {room}\n"),
            }
            .into_bytes(),
            Kind::Follower(_) => return,
        };
        self.send(&bytes);
    }

    /// Handles the bytes received; returns whether the peer answers.
    pub(super) fn receive(&mut self) -> bool {
        let Some(wire) = self.wire.as_ref().filter(|wire| !wire.is_asleep) else { return false };
        let bytes = wire.socket.take_received();
        if let Kind::Editor(screen) = &mut self.kind {
            screen.receive(&bytes);
            return false;
        }
        self.partial.extend(bytes);
        let requests = match &mut self.kind {
            Kind::Line(line) => {
                lines(&mut self.partial).for_each(|words| line.receive_line(&words));
                return false;
            }
            Kind::Editor(_) => return false,
            Kind::Api(api) => api.receive(&mut self.partial),
            Kind::Keeper(lists) => {
                let rooms =
                    lines(&mut self.partial).filter_map(|line| lists.receive_line(line.trim_end()));
                rooms.map(|room| format!("who {room}\n").into_bytes()).collect()
            }
            Kind::Follower(follower) => {
                lines(&mut self.partial).for_each(|line| follower.receive_line(&line));
                return false;
            }
        };
        for request in &requests {
            self.send(request);
        }
        !requests.is_empty()
    }
}

/// Removes and returns whole lines from the front.
fn lines(partial: &mut Vec<u8>) -> impl Iterator<Item = String> {
    std::iter::from_fn(|| {
        let end = partial.iter().position(|byte| *byte == b'\n')?;
        Some(String::from_utf8(partial.drain(..=end).collect()).expect("lines are UTF-8"))
    })
}
