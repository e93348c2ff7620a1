//! Commands that show sent lines: one by one, and by searching.

use super::Editor;
use super::search::{Search, SearchView};
use crate::command::{Command, Full, Outcome};
use crate::harmless::harmless;
use crate::history::History;
use crate::{cluster, limits::Limits};

/// [`History::find_older`] or [`History::find_newer`].
type Find = fn(&History, &str, Option<usize>, Option<&str>) -> Option<(usize, usize)>;

impl Editor {
    /// The current search.
    #[must_use]
    pub fn search(&self) -> Option<SearchView<'_>> {
        let search = self.search.as_ref()?;
        Some(SearchView { pattern: &search.pattern, is_found: search.is_found })
    }

    pub(super) fn show_older(&mut self) -> Outcome {
        let Some(number) = self.history.older() else { return Outcome::Nothing };
        self.history.show(Some(number), &mut self.line, &self.limits);
        Outcome::Changed
    }

    pub(super) fn show_newer(&mut self) -> Outcome {
        let Some(number) = self.history.newer() else { return Outcome::Nothing };
        self.history.show(number, &mut self.line, &self.limits);
        Outcome::Changed
    }

    pub(super) fn up_or_older(&mut self) -> Outcome {
        if self.line.around().start > 0 {
            return self.move_up();
        }
        self.goal_column = None;
        self.show_older()
    }

    pub(super) fn down_or_newer(&mut self) -> Outcome {
        if self.line.around().end < self.line.text().len() {
            return self.move_down();
        }
        self.goal_column = None;
        self.show_newer()
    }

    pub(super) fn begin_search(&mut self) -> Outcome {
        let origin = (self.history.shown(), self.line.caret());
        self.search = Some(Search { pattern: String::new(), is_found: true, origin });
        Outcome::Changed
    }

    /// Applies a command to the current search. Returns `None` and ends the search if the command is for the line
    /// that was found.
    pub(super) fn apply_to_search(
        &mut self,
        mut search: Search,
        command: &Command,
    ) -> Option<Outcome> {
        if matches!(command, Command::SearchAccept) {
            return Some(Outcome::Changed);
        }
        if matches!(command, Command::SearchCancel) {
            self.show_origin(&search);
            return Some(Outcome::Changed);
        }
        let outcome = if let Command::Insert(text) | Command::Paste(text) = command {
            self.lengthen_pattern(&mut search, text)
        } else if matches!(command, Command::Backspace) {
            self.shorten_pattern(&mut search)
        } else if matches!(command, Command::SearchOlder) {
            self.find_next(&mut search, History::find_older)
        } else if matches!(command, Command::SearchNewer) {
            self.find_next(&mut search, History::find_newer)
        } else {
            return None;
        };
        self.search = Some(search);
        Some(outcome)
    }

    fn lengthen_pattern(&mut self, search: &mut Search, text: &str) -> Outcome {
        let more = harmless(text).replace('\n', " ");
        let bytes = search.pattern.len() + more.len();
        if bytes > Limits::SEARCH_BYTES_MAX {
            return Outcome::Full(Full::Search { bytes, max: Limits::SEARCH_BYTES_MAX });
        }
        if more.is_empty() {
            return Outcome::Nothing;
        }
        search.pattern.push_str(&more);
        let end = self.history.shown().map(|shown| shown + 1);
        let found = self.history.find_older(&search.pattern, end, None);
        self.show_found(search, found)
    }

    fn shorten_pattern(&mut self, search: &mut Search) -> Outcome {
        if search.pattern.is_empty() {
            return Outcome::Nothing;
        }
        search.pattern.truncate(cluster::previous(&search.pattern, search.pattern.len()));
        if search.pattern.is_empty() {
            self.show_origin(search);
            search.is_found = true;
            return Outcome::Changed;
        }
        let found = self.history.find_older(&search.pattern, None, None);
        self.show_found(search, found)
    }

    fn find_next(&mut self, search: &mut Search, find: Find) -> Outcome {
        if search.pattern.is_empty() {
            return Outcome::Nothing;
        }
        let except = search.is_found.then_some(self.line.text());
        let found = find(&self.history, &search.pattern, self.history.shown(), except);
        self.show_found(search, found)
    }

    fn show_found(&mut self, search: &mut Search, found: Option<(usize, usize)>) -> Outcome {
        let Some((number, at)) = found else {
            search.is_found = false;
            return Outcome::NotFound;
        };
        self.show(Some(number), at);
        search.is_found = true;
        Outcome::Changed
    }

    fn show_origin(&mut self, search: &Search) {
        let (number, caret) = search.origin;
        self.show(number, caret);
    }

    fn show(&mut self, number: Option<usize>, caret: usize) {
        if number != self.history.shown() {
            self.history.show(number, &mut self.line, &self.limits);
        }
        self.line.place_caret(caret);
    }
}
