//! Commands that change the text or move the caret in it.

use std::ops::Range;

use super::{Editor, Last};
use crate::cluster;
use crate::columns::expand_tabs;
use crate::command::Outcome;
use crate::harmless::harmless;
use crate::kills::Side;
use crate::passage::{Origin, Passage};
use crate::undo::Kind;

impl Editor {
    pub(super) fn insert(&mut self, text: &str, kind: Kind, origin: Origin) -> Outcome {
        let caret = self.line.caret();
        let text = match origin {
            Origin::Pasted => expand_tabs(text, self.line.column()),
            Origin::Typed => text.into(),
        };
        let passage = Passage::new(harmless(&text), origin);
        self.line.splice(caret..caret, &passage, kind, &self.limits)
    }

    pub(super) fn set(&mut self, text: &str) -> Outcome {
        let all = 0..self.line.text().len();
        self.put(all, &harmless(text))
    }

    /// Replaces these bytes by a text of the program.
    pub(super) fn put(&mut self, range: Range<usize>, text: &str) -> Outcome {
        let passage = Passage::new(text, Origin::Typed);
        self.line.splice(range, &passage, Kind::Whole, &self.limits)
    }

    pub(super) fn move_to(&mut self, target: impl Fn(&str, usize) -> usize) -> Outcome {
        let at = target(self.line.text(), self.line.caret());
        self.line.move_to(at)
    }

    pub(super) fn move_up(&mut self) -> Outcome {
        let column = self.goal_column();
        self.line.above(column).map_or(Outcome::Nothing, |at| self.line.move_to(at))
    }

    pub(super) fn move_down(&mut self) -> Outcome {
        let column = self.goal_column();
        self.line.below(column).map_or(Outcome::Nothing, |at| self.line.move_to(at))
    }

    fn goal_column(&mut self) -> usize {
        *self.goal_column.get_or_insert_with(|| self.line.column())
    }

    pub(super) fn backspace(&mut self) -> Outcome {
        let caret = self.line.caret();
        let start = cluster::previous(self.line.text(), caret);
        self.line.splice(start..caret, &Passage::default(), Kind::Backspaced, &self.limits)
    }

    pub(super) fn delete(&mut self) -> Outcome {
        let caret = self.line.caret();
        let end = cluster::next(self.line.text(), caret);
        self.line.splice(caret..end, &Passage::default(), Kind::Deleted, &self.limits)
    }

    pub(super) fn kill(&mut self, target: fn(&str, usize) -> usize, side: Side) -> Outcome {
        let caret = self.line.caret();
        let at = target(self.line.text(), caret);
        self.kill_range(at.min(caret)..at.max(caret), side)
    }

    pub(super) fn clear(&mut self) -> Outcome {
        self.kill_range(0..self.line.text().len(), Side::Right)
    }

    fn kill_range(&mut self, range: Range<usize>, side: Side) -> Outcome {
        if range.is_empty() {
            return Outcome::Nothing;
        }
        let text = self.line.passage().part(range.clone());
        match self.last {
            Last::Killed => self.kills.join(text, side, &self.limits),
            Last::Other | Last::Yanked(_) => self.kills.push(text, &self.limits),
        }
        self.last = Last::Killed;
        self.line.splice(range, &Passage::default(), Kind::Whole, &self.limits)
    }

    pub(super) fn yank(&mut self) -> Outcome {
        self.yank_killed_before(0)
    }

    /// Undoes the previous yank and yanks an older text instead; if that does not fit, the previous one stays.
    pub(super) fn yank_pop(&mut self) -> Outcome {
        let Last::Yanked(age) = self.last else { return Outcome::Nothing };
        if self.kills.len() < 2 || self.line.undo() == Outcome::Nothing {
            return Outcome::Nothing;
        }
        let outcome = self.yank_killed_before(age + 1);
        self.redo_unless_changed(outcome)
    }

    fn yank_killed_before(&mut self, age: usize) -> Outcome {
        let Some(text) = self.kills.before_newest(age) else { return Outcome::Nothing };
        let caret = self.line.caret();
        let outcome = self.line.splice(caret..caret, text, Kind::Whole, &self.limits);
        if outcome == Outcome::Changed {
            self.last = Last::Yanked(age);
        }
        outcome
    }

    /// Call this after an edit was undone to put another in its place: redoes it if the other did not fit.
    pub(super) fn redo_unless_changed(&mut self, outcome: Outcome) -> Outcome {
        if outcome != Outcome::Changed && self.line.redo() == Outcome::Changed {
            self.line.close_group();
        }
        outcome
    }

    pub(super) fn transpose(&mut self) -> Outcome {
        let (text, caret, line) = (self.line.text(), self.line.caret(), self.line.around());
        let middle = if caret == line.end { cluster::previous(text, caret) } else { caret };
        if line.is_empty() || middle <= line.start {
            return Outcome::Nothing;
        }
        let start = cluster::previous(text, middle);
        let end = cluster::next(text, middle);
        let mut swapped = self.line.passage().part(middle..end);
        swapped.push(&self.line.passage().part(start..middle));
        self.line.splice(start..end, &swapped, Kind::Whole, &self.limits)
    }
}
