//! The edits of one line, which can be undone and redone. Bounded in bytes: the oldest edits are evicted first.

use std::collections::VecDeque;

use crate::passage::Passage;

/// The most bytes of typing that are undone at once: about a phrase, for scripts without spaces.
const GROUP_BYTES_MAX: usize = 48;

/// The bytes of an edit without its texts.
const EDIT_BYTES: usize = size_of::<Edit>();

/// The kind of an edit: which edits are undone together with the previous one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Typed characters, word by word.
    Typed,
    /// Clusters deleted before the caret.
    Backspaced,
    /// Clusters deleted after the caret.
    Deleted,
    /// An edit that is undone by itself.
    Whole,
}

/// An edit that replaced `removed` by `inserted` at byte `at`.
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
    /// Whether the next edit may be merged into the latest.
    is_open: bool,
}

impl UndoLog {
    /// Records an edit. Edits that were undone before can no longer be redone.
    pub(crate) fn record(&mut self, edit: Edit, bytes_max: usize) {
        let dropped: usize = self.undone.drain(..).map(|edit| edit.bytes()).sum();
        self.bytes = self.bytes - dropped + edit.removed.len() + edit.inserted.len();
        let last = self.done.back_mut().filter(|last| self.is_open && last.can_merge(&edit));
        if let Some(last) = last {
            last.merge(edit);
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

    /// Ends the group: the next edit is not merged into the latest.
    pub(crate) fn close(&mut self) {
        self.is_open = false;
    }

    /// Takes the origins of the text that the latest edit inserted from `line`.
    pub(crate) fn mark_pasted(&mut self, line: &Passage) {
        if let Some(last) = self.done.back_mut() {
            last.inserted = line.part(last.at..last.at + last.inserted.len());
        }
    }

    /// The edit to undo.
    pub(crate) fn undo(&mut self) -> Option<&Edit> {
        self.close();
        let edit = self.done.pop_back()?;
        self.undone.push(edit);
        self.undone.last()
    }

    /// The edit to redo.
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

    fn can_merge(&self, next: &Self) -> bool {
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

    fn merge(&mut self, next: Self) {
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
    fn the_oldest_edits_are_evicted_when_there_are_too_many_bytes() {
        let mut log = UndoLog::default();
        for at in 0..10 {
            log.close();
            log.record(typed(at, "x"), 3 * (EDIT_BYTES + 1));
        }
        let kept = std::iter::from_fn(|| log.undo().map(|edit| edit.at)).collect::<Vec<_>>();
        assert_eq!(kept, [9, 8, 7]);
    }

    #[test]
    fn edits_that_can_be_redone_count_and_dropped_edits_do_not() {
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
