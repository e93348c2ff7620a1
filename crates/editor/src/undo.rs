//! What was done to one line, so that it can be taken back and done again. Bounded in bytes: the oldest
//! edits go first.

use std::collections::VecDeque;

use crate::passage::Passage;

/// Bytes of typing that are undone at once at most: about a phrase, for writing without spaces.
const GROUP_BYTES_MAX: usize = 48;

/// Bytes an edit costs beside its texts.
const EDIT_BYTES: usize = size_of::<Edit>();

/// Which edits may be undone together with the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Typed characters, word by word.
    Typed,
    /// Clusters taken out before the caret.
    Backspaced,
    /// Clusters taken out after the caret.
    Deleted,
    /// Stands alone.
    Whole,
}

/// At byte `at`, `removed` made way for `inserted`.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) kind: Kind,
    pub(crate) at: usize,
    pub(crate) removed: Passage,
    pub(crate) inserted: Passage,
    pub(crate) caret_before: usize,
    pub(crate) caret_after: usize,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct UndoLog {
    done: VecDeque<Edit>,
    undone: Vec<Edit>,
    bytes: usize,
    /// The latest edit may still take in the next.
    is_open: bool,
}

impl UndoLog {
    /// Takes an edit that was made. What was undone before is gone with it.
    pub(crate) fn record(&mut self, edit: Edit, bytes_max: usize) {
        let gone: usize = self.undone.drain(..).map(|edit| edit.bytes()).sum();
        self.bytes = self.bytes - gone + edit.removed.len() + edit.inserted.len();
        let last = self.done.back_mut().filter(|last| self.is_open && last.may_take_in(&edit));
        if let Some(last) = last {
            last.take_in(edit);
        } else {
            self.bytes += EDIT_BYTES;
            self.done.push_back(edit);
        }
        self.is_open = true;
        while self.bytes > bytes_max {
            let Some(oldest) = self.done.pop_front() else { break };
            self.bytes -= oldest.bytes();
        }
    }

    /// The next edit begins a group of its own.
    pub(crate) fn close(&mut self) {
        self.is_open = false;
    }

    /// These bytes of `line`, which the latest edit put there, were pasted.
    pub(crate) fn mark_pasted(&mut self, line: &Passage) {
        if let Some(last) = self.done.back_mut() {
            last.inserted = line.part(last.at..last.at + last.inserted.len());
        }
    }

    /// The edit to take back.
    pub(crate) fn undo(&mut self) -> Option<&Edit> {
        self.close();
        let edit = self.done.pop_back()?;
        self.undone.push(edit);
        self.undone.last()
    }

    /// The edit to make again.
    pub(crate) fn redo(&mut self) -> Option<&Edit> {
        self.close();
        let edit = self.undone.pop()?;
        self.done.push_back(edit);
        self.done.back()
    }
}

impl Edit {
    fn bytes(&self) -> usize {
        self.removed.len() + self.inserted.len() + EDIT_BYTES
    }

    fn may_take_in(&self, next: &Self) -> bool {
        self.kind == next.kind
            && match self.kind {
                Kind::Typed => self.at + self.inserted.len() == next.at && self.is_one_word(next),
                Kind::Backspaced => next.at + next.removed.len() == self.at,
                Kind::Deleted => next.at == self.at,
                Kind::Whole => false,
            }
    }

    fn is_one_word(&self, next: &Self) -> bool {
        let begins_word = self.inserted.text().ends_with(char::is_whitespace)
            && !next.inserted.text().starts_with(char::is_whitespace);
        !begins_word && self.inserted.len() < GROUP_BYTES_MAX
    }

    fn take_in(&mut self, next: Self) {
        self.at = self.at.min(next.at);
        self.inserted.push(&next.inserted);
        match self.kind {
            Kind::Backspaced => self.removed.replace(0..0, &next.removed),
            Kind::Deleted | Kind::Typed | Kind::Whole => self.removed.push(&next.removed),
        }
        self.caret_after = next.caret_after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(at: usize, text: &str) -> Edit {
        Edit {
            kind: Kind::Typed,
            at,
            removed: Passage::default(),
            inserted: Passage::new(text, crate::passage::Origin::Typed),
            caret_before: at,
            caret_after: at + text.len(),
        }
    }

    #[test]
    fn the_oldest_edits_go_when_there_are_too_many_bytes() {
        let mut log = UndoLog::default();
        for at in 0..10 {
            log.close();
            log.record(typed(at, "x"), 3 * (EDIT_BYTES + 1));
        }
        let kept = std::iter::from_fn(|| log.undo().map(|edit| edit.at)).collect::<Vec<_>>();
        assert_eq!(kept, [9, 8, 7]);
    }

    #[test]
    fn bytes_are_counted_for_what_can_be_redone_and_given_back_when_it_cannot() {
        let mut log = UndoLog::default();
        log.record(typed(0, "abc"), 10_000);
        assert!(log.undo().is_some());
        assert_eq!(log.bytes, EDIT_BYTES + 3);
        log.record(typed(0, "x"), 10_000);
        assert_eq!(log.bytes, EDIT_BYTES + 1);
        assert!(log.redo().is_none());
    }

    #[test]
    fn typing_without_spaces_is_undone_in_phrases() {
        let mut log = UndoLog::default();
        for index in 0..40 {
            log.record(typed(index * 3, "茶"), 10_000);
        }
        let last = log.undo().map(|edit| edit.inserted.text().chars().count());
        assert_eq!(last, Some(8));
        assert_eq!(log.undo().map(|edit| edit.inserted.len()), Some(GROUP_BYTES_MAX));
    }
}
