//! The shell around [`Exchange`]: a WebSocket, a clock, randomness and the state file. It makes no decisions.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use teahouse_core::{Nick, RoomName, Text};
use teahouse_wire::api::{Id, Ref, Request, ResumeKey};
use tokio::time::{Instant, sleep_until};

use super::limits::{OWN_IDS_MAX, REQUESTS_MAX, SAVE_DRAFTS, SAVE_EVERY};
use super::{AskError, Exchange, Happening, Output, SayError, Server, Start, Unsent};
use crate::state::{Memory, RememberedRoom, StateFile};
use socket::{Socket, Step};

mod socket;

/// The settings of a link.
#[derive(Clone, Debug)]
pub struct Config {
    /// The server. Its protocol has to be [`Protocol::Api`](super::Protocol::Api).
    pub server: Server,
    /// The wanted nick. Without it the link uses the nick in the state file; without that the server gives a guest
    /// nick.
    pub nick: Option<Nick>,
    /// Rooms to join, besides those in the state file. With no room at all the link joins the server's first room.
    pub rooms: Vec<RoomName>,
    /// The directory of the state file; [`crate::state::directory`] is the usual one. Without it the link remembers
    /// nothing after it is dropped, which suits programs that run once.
    pub state: Option<PathBuf>,
}

impl Config {
    /// A guest in the first room of this server, without a state file.
    #[must_use]
    pub fn new(server: Server) -> Self {
        Self { server, nick: None, rooms: Vec::new(), state: None }
    }
}

/// A connection to a server that reconnects and resumes; see [the module](crate::link). It needs a tokio runtime
/// with time and I/O; one thread is enough.
#[derive(Debug)]
pub struct Link {
    server: Server,
    exchange: Exchange,
    socket: Socket,
    /// Messages that wait to be written.
    frames: VecDeque<String>,
    started: Instant,
    file: Option<StateFile>,
    drafts: BTreeMap<RoomName, String>,
    history: Vec<String>,
    /// The ids of our last messages, oldest first.
    own: VecDeque<Id>,
    /// The [`Exchange::said_count`] of the last saved state.
    saved_said_count: u64,
    save_due: Option<Instant>,
    is_save_failing: bool,
    notices: VecDeque<String>,
}

impl Link {
    /// Starts to connect; [`Link::next`] reports the result. With a state file, the link continues from it: the resume
    /// key, the nick, the rooms with their positions, and the unsent messages.
    #[must_use]
    pub fn open(config: Config) -> Self {
        let mut notices = VecDeque::new();
        let (file, memory) = match &config.state {
            Some(directory) => StateFile::open(directory, &config.server, &mut notices),
            None => (None, None),
        };
        let memory = memory.unwrap_or_else(|| Memory::new(ResumeKey(random_bytes())));
        let remembered = memory.rooms.into_iter().map(|seen| (seen.room, seen.cursor));
        let rooms = remembered.chain(config.rooms.into_iter().map(|room| (room, None)));
        let [a, b, c, d, e, f, g, h, ..] = random_bytes();
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
            saved_said_count: 0,
            save_due: None,
            is_save_failing: false,
            notices,
        }
    }

    /// Waits for the next happening. Returns `None` when the link has ended, after [`super::State::Ended`].
    ///
    /// The link works only while this future is awaited. The future is cancel-safe: it can be used in `select!`.
    pub async fn next(&mut self) -> Option<Happening> {
        loop {
            if let Some(notice) = self.notices.pop_front() {
                return Some(Happening::Notice(notice));
            }
            if let Some(happening) = self.run_outputs() {
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

    /// Puts a message for a joined room into the outbox and returns its id. [`Happening::Outgoing`] reports with this
    /// id each [stage](super::Stage) of the delivery; the first is [`super::Stage::Waiting`]. With `acted` the message
    /// is an action (`/me`).
    ///
    /// # Errors
    /// When the link has not joined the room, the outbox is full, or the link has ended. The message is not sent then.
    pub fn say(&mut self, room: &RoomName, text: &Text, acted: bool) -> Result<Id, SayError> {
        let id = new_id();
        self.exchange.say(self.now(), id, room, text, acted)?;
        self.own.push_back(id);
        let surplus = self.own.len().saturating_sub(OWN_IDS_MAX);
        self.own.drain(..surplus);
        Ok(id)
    }

    /// Sends a request and returns its reference. The answer is a [`Happening::Received`] with the same reference.
    /// Without a connection the request waits for one; only `typing` is dropped, because it would be out of date.
    ///
    /// # Errors
    /// When the request has a method of its own, too many requests wait, or the link has ended.
    pub fn ask(&mut self, request: Request) -> Result<Ref, AskError> {
        self.exchange.ask(self.now(), request)
    }

    /// Joins a room, and joins it again after each reconnect; see [`Exchange::join`].
    pub fn join(&mut self, room: &RoomName) -> Ref {
        self.exchange.join(self.now(), room)
    }

    /// Leaves a room. Its waiting messages are reported as refused. The answer is `left` with the returned reference,
    /// also without a connection. While another leave of the room is in flight, its reference is returned.
    pub fn leave(&mut self, room: &RoomName) -> Ref {
        self.exchange.leave(self.now(), room)
    }

    /// Ends the link. Await [`Link::next`] until it returns `None`, so that the server receives the goodbye.
    pub fn bye(&mut self) {
        self.exchange.bye(self.now());
    }

    /// The server of this link.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The wanted nick. The server gives another one while it is taken.
    #[must_use]
    pub fn nick(&self) -> Option<&Nick> {
        self.exchange.nick()
    }

    /// The rooms that are joined or will be, in the order in which they were joined.
    pub fn rooms(&self) -> impl Iterator<Item = &RoomName> {
        self.exchange.rooms().map(|(room, _)| room)
    }

    /// Our messages that are not known to be stored, oldest first.
    pub fn outbox(&self) -> impl Iterator<Item = &Unsent> {
        self.exchange.outbox()
    }

    /// The ids of our own last [`super::limits::OWN_IDS_MAX`] messages, also of earlier runs with the same state file.
    /// An event with one of these ids is our own. The nick is no proof: another person may use it later.
    pub fn own(&self) -> impl Iterator<Item = Id> {
        self.own.iter().copied()
    }

    /// Whether there is a state file, so that the outbox survives the end of the program.
    #[must_use]
    pub fn is_remembered(&self) -> bool {
        self.file.is_some()
    }

    /// The draft of each room, as last given to [`Link::set_drafts`] or read from the state file.
    #[must_use]
    pub fn drafts(&self) -> &BTreeMap<RoomName, String> {
        &self.drafts
    }

    /// Sets the draft of each room, for the state file. It is written within [`SAVE_DRAFTS`].
    pub fn set_drafts(&mut self, drafts: BTreeMap<RoomName, String>) {
        self.drafts = drafts;
        self.will_save_within(SAVE_DRAFTS);
    }

    /// The entered lines, oldest first, as last given to [`Link::set_history`] or read from the state file.
    #[must_use]
    pub fn history(&self) -> &[String] {
        &self.history
    }

    /// Sets the entered lines, for the state file, which keeps the last [`super::limits::HISTORY_LINES_MAX`].
    pub fn set_history(&mut self, history: Vec<String>) {
        self.history = history;
        self.will_save();
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Carries out the outputs of the exchange, up to the first happening, which it returns.
    fn run_outputs(&mut self) -> Option<Happening> {
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
                Output::Send(_) => self.give_up_writing(),
                Output::Happened(happening) => {
                    self.will_save();
                    return Some(happening);
                }
            }
        }
        // New messages are on the disk before they are sent: the socket is written to only in `turn`.
        if self.exchange.said_count() > self.saved_said_count {
            self.save(true);
        }
        None
    }

    /// Closes the connection because more than [`REQUESTS_MAX`] requests wait to be written.
    fn give_up_writing(&mut self) {
        self.socket = Socket::Idle;
        self.frames.clear();
        let now = self.now();
        self.exchange.handle_closed(now, None, "the server does not read what we say");
    }

    /// Waits for one step of the socket or the clock, and handles it. Nothing is awaited between the two, so no step
    /// is lost when the future is dropped.
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
            Step::Activity => self.exchange.handle_activity(now),
            Step::Closed { code, why } => {
                self.socket = Socket::Idle;
                self.frames.clear();
                self.exchange.handle_closed(now, code, &why);
            }
            Step::Rejected { why, wait } => {
                self.socket = Socket::Idle;
                self.exchange.handle_rejected(now, &why, wait);
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

    /// Writes the state file. With `to_disk` it is synced, which new messages need.
    fn save(&mut self, to_disk: bool) {
        self.save_due = None;
        self.saved_said_count = self.exchange.said_count();
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
        let rooms = rooms.map(|(room, cursor)| RememberedRoom { room: room.clone(), cursor });
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

/// 16 random bytes from the operating system.
pub(crate) fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("every system we run on gives random bytes");
    bytes
}

/// A new message id: the time in milliseconds, then ten random bytes, similar to RFC 9562 (UUID version 7). The
/// server's index of ids then has new ids side by side, which costs a third of what random ids cost.
pub(crate) fn new_id() -> Id {
    let mut id = random_bytes();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let ms = u64::try_from(now.as_millis()).unwrap_or_default().to_be_bytes();
    id[..6].copy_from_slice(&ms[2..]);
    Id(id)
}
