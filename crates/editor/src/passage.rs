//! A text that knows which of its bytes were pasted. The line, killed texts and undo use it, so that a pasted `/quit` is
//! never taken for a typed one, nor a typed one for a pasted one, after any edits.
//!
//! Invariant: the runs together are as long as the text, none is empty, and neighbours have different origins.

use std::ops::Range;

/// How a character came into the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// By keys, or by the program on a command of the person.
    Typed,
    /// By a paste.
    Pasted,
}

/// Consecutive bytes of one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    bytes: usize,
    origin: Origin,
}

/// A text with the origin of each of its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passage {
    text: String,
    runs: Vec<Run>,
}

impl Passage {
    pub(crate) fn new(text: impl Into<String>, origin: Origin) -> Self {
        let text = text.into();
        let runs = match text.len() {
            0 => Vec::new(),
            bytes => vec![Run { bytes, origin }],
        };
        Self { text, runs }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the character at this byte was pasted.
    #[must_use]
    pub fn is_pasted_at(&self, at: usize) -> bool {
        let mut end = 0;
        let run = self.runs.iter().find(|run| {
            end += run.bytes;
            at < end
        });
        run.is_some_and(|run| run.origin == Origin::Pasted)
    }

    /// The number of pasted lines: one more than the pasted line feeds; 0 if nothing was pasted.
    #[must_use]
    pub fn pasted_lines(&self) -> usize {
        let mut start = 0;
        let mut lines = 0;
        for run in &self.runs {
            let text = &self.text[start..start + run.bytes];
            start += run.bytes;
            if run.origin == Origin::Pasted {
                lines = lines.max(1) + text.matches('\n').count();
            }
        }
        lines
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The part in this range, which begins and ends on boundaries of characters.
    pub(crate) fn part(&self, range: Range<usize>) -> Self {
        let mut part = Self { text: self.text[range.clone()].to_owned(), runs: Vec::new() };
        let mut start = 0;
        for run in &self.runs {
            let end = start + run.bytes;
            let bytes = end.min(range.end).saturating_sub(start.max(range.start));
            part.push_run(Run { bytes, ..*run });
            start = end;
        }
        part
    }

    /// Replaces these bytes by another passage.
    pub(crate) fn replace(&mut self, range: Range<usize>, with: &Self) {
        let (front, back) = (self.part(0..range.start), self.part(range.end..self.len()));
        *self = front;
        self.push(with);
        self.push(&back);
    }

    /// Appends another passage.
    pub(crate) fn push(&mut self, other: &Self) {
        self.text.push_str(&other.text);
        for run in &other.runs {
            self.push_run(*run);
        }
    }

    /// Marks these bytes as pasted.
    pub(crate) fn mark_pasted(&mut self, range: Range<usize>) {
        let pasted = Self::new(&self.text[range.clone()], Origin::Pasted);
        self.replace(range, &pasted);
    }

    fn push_run(&mut self, run: Run) {
        match self.runs.last_mut() {
            _ if run.bytes == 0 => {}
            Some(last) if last.origin == run.origin => last.bytes += run.bytes,
            Some(_) | None => self.runs.push(run),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Passage {
        Passage::new(text, Origin::Typed)
    }

    fn pasted(text: &str) -> Passage {
        Passage::new(text, Origin::Pasted)
    }

    #[test]
    fn each_byte_keeps_its_origin_through_edits() {
        let mut passage = typed("/topic plan");
        passage.replace(7..7, &pasted("a\nb "));
        assert_eq!(passage.text(), "/topic a\nb plan");
        let pasted_at = [0, 6, 7, 10, 11, 14, 15].map(|at| passage.is_pasted_at(at));
        assert_eq!(pasted_at, [false, false, true, true, false, false, false]);
        assert_eq!(passage.pasted_lines(), 2);
        assert_eq!(passage.part(7..9), pasted("a\n"));
        assert_eq!(passage.part(11..15), typed("plan"));
        passage.replace(0..7, &typed(""));
        assert!(passage.is_pasted_at(0));
        passage.replace(0..4, &typed("/"));
        assert_eq!(passage, typed("/plan"));
        assert_eq!(passage.pasted_lines(), 0);
        passage.mark_pasted(0..1);
        assert_eq!((passage.is_pasted_at(0), passage.pasted_lines()), (true, 1));
    }

    #[test]
    fn runs_are_as_long_as_the_text() {
        let mut passage = Passage::default();
        for number in 0..200_usize {
            let at = number * 7 % (passage.len() + 1);
            let end = (at + number % 3).min(passage.len());
            let with = if number % 2 == 0 { typed("ab") } else { pasted("xyz") };
            passage.replace(at..end, &with);
            assert_eq!(passage.runs.iter().map(|run| run.bytes).sum::<usize>(), passage.len());
            assert!(passage.runs.iter().all(|run| run.bytes > 0));
            assert!(passage.runs.windows(2).all(|pair| pair[0].origin != pair[1].origin));
        }
    }
}
