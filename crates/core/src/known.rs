//! Recognizing a message that is sent again, by its author's id for it (promise P3).
//!
//! Stored messages are looked up in the store: [`crate::Chat::to_recall`] says which one a proposal needs, and
//! [`crate::Chat::recall`] takes the answer before the proposal is applied. Messages since the last commit are not in
//! the store yet and are kept here until [`crate::Chat::mark_committed`]. So the result depends only on the order of the
//! proposals, and on no bound, batch or restart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Author, EventKind, MessageId, Position, RoomId, Text};

/// The key of a message. A room has one message for each key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageKey {
    /// The room.
    pub room: RoomId,
    /// The author of the message.
    pub author: Author,
    /// The author's id for the message.
    pub id: MessageId,
}

/// The message with a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownMessage {
    /// The position in the room.
    pub position: Position,
    /// The kind of event.
    pub kind: EventKind,
    /// The text.
    pub text: Option<Text>,
    /// Whether the author of the message is known. Messages older than the author field have none: such a message is
    /// a duplicate for any author with the same text, and no conflict for another text.
    pub is_of_author: bool,
}

/// How a new message compares with the earlier message of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// There is no earlier message.
    No,
    /// The earlier message is the same.
    Same(Position),
    /// The earlier message is another one.
    Other(Position),
}

/// The messages that were emitted or recalled since the last commit.
#[derive(Debug, Default)]
pub(crate) struct Unsettled(BTreeMap<MessageKey, KnownMessage>);

impl Unsettled {
    pub(crate) fn contains(&self, key: &MessageKey) -> bool {
        self.0.contains_key(key)
    }

    pub(crate) fn insert(&mut self, key: MessageKey, said: KnownMessage) {
        self.0.insert(key, said);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&MessageKey, &KnownMessage)> {
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

impl FromIterator<(MessageKey, KnownMessage)> for Unsettled {
    fn from_iter<T: IntoIterator<Item = (MessageKey, KnownMessage)>>(said: T) -> Self {
        Self(said.into_iter().collect())
    }
}
