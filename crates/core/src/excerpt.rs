//! What was read from history.

use crate::{Event, Position, Sequence};

/// What was read from history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// In order; what a search found, newest first.
    pub events: Vec<Event>,
    /// Where a search was cut by a bound: older messages may have the words as well.
    pub more: Option<Sequence>,
    /// Where the history of the one room begins that was read: its first event that is kept, or the position right
    /// after what was asked for where none of that is. `None` for a search.
    pub first: Option<Position>,
}

impl Excerpt {
    /// The last event that is gone, where what was read reaches back to where its room's history begins.
    #[must_use]
    pub fn gone_upto(&self) -> Option<u64> {
        let first = self.first.filter(|first| *first > Position::START.next())?;
        let is_reached = self.events.first().is_none_or(|event| event.position <= first);
        is_reached.then_some(first.0 - 1)
    }
}
