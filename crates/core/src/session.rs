//! One joined person: their nick, the rooms they are in, whom they ignore.

use crate::{Nick, NickKey, RoomId, SessionId};

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) nick: Nick,
    pub(crate) key: NickKey,
    pub(crate) rooms: Vec<RoomId>,
    pub(crate) ignored: Vec<Ignored>,
}

/// Somebody ignored: by session while they stay, so that a new nick does not help them, and by nick,
/// so that coming back does not either.
#[derive(Debug)]
pub(crate) struct Ignored {
    pub(crate) nick: Nick,
    pub(crate) key: NickKey,
    pub(crate) session: Option<SessionId>,
}

impl Session {
    pub(crate) fn ignores(&self, session: SessionId, key: &NickKey) -> bool {
        self.ignored.iter().any(|ignored| ignored.session == Some(session) || ignored.key == *key)
    }
}
