//! Messages known by their senders' ids, so that one sent again is known again (promise P3).
//!
//! What is kept is looked up in the store: [`crate::Chat::to_recall`] says for which proposal, and
//! [`crate::Chat::recall`] takes the answer, before the proposal is applied. What has been said since the last
//! commit is in no store, and stands here until [`crate::Chat::settled`]. So what is known depends on the
//! order of the proposals alone, and on no bound, batch or restart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Author, EventKind, MessageId, Position, RoomId, Text};

/// A message by its author's id for it. A room has one message for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageKey {
    /// Where.
    pub room: RoomId,
    /// Whose id it is.
    pub author: Author,
    /// The id.
    pub id: MessageId,
}

/// What stands under a message's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Where in the room's sequence.
    pub position: Position,
    /// What kind of thing.
    pub kind: EventKind,
    /// The words.
    pub text: Option<Text>,
    /// Whether it is known whose id it is. A message that is older than authors has none: it is the same
    /// message for whoever says the same words again, and stands in nobody's way otherwise.
    pub is_of_author: bool,
}

/// How something that is about to be said compares with what stands under its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing stands there.
    No,
    /// It is the same message.
    Same(Position),
    /// It is another one.
    Other(Position),
}

/// What has been said, or recalled, since the last commit.
#[derive(Debug, Default)]
pub(crate) struct Unsettled(BTreeMap<MessageKey, Said>);

impl Unsettled {
    pub(crate) fn contains(&self, key: &MessageKey) -> bool {
        self.0.contains_key(key)
    }

    pub(crate) fn insert(&mut self, key: MessageKey, said: Said) {
        self.0.insert(key, said);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&MessageKey, &Said)> {
        self.0.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn compare(&self, key: &MessageKey, kind: EventKind, text: &Text) -> Known {
        match self.0.get(key) {
            Some(said) if said.kind == kind && said.text.as_ref() == Some(text) => {
                Known::Same(said.position)
            }
            Some(said) if said.is_of_author => Known::Other(said.position),
            Some(_) | None => Known::No,
        }
    }
}

impl FromIterator<(MessageKey, Said)> for Unsettled {
    fn from_iter<T: IntoIterator<Item = (MessageKey, Said)>>(said: T) -> Self {
        Self(said.into_iter().collect())
    }
}
