//! Completing the word before the caret. The caller finds the candidates; the editor walks through them.

use super::completion::{Choices, Completion};
use super::{Editor, Last};
use crate::cluster;
use crate::command::{Candidate, Direction, Outcome};
use crate::harmless::harmless;
use crate::limits::Limits;

impl Editor {
    /// The candidates of the current completion, which lasts until the next command.
    #[must_use]
    pub fn choices(&self) -> Option<Choices<'_>> {
        let completion = self.completion.as_ref()?;
        Some(Choices { candidates: &completion.candidates, index: completion.index })
    }

    /// Completes the word before the caret, back to white space, to the first candidate (backward: the last). Called
    /// again right after, it replaces that by the next candidate. One undo restores the word.
    ///
    /// `find` is called once, with the word and whether it is the first of the text. At most
    /// [`Limits::CANDIDATES_MAX`] of its candidates are kept.
    pub fn complete(
        &mut self,
        direction: Direction,
        find: impl FnOnce(&str, bool) -> Vec<Candidate>,
    ) -> Outcome {
        self.search = None;
        self.goal_column = None;
        self.last = Last::Other;
        match self.completion.take() {
            Some(completion) => self.complete_again(completion, direction),
            None => self.begin_completion(direction, find),
        }
    }

    fn begin_completion(
        &mut self,
        direction: Direction,
        find: impl FnOnce(&str, bool) -> Vec<Candidate>,
    ) -> Outcome {
        let start = self.word_start();
        let word = &self.line.text()[start..self.line.caret()];
        let mut candidates = find(word, start == 0);
        candidates.truncate(Limits::CANDIDATES_MAX);
        let Some(last) = candidates.len().checked_sub(1) else { return Outcome::Nothing };
        let index = match direction {
            Direction::Forward => 0,
            Direction::Backward => last,
        };
        let outcome = self.put_candidate(&candidates[index]);
        if outcome == Outcome::Changed {
            self.completion = Some(Completion { candidates, index });
        }
        outcome
    }

    /// Undoes the previous candidate, so that the word is as typed, and puts the next one there.
    fn complete_again(&mut self, mut completion: Completion, direction: Direction) -> Outcome {
        let count = completion.candidates.len();
        if count < 2 || self.line.undo() == Outcome::Nothing {
            self.completion = Some(completion);
            return Outcome::Nothing;
        }
        let step = match direction {
            Direction::Forward => 1,
            Direction::Backward => count - 1,
        };
        let index = (completion.index + step) % count;
        let outcome = self.put_candidate(&completion.candidates[index]);
        if outcome == Outcome::Changed {
            completion.index = index;
        }
        self.completion = Some(completion);
        self.redo_unless_changed(outcome)
    }

    /// Replaces the word before the caret by a candidate. A space after the word is not doubled.
    fn put_candidate(&mut self, candidate: &Candidate) -> Outcome {
        let (start, end) = (self.word_start(), self.line.caret());
        let text = [candidate.word.as_str(), candidate.suffix.as_str()].concat();
        let mut text = harmless(&text).into_owned();
        let has_space = text.ends_with(' ') && self.line.text()[end..].starts_with(' ');
        if has_space {
            text.pop();
        }
        let outcome = self.put(start..end, &text);
        if outcome == Outcome::Changed && has_space {
            self.line.place_caret(self.line.caret() + 1);
        }
        outcome
    }

    fn word_start(&self) -> usize {
        let (text, caret) = (self.line.text(), self.line.caret());
        let before = text[..caret].char_indices().rev();
        let mut spaces = before.filter(|(_, c)| c.is_whitespace());
        let start = spaces.next().map_or(0, |(at, space)| at + space.len_utf8());
        cluster::ceil(text, start).min(caret)
    }
}
