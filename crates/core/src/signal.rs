//! What is told to those who are there and is neither history nor state: it changes nothing, nobody waits for it,
//! and where it is lost nothing is wrong. So it is not written to a log. Matrix calls it an ephemeral event.

use serde::{Deserialize, Serialize};

use crate::RoomName;

/// What can be told so: [`crate::Chat::signal`] finds those who are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signal {
    /// Tell the others in a small room that one is typing.
    Typing {
        /// Where.
        room: RoomName,
    },
}
