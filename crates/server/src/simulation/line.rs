//! Somebody with `nc`, who may type anything.

use super::dice::Dice;
use super::words::{ROOMS, token_of, words_of};

/// Empty lines, and commands that are not known, said at once by who floods.
const FLOOD: usize = 15;

/// What somebody with `nc` has heard on this connection, in its order.
#[derive(Default)]
pub(super) struct Line {
    pub(super) heard: Vec<u32>,
    /// What it was told in private.
    pub(super) told: Vec<String>,
    /// What it was shown of the past.
    pub(super) shown: Vec<u32>,
    /// Searches that were answered.
    pub(super) answered: usize,
    pub(super) has_goodbye: bool,
}

impl Line {
    /// What it types next.
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
            // More than there are tokens for, all of it in one read.
            11 => "\n/nothing\n".repeat(FLOOD),
            12 => format!("/ignore {other}\n"),
            13 => format!("/topic m{token};\n"),
            // That could go on as something else.
            14 => "*1\r\n".to_owned(),
            _ => format!("{}\r\n", words_of(token)),
        }
    }

    /// Messages have a token, `m` and a number; what the server says of its own begins with a mark. A tail that is
    /// shown on coming in, and `/history`, begin with a time.
    pub(super) fn hear(&mut self, line: &str) {
        let is_topic = line.starts_with("-- ") && line.contains(" set the topic: ");
        let is_said = is_topic || line.starts_with(['<', '*']) || line.starts_with("[#");
        if let Some(token) = token_of(line).filter(|_| is_said) {
            self.heard.push(token);
        }
        let is_past = line.starts_with('[') && !is_said && !line.starts_with("[private]");
        self.shown.extend(token_of(line).filter(|_| is_past));
        self.answered += usize::from(line == "-- error: history cannot be read; try again\n");
        self.has_goodbye |= line.starts_with("-- goodbye");
        if let Some((_, words)) = line.strip_prefix("[private] <").and_then(|l| l.split_once("> "))
        {
            self.told.push(words.trim_end().to_owned());
        }
    }
}
