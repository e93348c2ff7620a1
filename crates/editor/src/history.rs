//! The sent lines, oldest first, and which of them is shown. Each has a number that stays the same when older ones
//! are evicted.

use std::collections::VecDeque;

use crate::harmless::harmless;
use crate::limits::Limits;
use crate::line::Line;
use crate::passage::Passage;

#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    entries: VecDeque<String>,
    /// The number of the oldest entry.
    first: usize,
    bytes: usize,
    /// The number of the entry that is shown; `None` for the draft.
    shown: Option<usize>,
    /// The draft (`None`) and the changed entries, while another entry is shown.
    aside: Vec<(Option<usize>, Line)>,
}

impl History {
    /// Adds a sent line, unless it is empty, equal to the newest, or longer than a text may be.
    pub(crate) fn remember(&mut self, text: &str, limits: &Limits) {
        let text = harmless(text);
        let is_new = self.entries.back().is_none_or(|newest| *newest != text);
        let is_too_long = text.len() > limits.text_bytes_max
            || text.matches('\n').count() >= limits.text_lines_max;
        if text.is_empty() || is_too_long || !is_new {
            return;
        }
        self.bytes += text.len();
        self.entries.push_back(text.into_owned());
        while self.entries.len() > limits.history_entries_max
            || self.bytes > limits.history_bytes_max
        {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.len();
            self.first += 1;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.first = self.end();
        self.entries.clear();
        self.bytes = 0;
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(String::as_str)
    }

    pub(crate) fn shown(&self) -> Option<usize> {
        self.shown
    }

    /// The draft that was put aside, while `line` shows an unchanged sent line.
    pub(crate) fn draft(&self, line: &Line) -> Option<&Passage> {
        let is_unchanged = self.shown.is_some_and(|shown| self.entry(shown) == Some(line.text()));
        let draft = self.aside.iter().find(|(number, _)| number.is_none());
        draft.filter(|_| is_unchanged).map(|(_, line)| line.passage())
    }

    fn end(&self) -> usize {
        self.first + self.entries.len()
    }

    fn entry(&self, number: usize) -> Option<&str> {
        self.entries.get(number.checked_sub(self.first)?).map(String::as_str)
    }

    /// The number of the entry before the one shown.
    pub(crate) fn older(&self) -> Option<usize> {
        let number = self.shown.unwrap_or(self.end()).checked_sub(1)?;
        (number >= self.first).then_some(number)
    }

    /// The number of the entry after the one shown; `Some(None)` for the draft.
    pub(crate) fn newer(&self) -> Option<Option<usize>> {
        let number = (self.shown? + 1).max(self.first);
        Some((number < self.end()).then_some(number))
    }

    /// Shows an entry or the draft in `line`, and puts the previous content of `line` aside unless it is an unchanged
    /// sent line.
    pub(crate) fn show(&mut self, number: Option<usize>, line: &mut Line, limits: &Limits) {
        let is_unchanged = self.shown.is_some_and(|shown| self.entry(shown) == Some(line.text()));
        let found = self.aside.iter().position(|(aside, _)| *aside == number);
        let next = match (found, number) {
            (Some(index), _) => self.aside.remove(index).1,
            (None, Some(number)) => Line::new(self.entry(number).unwrap_or_default()),
            (None, None) => Line::default(),
        };
        let before = std::mem::replace(line, next);
        if !is_unchanged {
            self.put_aside(before, limits);
        }
        self.shown = number;
    }

    fn put_aside(&mut self, line: Line, limits: &Limits) {
        self.aside.push((self.shown, line));
        let changed = self.aside.iter().filter(|(number, _)| number.is_some()).count();
        if changed > limits.changed_lines_max {
            let oldest = self.aside.iter().position(|(number, _)| number.is_some());
            oldest.map(|oldest| self.aside.remove(oldest));
        }
    }

    /// Shows no entry: the next line is a new draft. Returns the draft that was put aside.
    pub(crate) fn leave(&mut self) -> Option<Line> {
        self.shown = None;
        let draft = self.aside.iter().position(|(number, _)| number.is_none());
        let draft = draft.map(|draft| self.aside.swap_remove(draft).1);
        self.aside.clear();
        draft
    }

    /// The newest entry before the number `before` (`None`: of all entries) that contains `pattern` and is not equal
    /// to `except`, and the byte of the match.
    pub(crate) fn find_older(
        &self,
        pattern: &str,
        before: Option<usize>,
        except: Option<&str>,
    ) -> Option<(usize, usize)> {
        let end = before.unwrap_or(self.end());
        let numbers = self.first..end.clamp(self.first, self.end());
        numbers.rev().find_map(|number| self.matches(pattern, number, except))
    }

    /// The oldest entry after the number `after`, likewise.
    pub(crate) fn find_newer(
        &self,
        pattern: &str,
        after: Option<usize>,
        except: Option<&str>,
    ) -> Option<(usize, usize)> {
        let numbers = (after? + 1).max(self.first)..self.end();
        { numbers }.find_map(|number| self.matches(pattern, number, except))
    }

    fn matches(
        &self,
        pattern: &str,
        number: usize,
        except: Option<&str>,
    ) -> Option<(usize, usize)> {
        let entry = self.entry(number).filter(|entry| except != Some(*entry))?;
        Some((number, find_last(entry, pattern)?))
    }
}

/// The byte of the last match of `pattern` in `text`, regardless of case.
fn find_last(text: &str, pattern: &str) -> Option<usize> {
    let fold = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
    let pattern = fold(pattern);
    let is_match = |at: usize| {
        let mut rest = text[at..].chars().flat_map(char::to_lowercase);
        pattern.chars().all(|wanted| rest.next() == Some(wanted))
    };
    text.char_indices().rev().map(|(at, _)| at).find(|at| is_match(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(lines: &[&str], limits: &Limits) -> History {
        let mut history = History::default();
        lines.iter().for_each(|line| history.remember(line, limits));
        history
    }

    fn entries(history: &History) -> Vec<&str> {
        history.entries().collect()
    }

    #[test]
    fn empty_lines_and_repetitions_are_not_remembered() {
        let history = history(&["a", "", "a", "b", "a"], &Limits::default());
        assert_eq!(entries(&history), ["a", "b", "a"]);
    }

    #[test]
    fn the_oldest_lines_are_evicted_by_number_and_by_bytes() {
        let limits = Limits { history_entries_max: 2, history_bytes_max: 5, ..Limits::default() };
        assert_eq!(entries(&history(&["a", "b", "c"], &limits)), ["b", "c"]);
        assert_eq!(entries(&history(&["a", "bb", "cccc"], &limits)), ["cccc"]);
    }

    #[test]
    fn numbers_stay_the_same_when_older_lines_are_evicted() {
        let limits = Limits { history_entries_max: 2, ..Limits::default() };
        let mut history = history(&["a", "b"], &limits);
        let mut line = Line::default();
        history.show(history.older(), &mut line, &limits);
        assert_eq!(line.text(), "b");
        history.remember("c", &limits);
        assert_eq!(history.older(), None);
        assert_eq!(history.newer(), Some(Some(2)));
    }

    #[test]
    fn a_search_ignores_case() {
        assert_eq!(find_last("Grüße an GRÜSSE", "grüß"), Some(0));
        assert_eq!(find_last("tea Tea", "TEA"), Some(4));
        assert_eq!(find_last("喝茶吗", "茶"), Some(3));
        assert_eq!(find_last("tea", "x"), None);
    }
}
