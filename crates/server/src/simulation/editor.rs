//! A protocol that no listener offers: a line edited by the server, as telnet and ssh will have, and the screen of its
//! peer. It uses what the protocol interface permits and no other protocol uses yet: an input line below all output,
//! and own messages that look different from those of others.

use teahouse_core::{Action, ExitCause, RoomId, RoomName, Text};
use teahouse_wire::Epoch;
use teahouse_wire::protocol::{
    Begin, Entered, Fact, Format, InputLine, Output, RoomEncoder, Surroundings, View,
};
use teahouse_wire::{Clock, Input, ProtocolSession, Work};

/// Columns of the input line on one row.
const COLUMNS: usize = 8;
const BACKSPACE: u8 = 0x7F;

/// The format of such sessions, with a separate variant for each session that wants one.
const ROWS: Format = Format::new("rows", |_, _| Box::new(Rows));

#[derive(Debug)]
struct Rows;

impl RoomEncoder for Rows {
    fn encode(&mut self, fact: Fact<'_>, _: &RoomName, _: &[u8], out: &mut Vec<u8>) {
        if let Fact::Event(event) = fact {
            row('<', event.text.as_ref().map_or("", |text| text.as_str()), out);
        }
    }
}

/// One row of output: a mark, and the words.
fn row(mark: char, words: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{mark}{}\r\n", words.replace('\n', " ")).as_bytes());
}

/// What is being typed, as rows of the screen.
fn rows_of(typed: &str) -> Vec<String> {
    let letters: Vec<char> = typed.chars().collect();
    let mut rows: Vec<String> = letters
        .chunks(COLUMNS)
        .map(|row| "|".chars().chain(row.iter().copied()).collect())
        .collect();
    if rows.is_empty() {
        rows.push("|".to_owned());
    }
    rows
}

/// A session whose line the server edits.
#[derive(Debug)]
pub(crate) struct EditorSession {
    room: RoomName,
    variant: u16,
    typed: String,
    /// Rows of the line that was drawn last.
    drawn: usize,
    has_entered: bool,
    is_closed: bool,
}

impl EditorSession {
    pub(crate) fn new(first_room: RoomName, variant: u16) -> Self {
        let (typed, drawn, has_entered, is_closed) = (String::new(), 1, false, false);
        Self { room: first_room, variant, typed, drawn, has_entered, is_closed }
    }

    fn handle_line(&mut self, inputs: &mut Vec<Input>) {
        let line = std::mem::take(&mut self.typed);
        if let Some(room) = line.strip_prefix("/join ") {
            self.room = RoomName::parse(room).expect("rooms have names");
            inputs.push(Input::ask(Action::Join { room: self.room.clone() }));
        } else if let Ok(text) = Text::parse(&line) {
            let room = self.room.clone();
            inputs.push(Input::ask(Action::Say { room, text, acted: false, id: None }));
        }
    }
}

impl ProtocolSession for EditorSession {
    fn name(&self) -> &'static str {
        "editor"
    }

    fn handle_bytes(
        &mut self,
        bytes: &[u8],
        _: &Clock,
        work: &mut Work,
        inputs: &mut Vec<Input>,
    ) -> usize {
        if !std::mem::replace(&mut self.has_entered, true) {
            let room = Some(self.room.clone());
            inputs.push(Input::ask(Action::Enter { nick: None, room, resume_key: None }));
        }
        let mut taken = 0;
        while let Some(byte) = bytes.get(taken).filter(|_| !work.is_used_up()) {
            match *byte {
                b'\n' => {
                    work.spend_one();
                    self.handle_line(inputs);
                }
                BACKSPACE => drop(self.typed.pop()),
                letter => self.typed.push(char::from(letter)),
            }
            taken += 1;
        }
        inputs.push(Input::Redraw);
        taken
    }

    fn handle_end(&mut self, _: &Clock, inputs: &mut Vec<Input>) {
        inputs.push(Input::Quit);
    }

    fn handle_joined(&mut self, _: &Entered<'_>, _: Epoch) -> Begin {
        Begin::Now
    }

    fn format(&self, _: RoomId) -> Format {
        ROWS.variant(self.variant)
    }

    fn view_own(&self, fact: Fact<'_>) -> View {
        match fact {
            Fact::Event(_) => View::Instead,
            Fact::Presence(_) => View::Nothing,
        }
    }

    fn render_instead(&mut self, fact: Fact<'_>, _: &RoomName, out: &mut Vec<u8>) {
        if let Fact::Event(event) = fact {
            row('+', event.text.as_ref().map_or("", |text| text.as_str()), out);
        }
    }

    fn render(&mut self, output: &Output<'_>, _: &Surroundings<'_>, out: &mut Vec<u8>) {
        match *output {
            Output::Entered(entered) => row('-', entered.room.as_str(), out),
            Output::Notice(text) => row('-', text, out),
            Output::Answer(..) | Output::GivenBack(..) => row('-', "answered", out),
            Output::Goodbye(cause) => {
                self.is_closed = true;
                row('-', if cause == ExitCause::Quit { "goodbye" } else { "gone" }, out);
            }
            Output::Recent(..)
            | Output::Gap(..)
            | Output::Left(..)
            | Output::Page(..)
            | Output::HistoryRefused(..)
            | Output::Unreadable(_)
            | Output::Closing
            | Output::NoHello
            | Output::Ping => {}
        }
    }

    fn input_line(&mut self) -> Option<&mut dyn InputLine> {
        Some(self)
    }
}

impl InputLine for EditorSession {
    fn erase(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\x1b[K");
        for _ in 1..self.drawn {
            out.extend_from_slice(b"\x1b[A\x1b[K");
        }
    }

    fn draw(&mut self, out: &mut Vec<u8>) {
        if !self.is_closed {
            let rows = rows_of(&self.typed);
            self.drawn = rows.len();
            out.extend_from_slice(rows.join("\r\n").as_bytes());
        }
    }
}

/// The screen of its peer, and what the peer has typed.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    rows: Vec<Vec<u8>>,
    row: usize,
    column: usize,
    /// Whether the last bytes are an unfinished escape sequence.
    is_escaped: bool,
    typed: String,
    has_typed: bool,
}

impl Screen {
    /// The peer types; returns the bytes that this sends.
    pub(crate) fn type_keys(&mut self, keys: &str) -> Vec<u8> {
        self.has_typed = true;
        for key in keys.bytes() {
            match key {
                b'\n' => self.typed.clear(),
                BACKSPACE => drop(self.typed.pop()),
                letter => self.typed.push(char::from(letter)),
            }
        }
        keys.as_bytes().to_vec()
    }

    /// The terminal receives bytes, cut anywhere.
    pub(crate) fn receive(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.rows.len() <= self.row {
                self.rows.resize(self.row + 1, Vec::new());
            }
            match (self.is_escaped, *byte) {
                (true, b'[') => {}
                (true, b'A') => (self.row, self.is_escaped) = (self.row - 1, false),
                (true, b'K') => {
                    self.rows[self.row].truncate(self.column);
                    self.is_escaped = false;
                }
                (true, other) => panic!("no sequence ends with {other}"),
                (false, 0x1B) => self.is_escaped = true,
                (false, b'\r') => self.column = 0,
                (false, b'\n') => self.row += 1,
                (false, letter) => {
                    let row = &mut self.rows[self.row];
                    assert_eq!(row.len(), self.column, "something is written over");
                    row.push(letter);
                    self.column += 1;
                }
            }
        }
    }

    /// The rows of output above the input line. Checks that the input line is whole, last, and as it was typed.
    pub(crate) fn output_rows(&self) -> Vec<String> {
        let mut rows: Vec<String> =
            self.rows.iter().map(|row| String::from_utf8_lossy(row).into_owned()).collect();
        let below = rows.split_off(rows.len().min(self.row + 1));
        assert!(below.iter().all(String::is_empty), "something is left below: {below:?}");
        if self.has_typed {
            let line = rows.split_off(rows.len().saturating_sub(rows_of(&self.typed).len()));
            assert_eq!(line, rows_of(&self.typed), "the input line, below {rows:?}");
        }
        let is_output = |row: &String| row.starts_with(['<', '+', '-']);
        assert!(
            rows.iter().all(is_output),
            "something is cut, or left of the input line: {rows:?}"
        );
        rows
    }
}
