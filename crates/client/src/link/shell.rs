//! The shell around [`Exchange`]: a WebSocket, a clock, randomness and the state file. No decisions.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use teahouse_core::{Nick, RoomName, Text};
use teahouse_wire::api::{Id, Ref, Request, ResumeKey};
use tokio::time::{Instant, sleep_until};

use super::limits::{OWN_IDS_MAX, REQUESTS_MAX, SAVE_DRAFTS, SAVE_EVERY};
use super::{AskError, Exchange, Happening, Output, SayError, Server, Start, Unsent};
use crate::state::{Memory, Seen, StateFile};
use socket::{Socket, Step};

mod socket;

/// How a link is opened.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which server. Its protocol has to be the api.
    pub server: Server,
    /// What one wants to be called; otherwise what one was called last time, or a guest.
    pub nick: Option<Nick>,
    /// Rooms to be in, besides those remembered. With none at all it is the server's first room.
    pub rooms: Vec<RoomName>,
    /// Where the state file is kept ([`crate::state::directory`] is the usual place); without it nothing is
    /// remembered after the link is dropped, which suits programs that run once.
    pub state: Option<PathBuf>,
}

impl Config {
    /// A guest in the first room of a server, who remembers nothing.
    #[must_use]
    pub fn new(server: Server) -> Self {
        Self { server, nick: None, rooms: Vec::new(), state: None }
    }
}

/// A connection to a server that lasts over breaks; see the module above. Needs a tokio runtime with time
/// and I/O, of one thread or many.
#[derive(Debug)]
pub struct Link {
    server: Server,
    exchange: Exchange,
    socket: Socket,
    frames: VecDeque<String>,
    started: Instant,
    file: Option<StateFile>,
    drafts: BTreeMap<RoomName, String>,
    history: Vec<String>,
    /// The ids of what was said last.
    own: VecDeque<Id>,
    /// How many of what was said are in the file.
    said_saved: u64,
    save_due: Option<Instant>,
    is_save_failing: bool,
    notices: VecDeque<String>,
}

impl Link {
    /// Begins to connect; what comes of it is told by [`Link::next`]. With a state file, what it remembers
    /// is taken up: seat, nick, rooms with their positions, and what was not sent.
    #[must_use]
    pub fn open(config: Config) -> Self {
        let mut notices = VecDeque::new();
        let (file, memory) = match &config.state {
            Some(directory) => StateFile::open(directory, &config.server, &mut notices),
            None => (None, None),
        };
        let memory = memory.unwrap_or_else(|| Memory::new(ResumeKey(drawn())));
        let remembered = memory.rooms.into_iter().map(|seen| (seen.room, seen.place));
        let rooms = remembered.chain(config.rooms.into_iter().map(|room| (room, None)));
        let [a, b, c, d, e, f, g, h, ..] = drawn();
        let start = Start {
            nick: config.nick.or(memory.nick),
            resume_key: memory.resume_key,
            rooms: rooms.collect(),
            outbox: memory.outbox,
            seed: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        };
        Self {
            server: config.server,
            exchange: Exchange::new(Duration::ZERO, start),
            socket: Socket::Idle,
            frames: VecDeque::new(),
            started: Instant::now(),
            file,
            drafts: memory.drafts,
            history: memory.history,
            own: memory.own.into(),
            said_saved: 0,
            save_due: None,
            is_save_failing: false,
            notices,
        }
    }

    /// The next thing that happens; `None` when all is over, after [`super::State::Ended`] was told.
    ///
    /// The link works only while this is awaited. Dropping the future loses nothing, so it can stand in a
    /// `select!`.
    pub async fn next(&mut self) -> Option<Happening> {
        loop {
            if let Some(notice) = self.notices.pop_front() {
                return Some(Happening::Notice(notice));
            }
            if let Some(happening) = self.work_off() {
                return Some(happening);
            }
            if self.exchange.is_ended() {
                self.save(false);
                return self.notices.pop_front().map(Happening::Notice);
            }
            if self.save_due.is_some_and(|due| due <= Instant::now()) {
                self.save(false);
                continue;
            }
            self.turn().await;
        }
    }

    /// Says something in a room that is ours. Returns the id by which [`super::Outgoing`] tells how far it
    /// has come; the first is [`super::Stage::Waiting`].
    ///
    /// # Errors
    /// When the room is not one of ours, the outbox is full, or all is over. Nothing is said then.
    pub fn say(&mut self, room: &RoomName, text: &Text, acted: bool) -> Result<Id, SayError> {
        let id = drawn_id();
        self.exchange.say(self.now(), id, room, text, acted)?;
        self.own.push_back(id);
        let surplus = self.own.len().saturating_sub(OWN_IDS_MAX);
        self.own.drain(..surplus);
        Ok(id)
    }

    /// Asks something. The answer is a [`Happening::Received`] with the reference that is returned.
    ///
    /// # Errors
    /// For what has a way of its own, when too many questions wait, and when all is over.
    pub fn ask(&mut self, request: Request) -> Result<Ref, AskError> {
        self.exchange.ask(self.now(), request)
    }

    /// Enters a room and stays in it over all connections; see [`Exchange::join`].
    pub fn join(&mut self, room: &RoomName) -> Ref {
        self.exchange.join(self.now(), room)
    }

    /// Leaves a room. What waits to be sent there is given back as refused.
    pub fn leave(&mut self, room: &RoomName) -> Ref {
        self.exchange.leave(self.now(), room)
    }

    /// Goes. Await [`Link::next`] until it is `None`, so that the server hears of it.
    pub fn bye(&mut self) {
        self.exchange.bye(self.now());
    }

    /// Which server it is.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What one wants to be called, and is if nobody else is.
    #[must_use]
    pub fn nick(&self) -> Option<&Nick> {
        self.exchange.nick()
    }

    /// The rooms we are in or shall be in, in the order they were joined.
    pub fn rooms(&self) -> impl Iterator<Item = &RoomName> {
        self.exchange.rooms().map(|(room, _)| room)
    }

    /// What is not known to be kept, in the order it was said.
    pub fn outbox(&self) -> impl Iterator<Item = &Unsent> {
        self.exchange.outbox()
    }

    /// The ids of what was said here, also by the programs before with the same state file; the last
    /// [`super::limits::OWN_IDS_MAX`]. Events with them are one's own: a nick may be somebody else's by then.
    pub fn own(&self) -> impl Iterator<Item = Id> {
        self.own.iter().copied()
    }

    /// Whether what is said here survives the end of the program.
    #[must_use]
    pub fn is_remembered(&self) -> bool {
        self.file.is_some()
    }

    /// Half-written lines per room, as they were last handed over.
    #[must_use]
    pub fn drafts(&self) -> &BTreeMap<RoomName, String> {
        &self.drafts
    }

    /// Hands over the half-written lines; they are on the disk within [`SAVE_DRAFTS`].
    pub fn set_drafts(&mut self, drafts: BTreeMap<RoomName, String>) {
        self.drafts = drafts;
        self.will_save_within(SAVE_DRAFTS);
    }

    /// The lines that were entered, oldest first.
    #[must_use]
    pub fn history(&self) -> &[String] {
        &self.history
    }

    /// Hands over the lines that were entered; the last [`super::limits::HISTORY_LINES_MAX`] are kept.
    pub fn set_history(&mut self, history: Vec<String>) {
        self.history = history;
        self.will_save();
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Does what the exchange wants until it has something to tell.
    fn work_off(&mut self) -> Option<Happening> {
        while let Some(output) = self.exchange.poll_output() {
            match output {
                Output::Dial => self.socket = Socket::dial(self.server.clone()),
                Output::Hangup => {
                    self.socket = Socket::Idle;
                    self.frames.clear();
                }
                Output::Send(text) if self.frames.len() < REQUESTS_MAX => {
                    self.frames.push_back(text)
                }
                Output::Send(_) => self.give_up_on_writing(),
                Output::Happened(happening) => {
                    self.will_save();
                    return Some(happening);
                }
            }
        }
        // What was said is on the disk before any of it leaves: nothing is written but in a turn.
        if self.exchange.said() > self.said_saved {
            self.save(true);
        }
        None
    }

    /// More waits to be written than there may be.
    fn give_up_on_writing(&mut self) {
        self.socket = Socket::Idle;
        self.frames.clear();
        let now = self.now();
        self.exchange.handle_closed(now, None, "the server does not read what we say");
    }

    /// Waits for one thing to happen. Between being ready and being handled nothing is awaited.
    async fn turn(&mut self) {
        let far = self.started + Duration::from_secs(u64::from(u32::MAX));
        let deadline = self.exchange.deadline().map_or(far, |deadline| self.started + deadline);
        let wake = self.save_due.map_or(deadline, |due| due.min(deadline));
        let step = tokio::select! {
            step = self.socket.step(&mut self.frames) => step,
            () = sleep_until(wake) => Step::Time,
        };
        let now = self.now();
        match step {
            Step::Opened(socket) => {
                self.socket = Socket::Open(socket);
                self.exchange.handle_opened(now);
            }
            Step::Text(text) => self.exchange.handle_text(now, text.as_str()),
            Step::Heard => self.exchange.handle_heard(now),
            Step::Closed { code, why } => {
                self.socket = Socket::Idle;
                self.frames.clear();
                self.exchange.handle_closed(now, code, &why);
            }
            Step::TurnedAway { why, wait } => {
                self.socket = Socket::Idle;
                self.exchange.handle_turned_away(now, &why, wait);
            }
            Step::Time => {}
        }
        self.exchange.handle_time(now);
    }

    fn will_save(&mut self) {
        self.will_save_within(SAVE_EVERY);
    }

    fn will_save_within(&mut self, time: Duration) {
        if self.file.is_some() {
            let due = Instant::now() + time;
            self.save_due = Some(self.save_due.map_or(due, |before| before.min(due)));
        }
    }

    /// Writes the state file, to the disk itself when what was said is at stake.
    fn save(&mut self, to_disk: bool) {
        self.save_due = None;
        self.said_saved = self.exchange.said();
        let memory = self.memory();
        let Some(file) = &mut self.file else { return };
        match file.save(&memory, to_disk) {
            Ok(()) => self.is_save_failing = false,
            Err(error) => {
                if !std::mem::replace(&mut self.is_save_failing, true) {
                    self.notices.push_back(format!(
                        "cannot write {}: {error}; what is unsent is lost if this program ends",
                        file.path().display()
                    ));
                }
            }
        }
    }

    fn memory(&self) -> Memory {
        let rooms = self.exchange.rooms();
        let rooms = rooms.map(|(room, place)| Seen { room: room.clone(), place });
        let mut memory = Memory::new(self.exchange.resume_key());
        memory.nick = self.exchange.nick().cloned();
        memory.rooms = rooms.collect();
        memory.outbox = self.exchange.outbox().cloned().collect();
        memory.own = self.own().collect();
        memory.drafts.clone_from(&self.drafts);
        memory.history.clone_from(&self.history);
        memory
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.save(false);
    }
}

/// 16 random bytes from the system.
pub(crate) fn drawn() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("every system we run on gives random bytes");
    bytes
}

/// A new id for a message: the time in milliseconds, then ten random bytes, in the manner of RFC 9562 (UUID version
/// 7). A server that keeps messages by their ids then keeps new ones together, which costs it a third.
pub(crate) fn drawn_id() -> Id {
    let mut id = drawn();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let ms = u64::try_from(now.as_millis()).unwrap_or_default().to_be_bytes();
    id[..6].copy_from_slice(&ms[2..]);
    Id(id)
}
