//! What is passed on to the people who are present and is neither history nor state. It changes nothing, nobody
//! waits for it, and it may be lost, so it is not written to a log. Matrix calls it an ephemeral event.

use serde::{Deserialize, Serialize};

use crate::RoomName;

/// The signals. [`crate::Chat::signal`] finds the sessions that receive them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signal {
    /// The person is typing. Only a small room is told.
    Typing {
        /// The room.
        room: RoomName,
    },
}
