//! The editor: one table that dispatches the commands. `editor/editing.rs` changes text, `editor/recall.rs` shows sent
//! lines and searches them, `editor/completing.rs` completes words.

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

/// The line being edited, the killed texts, and the sent lines.
#[derive(Clone, Debug)]
pub struct Editor {
    limits: Limits,
    line: Line,
    kills: KillRing,
    history: History,
    search: Option<Search>,
    completion: Option<Completion>,
    last: Last,
    /// The column that consecutive moves up and down return to.
    goal_column: Option<usize>,
}

/// The previous command, if the next one can continue it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// A command that cannot be continued.
    Other,
    /// A kill, to which the next kill is joined.
    Killed,
    /// A yank of the text that was killed this many kills before the newest.
    Yanked(usize),
}

impl Editor {
    /// An editor with an empty line and no sent lines.
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

    /// The text of the line; lines of text are separated by `\n`.
    #[must_use]
    pub fn text(&self) -> &str {
        self.line.text()
    }

    /// The text of the line with its origin.
    #[must_use]
    pub fn passage(&self) -> &Passage {
        self.line.passage()
    }

    /// What the person is writing: the line; while an unchanged sent line is shown, the line that was put aside for it.
    #[must_use]
    pub fn draft(&self) -> &Passage {
        self.history.draft(&self.line).unwrap_or_else(|| self.line.passage())
    }

    /// Marks the last characters before the caret as pasted, although they came as keys: for terminals without
    /// bracketed paste.
    pub fn mark_pasted(&mut self, chars: usize) {
        let before = &self.text()[..self.caret()];
        let bytes = before.chars().rev().take(chars).map(char::len_utf8).sum();
        self.line.mark_pasted(bytes);
    }

    /// The byte of the text before which the caret is, a boundary of clusters.
    #[must_use]
    pub fn caret(&self) -> usize {
        self.line.caret()
    }

    /// The layout of the text on a screen.
    #[must_use]
    pub fn layout(&self, frame: &Frame) -> Layout<'_> {
        Layout::new(self.text(), self.caret(), frame)
    }

    /// Applies a command.
    pub fn apply(&mut self, command: Command) -> Outcome {
        self.end_sequences(&command);
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

    /// Ends the sequences that this command does not continue: of kills, of typing, of moves up and down, and of
    /// candidates.
    fn end_sequences(&mut self, command: &Command) {
        use Command as C;
        self.completion = None;
        if !matches!(command, C::Insert(_) | C::Backspace | C::Delete) {
            self.line.close_group();
        }
        if !matches!(command, C::MoveUp | C::MoveDown | C::UpOrOlder | C::DownOrNewer) {
            self.goal_column = None;
        }
        let continues = match self.last {
            Last::Other => true,
            Last::Yanked(_) => matches!(command, C::YankPop),
            Last::Killed => matches!(
                command,
                C::KillWordLeft | C::KillWordRight | C::KillToStart | C::KillToEnd | C::Clear
            ),
        };
        if !continues {
            self.last = Last::Other;
        }
    }

    /// Takes the text out and begins an empty line. The caller decides whether to remember the text. A draft that was
    /// put aside for a sent line can be yanked.
    #[must_use = "this is what the person typed"]
    pub fn take(&mut self) -> String {
        if let Some(draft) = self.history.leave().filter(|draft| !draft.text().is_empty()) {
            self.kills.push(draft.into_passage(), &self.limits);
        }
        self.start_empty_line().into_text()
    }

    /// Takes [`Editor::draft`] out and begins an empty line; [`Editor::put_in`] puts it in again.
    #[must_use = "this is what the person typed"]
    pub fn take_out(&mut self) -> Passage {
        let draft = self.draft().clone();
        drop(self.history.leave());
        drop(self.start_empty_line());
        draft
    }

    /// Replaces the line by a draft that was taken out, with the caret at its end. A draft of one editor fits into
    /// another with the same limits.
    pub fn put_in(&mut self, draft: Passage) {
        drop(self.history.leave());
        drop(self.start_empty_line());
        self.line = Line::of(draft);
    }

    fn start_empty_line(&mut self) -> Passage {
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

    /// The sent lines, oldest first, to be stored.
    #[must_use]
    pub fn history(&self) -> Vec<String> {
        self.history.entries().map(str::to_owned).collect()
    }

    /// Replaces the sent lines, oldest first; of too many lines the newest are kept.
    pub fn set_history<S: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = S>) {
        self.history.clear();
        lines.into_iter().for_each(|line| self.remember(line.as_ref()));
    }
}

impl Default for Editor {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}
