//! The result of reading history.

use crate::{Event, Position, Sequence};

/// The result of reading history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The events in order; the results of a search newest first.
    pub events: Vec<Event>,
    /// Where a bound cut the search: older messages may contain the words as well.
    pub more: Option<Sequence>,
    /// The position of the oldest event in the history of the room that was read; if history has no event in the
    /// wanted span, the position right after the span. `None` for a search.
    pub first: Option<Position>,
}

impl Excerpt {
    /// The position of the last deleted event, if the result reaches back to the beginning of the room's history.
    #[must_use]
    pub fn gone_upto(&self) -> Option<u64> {
        let first = self.first.filter(|first| *first > Position::START.next())?;
        let is_reached = self.events.first().is_none_or(|event| event.position <= first);
        is_reached.then_some(first.0 - 1)
    }
}
