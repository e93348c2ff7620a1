//! A model with a simulated server: events in, screens out.

use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use teahouse_core::{Nick, RoomName, Text};
use teahouse_wire::api::{
    Change, Epoch, Event, HistoryPage, Id, Joined, Kind, Message, Presence, Ref, Request, Sender,
    ServerMessage, Welcome,
};

use crate::link::{Happening, Outgoing, Stage, State};
use crate::screen::{
    Charset, Effect, Input, Key, Model, Now, Palette, Press, Server, Setup, Size, Theme, draw,
};

/// 2026-11-23 10:00 UTC, a Monday.
pub(super) const TEN: i64 = 1_795_428_000_000;
pub(super) const MINUTE: i64 = 60_000;
pub(super) const EPOCH: Epoch = Epoch([7; 8]);

pub(super) fn nick(nick: &str) -> Nick {
    Nick::parse(nick).unwrap()
}

pub(super) fn room(room: &str) -> RoomName {
    RoomName::parse(room).unwrap()
}

pub(super) fn text(text: &str) -> Text {
    Text::parse(text).unwrap()
}

pub(super) fn setup() -> Setup {
    Setup {
        server: Server::Api,
        rooms: Vec::new(),
        zone: TimeZone::UTC,
        has_bursts: false,
        sent: Vec::new(),
        drafts: Vec::new(),
        own: Vec::new(),
    }
}

/// An interface under test.
pub(super) struct Harness {
    pub(super) model: Model,
    /// The effects so far, in order.
    pub(super) effects: Vec<Effect>,
    pub(super) now: Now,
}

impl Harness {
    /// A connecting client, with a screen of this size.
    pub(super) fn begin(columns: u16, rows: u16, setup: Setup) -> Self {
        let now = Now { since_start_ms: 1_000, time_ms: TEN };
        let model = Model::new(setup, Size { columns, rows }, now);
        Self { model, effects: Vec::new(), now }
    }

    /// ann in #tea, which has no messages.
    pub(super) fn in_tea(columns: u16, rows: u16) -> Self {
        let mut harness = Self::begin(columns, rows, setup());
        harness.connect();
        harness.receive_joined("tea", 0);
        harness.answer_history(&[], 0);
        harness.effects.clear();
        harness
    }

    pub(super) fn connect(&mut self) {
        self.link(Happening::State(State::Online(Welcome {
            nick: nick("ann"),
            taken: None,
            resumed: false,
            session: "1".to_owned(),
            epoch: EPOCH,
            server: "test".to_owned(),
            first_room: room("tea"),
            ping_s: 20,
            grace_s: 30,
        })));
    }

    pub(super) fn receive_joined(&mut self, name: &str, position: u64) {
        self.receive_joined_as(name, position, false);
    }

    pub(super) fn receive_joined_as(&mut self, name: &str, position: u64, complete: bool) {
        self.receive(Message::Joined(Joined {
            room: room(name),
            epoch: EPOCH,
            position,
            first: 1,
            complete,
            members: 3,
            topic: Some(text("tea and what goes with it")),
        }));
    }

    pub(super) fn input(&mut self, input: Input) {
        let effects = self.model.update(input, self.now);
        self.effects.extend(effects);
    }

    pub(super) fn link(&mut self, happening: Happening) {
        self.input(Input::Link(happening));
    }

    pub(super) fn receive(&mut self, message: Message) {
        self.link(Happening::Received(ServerMessage { reference: None, message }));
    }

    /// Receives the answer to a request.
    pub(super) fn answer(&mut self, reference: u64, message: Message) {
        let reference = Some(Ref::Number(reference));
        self.link(Happening::Received(ServerMessage { reference, message }));
    }

    pub(super) fn report_outgoing(&mut self, number: u8, words: &str, stage: Stage) {
        self.link(Happening::Outgoing(Outgoing {
            id: Id([number; 16]),
            room: room("tea"),
            text: text(words),
            acted: false,
            stage,
        }));
    }

    /// Receives a message in #tea; the time is a minute later for each position.
    pub(super) fn receive_message(&mut self, position: u64, who: &str, words: &str) {
        self.receive_message_in("tea", position, who, words);
    }

    pub(super) fn receive_message_in(&mut self, name: &str, position: u64, who: &str, words: &str) {
        let event = event(name, position, who, words);
        self.now.time_ms = self.now.time_ms.max(event.time_ms);
        self.receive(Message::Event(event));
    }

    pub(super) fn receive_presence(&mut self, change: Change) {
        self.receive(Message::Presence(Presence { room: room("tea"), change }));
    }

    pub(super) fn press(&mut self, press: Press) {
        self.input(Input::Key(press));
    }

    pub(super) fn key(&mut self, key: Key) {
        self.press(Press::of(key));
    }

    pub(super) fn ctrl(&mut self, c: char) {
        self.press(Press::ctrl(Key::Char(c)));
    }

    /// Types a text, with a return for each line feed.
    pub(super) fn type_in(&mut self, words: &str) {
        for c in words.chars() {
            self.key(if c == '\n' { Key::Enter } else { Key::Char(c) });
        }
    }

    /// Advances the clock.
    pub(super) fn wait(&mut self, ms: u64) {
        self.now.since_start_ms += ms;
        self.now.time_ms += i64::try_from(ms).unwrap();
        self.input(Input::Tick);
    }

    /// Takes the requests so far; drops the other effects.
    pub(super) fn take_requests(&mut self) -> Vec<(u64, Request)> {
        let request = |effect| {
            let Effect::Ask { reference, request } = effect else { return None };
            Some((reference, request))
        };
        std::mem::take(&mut self.effects).into_iter().filter_map(request).collect()
    }

    /// Answers every history request with these events.
    pub(super) fn answer_history(&mut self, events: &[Event], head: u64) {
        for (reference, request) in self.take_requests() {
            if let Request::History(request) = request {
                let page = HistoryPage {
                    room: request.room,
                    epoch: EPOCH,
                    first: 1,
                    head,
                    events: events.to_vec(),
                };
                self.answer(reference, Message::History(page));
            }
        }
    }

    /// Answers history requests until there are no more, from a room with this many messages. Returns the number of pages.
    pub(super) fn serve_history(&mut self, head: u64) -> usize {
        let mut pages = 0;
        loop {
            let requests = self.take_requests();
            let mut is_done = true;
            for (reference, request) in requests {
                let Request::History(request) = request else { continue };
                let (part, limit) = (request.part, u64::from(request.limit.unwrap()));
                let (first, last) = match (part.before, part.after, part.around) {
                    (Some(before), _, _) => (before.saturating_sub(limit), before - 1),
                    (_, Some(after), _) => (after + 1, after + limit),
                    (_, _, Some(around)) => (around.saturating_sub(limit / 2), around + limit / 2),
                    _ => ((head + 1).saturating_sub(limit), head),
                };
                let events = (first.max(1)..=last.min(head)).map(numbered).collect();
                let page = HistoryPage { room: request.room, epoch: EPOCH, first: 1, head, events };
                self.answer(reference, Message::History(page));
                is_done = false;
                pages += 1;
            }
            if is_done {
                return pages;
            }
        }
    }

    /// Draws the screen. Returns it with the caret.
    pub(super) fn draw(&mut self) -> (Buffer, Option<Position>) {
        self.model.follow_caret();
        let size = self.model.look.size;
        let mut terminal = Terminal::new(TestBackend::new(size.columns, size.rows)).unwrap();
        let theme = Theme::of(Palette::Plain, Charset::Full);
        let mut caret = None;
        let drawing = terminal.draw(|frame| caret = draw(&self.model, &theme, frame.buffer_mut()));
        drawing.unwrap();
        (terminal.backend().buffer().clone(), caret)
    }

    /// The rows of the screen as text, with `|` where the caret is.
    pub(super) fn rows(&mut self) -> Vec<String> {
        let (buffer, caret) = self.draw();
        let area = *buffer.area();
        let row = |y: u16| {
            let mut row = String::new();
            let mut x = 0;
            while x < area.width {
                if caret == Some(Position::new(x, y)) {
                    row.push('|');
                }
                let symbol = buffer[(x, y)].symbol();
                row.push_str(symbol);
                x += u16::try_from(teahouse_editor::width(symbol).max(1)).unwrap();
            }
            row.trim_end().to_owned()
        };
        (0..area.height).map(row).collect()
    }

    #[track_caller]
    pub(super) fn check(&mut self, expected: &[&str]) {
        let rows = self.rows();
        assert!(rows == expected, "the screen is: {rows:#?}");
    }

    /// The line, with `|` at the caret.
    pub(super) fn line(&self) -> String {
        let (text, caret) = (self.model.line.text(), self.model.line.caret());
        format!("{}|{}", &text[..caret], &text[caret..])
    }
}

pub(super) fn event(name: &str, position: u64, who: &str, words: &str) -> Event {
    Event {
        room: room(name),
        position,
        epoch: EPOCH,
        time_ms: TEN + MINUTE * i64::try_from(position).unwrap(),
        sender: Sender { nick: nick(who), session: "2".to_owned() },
        kind: Kind::Said,
        text: Some(text(words)),
        id: None,
    }
}

/// The message of the simulated history at this position.
pub(super) fn numbered(position: u64) -> Event {
    event("tea", position, "bob", &format!("message {position}"))
}
