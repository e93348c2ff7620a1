//! One line being edited: its text, its caret and its undo. Every change is one [`Line::splice`], which enforces the
//! limits and puts the caret on a boundary of clusters.

use std::ops::Range;

use crate::command::{Full, Outcome};
use crate::limits::Limits;
use crate::passage::{Origin, Passage};
use crate::undo::{Edit, Kind, UndoLog};
use crate::{cluster, columns};

#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    passage: Passage,
    caret: usize,
    undo: UndoLog,
}

impl Line {
    /// A line with nothing to undo and its caret at the end.
    pub(crate) fn new(text: &str) -> Self {
        Self::of(Passage::new(text, Origin::Typed))
    }

    /// The same, for a text with known origins.
    pub(crate) fn of(passage: Passage) -> Self {
        Self { caret: passage.len(), passage, undo: UndoLog::default() }
    }

    pub(crate) fn text(&self) -> &str {
        self.passage.text()
    }

    pub(crate) fn passage(&self) -> &Passage {
        &self.passage
    }

    pub(crate) fn caret(&self) -> usize {
        self.caret
    }

    pub(crate) fn into_passage(self) -> Passage {
        self.passage
    }

    /// The line of text around the caret.
    pub(crate) fn around(&self) -> Range<usize> {
        cluster::line(self.text(), self.caret)
    }

    /// Replaces `range`, which begins and ends on boundaries, by `inserted`.
    pub(crate) fn splice(
        &mut self,
        range: Range<usize>,
        inserted: &Passage,
        kind: Kind,
        limits: &Limits,
    ) -> Outcome {
        if range.is_empty() && inserted.is_empty() {
            return Outcome::Nothing;
        }
        if let Some(full) = self.exceeded_limit(&range, inserted.text(), limits) {
            return Outcome::Full(full);
        }
        let caret_before = self.caret;
        let removed = self.passage.part(range.clone());
        self.passage.replace(range.clone(), inserted);
        self.place_caret(range.start + inserted.len());
        let edit = Edit {
            kind,
            at: range.start,
            removed,
            inserted: inserted.clone(),
            caret_before,
            caret_after: self.caret,
        };
        self.undo.record(edit, limits.undo_bytes_max);
        Outcome::Changed
    }

    /// Marks the last bytes before the caret as pasted, although they came as keys.
    pub(crate) fn mark_pasted(&mut self, bytes: usize) {
        self.passage.mark_pasted(self.caret.saturating_sub(bytes)..self.caret);
        self.undo.mark_pasted(&self.passage);
    }

    /// The limit that a change would exceed. A change that makes the text shorter exceeds none.
    fn exceeded_limit(
        &self,
        range: &Range<usize>,
        inserted: &str,
        limits: &Limits,
    ) -> Option<Full> {
        let removed = &self.text()[range.clone()];
        let bytes = self.text().len() - removed.len() + inserted.len();
        if bytes > self.text().len() && bytes > limits.text_bytes_max {
            return Some(Full::Bytes { bytes, max: limits.text_bytes_max });
        }
        let more = inserted.matches('\n').count();
        let fewer = removed.matches('\n').count();
        if more <= fewer {
            return None;
        }
        let lines = self.text().matches('\n').count() + 1 + more - fewer;
        let is_full = lines > limits.text_lines_max;
        is_full.then_some(Full::Lines { lines, max: limits.text_lines_max })
    }

    pub(crate) fn move_to(&mut self, at: usize) -> Outcome {
        let before = self.caret;
        self.place_caret(at);
        if self.caret == before { Outcome::Nothing } else { Outcome::Moved }
    }

    /// Puts the caret at a byte of the text, or at the next boundary after it.
    pub(crate) fn place_caret(&mut self, at: usize) {
        self.caret = cluster::ceil(self.passage.text(), at);
    }

    /// The column of the caret in its line of text.
    pub(crate) fn column(&self) -> usize {
        columns::width(&self.text()[self.around().start..self.caret])
    }

    /// The byte at this column in the line of text above.
    pub(crate) fn above(&self, column: usize) -> Option<usize> {
        let end = self.around().start.checked_sub(1)?;
        let line = cluster::line(self.text(), end);
        Some(line.start + columns::index_at(&self.text()[line], column))
    }

    /// The byte at this column in the line of text below.
    pub(crate) fn below(&self, column: usize) -> Option<usize> {
        let start = self.around().end + 1;
        if start > self.text().len() {
            return None;
        }
        let line = cluster::line(self.text(), start);
        Some(line.start + columns::index_at(&self.text()[line], column))
    }

    /// Ends the group of edits that are undone together.
    pub(crate) fn close_group(&mut self) {
        self.undo.close();
    }

    pub(crate) fn undo(&mut self) -> Outcome {
        let Some(edit) = self.undo.undo() else { return Outcome::Nothing };
        self.passage.replace(edit.at..edit.at + edit.inserted.len(), &edit.removed);
        self.caret = edit.caret_before;
        Outcome::Changed
    }

    pub(crate) fn redo(&mut self) -> Outcome {
        let Some(edit) = self.undo.redo() else { return Outcome::Nothing };
        self.passage.replace(edit.at..edit.at + edit.removed.len(), &edit.inserted);
        self.caret = edit.caret_after;
        Outcome::Changed
    }
}
