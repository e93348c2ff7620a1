//! What the word before the caret may be completed to: nicks, rooms and commands.

use teahouse_editor::Candidate;

use super::Model;
use crate::command::VERBS;

/// Everything that words can be completed to here.
pub(super) struct Words {
    commands: Vec<&'static str>,
    rooms: Vec<String>,
    /// Who spoke last comes first.
    nicks: Vec<String>,
}

impl Words {
    /// The candidates for a word. A command stands only at the front, a room has its `#`.
    pub(super) fn matching(&self, word: &str, is_first: bool) -> Vec<Candidate> {
        let wanted = word.to_lowercase();
        if let Some(command) = wanted.strip_prefix('/') {
            let fitting = self.commands.iter().filter(|name| is_first && name.starts_with(command));
            return fitting.map(|name| candidate(format!("/{name}"), " ")).collect();
        }
        if let Some(room) = wanted.strip_prefix('#') {
            let fitting = self.rooms.iter().filter(|name| name.starts_with(room));
            return fitting.map(|name| candidate(format!("#{name}"), " ")).collect();
        }
        let (at, wanted) = match wanted.strip_prefix('@') {
            Some(rest) => ("@", rest),
            None => ("", wanted.as_str()),
        };
        if wanted.is_empty() && at.is_empty() && !is_first {
            return Vec::new();
        }
        let fitting = self.nicks.iter().filter(|nick| nick.to_lowercase().starts_with(wanted));
        let suffix = if is_first && at.is_empty() { ": " } else { " " };
        fitting.map(|nick| candidate(format!("{at}{nick}"), suffix)).collect()
    }
}

fn candidate(word: String, suffix: &str) -> Candidate {
    Candidate { word, suffix: suffix.to_owned() }
}

impl Model {
    pub(super) fn words_to_complete(&self) -> Words {
        let talk = self.talk();
        let mut nicks: Vec<String> = talk.speakers().into_iter().map(str::to_owned).collect();
        for nick in talk.members.nicks() {
            let is_me = self.me.as_ref() == Some(nick);
            if !is_me && !nicks.iter().any(|known| known == nick.as_str()) {
                nicks.push(nick.as_str().to_owned());
            }
        }
        let rooms = self.talks.iter().filter_map(|talk| talk.with.room());
        Words {
            commands: if self.is_line_server() {
                Vec::new()
            } else {
                VERBS.iter().map(|verb| verb.name).collect()
            },
            rooms: rooms.map(|room| room.as_str().to_owned()).collect(),
            nicks,
        }
    }
}
