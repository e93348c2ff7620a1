//! Killed texts, which can be yanked; the newest is last.

use std::collections::VecDeque;

use crate::limits::Limits;
use crate::passage::Passage;

/// The side of the previously killed text on which the next killed text was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct KillRing {
    texts: VecDeque<Passage>,
}

impl KillRing {
    /// Adds a killed text as a separate entry.
    pub(crate) fn push(&mut self, text: Passage, limits: &Limits) {
        self.texts.push_back(text);
        self.evict_past_limits(limits);
    }

    /// Joins a killed text to the newest entry, beside which it was.
    pub(crate) fn join(&mut self, text: Passage, side: Side, limits: &Limits) {
        let Some(newest) = self.texts.back_mut() else { return self.push(text, limits) };
        match side {
            Side::Left => newest.replace(0..0, &text),
            Side::Right => newest.push(&text),
        }
        self.evict_past_limits(limits);
    }

    fn evict_past_limits(&mut self, limits: &Limits) {
        let mut bytes: usize = self.texts.iter().map(Passage::len).sum();
        while self.texts.len() > 1
            && (self.texts.len() > limits.kill_entries_max || bytes > limits.kill_bytes_max)
        {
            bytes -= self.texts.pop_front().map_or(0, |oldest| oldest.len());
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The text killed `age` kills before the newest; after the oldest comes the newest again.
    pub(crate) fn before_newest(&self, age: usize) -> Option<&Passage> {
        let age = age.checked_rem(self.texts.len())?;
        self.texts.get(self.texts.len() - 1 - age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::Origin;

    fn typed(text: &str) -> Passage {
        Passage::new(text, Origin::Typed)
    }

    #[test]
    fn the_oldest_are_evicted_by_number_and_by_bytes_and_the_newest_stays() {
        let limits = Limits { kill_entries_max: 3, kill_bytes_max: 10, ..Limits::default() };
        let mut ring = KillRing::default();
        for text in ["a", "b", "c", "d"] {
            ring.push(typed(text), &limits);
        }
        let texts =
            |ring: &KillRing| ring.texts.iter().map(|p| p.text().to_owned()).collect::<Vec<_>>();
        assert_eq!(texts(&ring), ["b", "c", "d"]);
        ring.push(typed("123456789"), &limits);
        assert_eq!(texts(&ring), ["d", "123456789"]);
        ring.join(typed("0123"), Side::Left, &limits);
        assert_eq!(texts(&ring), ["0123123456789"]);
    }
}
