//! The editor: one table from commands to what they do. The doing is beside it: `editor/editing.rs`
//! changes text, `editor/recall.rs` shows sent lines and searches them, `editor/completing.rs` completes.

mod completing;
mod completion;
mod editing;
mod recall;
mod search;

use crate::cluster;
use crate::command::{Command, Outcome};
use crate::history::History;
use crate::kills::{KillRing, Side};
use crate::layout::{Frame, Layout};
use crate::limits::Limits;
use crate::line::Line;
use crate::passage::{Origin, Passage};
use crate::undo::Kind;

use completion::Completion;
use search::Search;

pub use completion::Choices;
pub use search::SearchView;

/// A line being edited, what was killed, and the lines that were sent.
#[derive(Clone, Debug)]
pub struct Editor {
    limits: Limits,
    line: Line,
    kills: KillRing,
    history: History,
    search: Option<Search>,
    completion: Option<Completion>,
    last: Last,
    /// The column that moves up and down in a row keep to.
    goal_column: Option<usize>,
}

/// What the command before was, as far as the next one goes on with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// Nothing to go on with.
    Other,
    /// A kill, to which the next is joined.
    Killed,
    /// A yank of the text killed so many kills before the newest.
    Yanked(usize),
}

impl Editor {
    /// An empty line with nothing sent yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            line: Line::default(),
            kills: KillRing::default(),
            history: History::default(),
            search: None,
            completion: None,
            last: Last::Other,
            goal_column: None,
        }
    }

    /// The text as it stands, lines separated by `\n`.
    #[must_use]
    pub fn text(&self) -> &str {
        self.line.text()
    }

    /// The text with where it came from.
    #[must_use]
    pub fn passage(&self) -> &Passage {
        self.line.passage()
    }

    /// What the person is writing: the line, or while a sent line is shown as it was sent, the line that was put
    /// aside for it.
    #[must_use]
    pub fn draft(&self) -> &Passage {
        self.history.draft(&self.line).unwrap_or_else(|| self.line.passage())
    }

    /// The last characters before the caret were pasted, though they came as keys: for terminals that say nothing
    /// of pastes.
    pub fn mark_pasted(&mut self, chars: usize) {
        let before = &self.text()[..self.caret()];
        let bytes = before.chars().rev().take(chars).map(char::len_utf8).sum();
        self.line.mark_pasted(bytes);
    }

    /// The byte of the text before which the caret stands, a boundary of clusters.
    #[must_use]
    pub fn caret(&self) -> usize {
        self.line.caret()
    }

    /// How the text stands on a screen.
    #[must_use]
    pub fn layout(&self, frame: &Frame) -> Layout<'_> {
        Layout::new(self.text(), self.caret(), frame)
    }

    /// Does what is asked.
    pub fn apply(&mut self, command: Command) -> Outcome {
        self.go_on_with(&command);
        if let Some(search) = self.search.take()
            && let Some(outcome) = self.apply_to_search(search, &command)
        {
            return outcome;
        }
        match command {
            Command::Insert(text) => self.insert(&text, Kind::Typed, Origin::Typed),
            Command::Paste(text) => self.insert(&text, Kind::Whole, Origin::Pasted),
            Command::NewLine => self.insert("\n", Kind::Whole, Origin::Typed),
            Command::Set(text) => self.set(&text),
            Command::MoveLeft => self.move_to(cluster::previous),
            Command::MoveRight => self.move_to(cluster::next),
            Command::MoveWordLeft => self.move_to(cluster::word_left),
            Command::MoveWordRight => self.move_to(cluster::word_right),
            Command::MoveHome => self.move_to(|text, at| cluster::line(text, at).start),
            Command::MoveEnd => self.move_to(|text, at| cluster::line(text, at).end),
            Command::MoveTextStart => self.line.move_to(0),
            Command::MoveTextEnd => self.move_to(|text, _| text.len()),
            Command::MoveUp => self.move_up(),
            Command::MoveDown => self.move_down(),
            Command::MoveTo(at) => self.line.move_to(at),
            Command::Backspace => self.backspace(),
            Command::Delete => self.delete(),
            Command::KillWordLeft => self.kill(cluster::word_left, Side::Left),
            Command::KillWordRight => self.kill(cluster::word_right, Side::Right),
            Command::KillToStart => self.kill(cluster::start_or_line_before, Side::Left),
            Command::KillToEnd => self.kill(cluster::end_or_line_after, Side::Right),
            Command::Clear => self.clear(),
            Command::Yank => self.yank(),
            Command::YankPop => self.yank_pop(),
            Command::Transpose => self.transpose(),
            Command::Undo => self.line.undo(),
            Command::Redo => self.line.redo(),
            Command::Older => self.show_older(),
            Command::Newer => self.show_newer(),
            Command::UpOrOlder => self.up_or_older(),
            Command::DownOrNewer => self.down_or_newer(),
            Command::SearchOlder | Command::SearchNewer => self.begin_search(),
            Command::SearchAccept | Command::SearchCancel => Outcome::Nothing,
        }
    }

    /// Ends what this command does not go on with: a row of kills, of typing, of moves up and down, or a
    /// walk through candidates.
    fn go_on_with(&mut self, command: &Command) {
        use Command as C;
        self.completion = None;
        if !matches!(command, C::Insert(_) | C::Backspace | C::Delete) {
            self.line.close_group();
        }
        if !matches!(command, C::MoveUp | C::MoveDown | C::UpOrOlder | C::DownOrNewer) {
            self.goal_column = None;
        }
        let goes_on = match self.last {
            Last::Other => true,
            Last::Yanked(_) => matches!(command, C::YankPop),
            Last::Killed => matches!(
                command,
                C::KillWordLeft | C::KillWordRight | C::KillToStart | C::KillToEnd | C::Clear
            ),
        };
        if !goes_on {
            self.last = Last::Other;
        }
    }

    /// Takes the text out and begins an empty line; whether it is remembered is the caller's affair. A
    /// draft that was put aside for a sent line can be yanked.
    #[must_use = "this is what the person typed"]
    pub fn take(&mut self) -> String {
        if let Some(draft) = self.history.leave().filter(|draft| !draft.text().is_empty()) {
            self.kills.push(draft.into_passage(), &self.limits);
        }
        self.begin_anew().into_text()
    }

    /// Takes [`Editor::draft`] out and begins an empty line, to be put in again with [`Editor::put_in`].
    #[must_use = "this is what the person typed"]
    pub fn take_out(&mut self) -> Passage {
        let draft = self.draft().clone();
        drop(self.history.leave());
        drop(self.begin_anew());
        draft
    }

    /// Puts a draft that was taken out in the place of the line, with the caret at its end. What was taken out of
    /// one editor fits into another with the same limits.
    pub fn put_in(&mut self, draft: Passage) {
        drop(self.history.leave());
        drop(self.begin_anew());
        self.line = Line::of(draft);
    }

    fn begin_anew(&mut self) -> Passage {
        self.search = None;
        self.completion = None;
        self.goal_column = None;
        self.last = Last::Other;
        std::mem::take(&mut self.line).into_passage()
    }

    /// [`Editor::take`], and remembers the text as sent.
    #[must_use = "this is what the person typed"]
    pub fn send(&mut self) -> String {
        let text = self.take();
        self.remember(&text);
        text
    }

    /// Adds a sent line to the history, unless it is empty or the same as the newest.
    pub fn remember(&mut self, text: &str) {
        self.history.remember(text, &self.limits);
    }

    /// The sent lines, oldest first, for keeping.
    #[must_use]
    pub fn history(&self) -> Vec<String> {
        self.history.entries().map(str::to_owned).collect()
    }

    /// Makes these the sent lines, oldest first; of too many, the newest.
    pub fn set_history<S: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = S>) {
        self.history.forget_all();
        lines.into_iter().for_each(|line| self.remember(line.as_ref()));
    }
}

impl Default for Editor {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}
