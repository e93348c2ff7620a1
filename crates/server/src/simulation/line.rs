//! A person with `nc`, who may type anything.

use super::dice::Dice;
use super::words::{ROOMS, token_of, words_of};

/// The number of empty lines and unknown commands in one flood.
const FLOOD: usize = 15;

/// What a person with `nc` has received on this connection, in order.
#[derive(Default)]
pub(super) struct Line {
    pub(super) received: Vec<u32>,
    /// The private messages.
    pub(super) private: Vec<String>,
    /// The messages shown from history.
    pub(super) shown: Vec<u32>,
    /// The number of answered searches.
    pub(super) answered: usize,
    pub(super) has_goodbye: bool,
}

impl Line {
    /// What the person types next.
    pub(super) fn type_next(
        name: &str,
        (others, token): (&[String], u32),
        dice: &mut Dice,
        is_restless: bool,
    ) -> String {
        let (room, other) = (*dice.pick(&ROOMS), dice.pick(others));
        match dice.below(19) {
            0 => format!("/join {room}\n"),
            10 if is_restless => format!("/join {room}\n"),
            1 => "/leave\n".to_owned(),
            2 if dice.once_in(2) => format!("/nick n{token}\n"),
            2 => format!("/nick {name}\n"),
            3 => "/who\n".to_owned(),
            4 => "/search tea\n".repeat(*dice.pick(&[1, 1, 6])),
            5 => format!("/me m{token};\n"),
            6 => format!("/msg {other} t{token}\n"),
            7 if dice.once_in(8) => "/quit\n".to_owned(),
            8 => format!("half of m{token}"),
            9 => ";\n".to_owned(),
            // More than there are tokens for, all in one read.
            11 => "\n/nothing\n".repeat(FLOOD),
            12 => format!("/ignore {other}\n"),
            13 => format!("/topic m{token};\n"),
            // A line that could go on as another protocol.
            14 => "*1\r\n".to_owned(),
            _ => format!("{}\r\n", words_of(token)),
        }
    }

    /// Handles a line. Messages have a token, `m` and a number; lines of the server itself begin with a mark. Lines
    /// from history, on joining or with `/history`, begin with a time.
    pub(super) fn receive_line(&mut self, line: &str) {
        let is_topic = line.starts_with("-- ") && line.contains(" set the topic: ");
        let is_said = is_topic || line.starts_with(['<', '*']) || line.starts_with("[#");
        if let Some(token) = token_of(line).filter(|_| is_said) {
            self.received.push(token);
        }
        let is_past = line.starts_with('[') && !is_said && !line.starts_with("[private]");
        self.shown.extend(token_of(line).filter(|_| is_past));
        self.answered += usize::from(line == "-- error: history cannot be read; try again\n");
        self.has_goodbye |= line.starts_with("-- goodbye");
        if let Some((_, words)) = line.strip_prefix("[private] <").and_then(|l| l.split_once("> "))
        {
            self.private.push(words.trim_end().to_owned());
        }
    }
}
