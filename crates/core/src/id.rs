//! Numbers and hashes that identify things. They come from outside or count up from one; none is random here.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Nick;

/// One person on one connection. Unique for the life of a history: it consists of the boot number, which is stored
/// with the history, the shard, and a counter of the shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(pub u64);

impl SessionId {
    /// The server itself, which proposes what no person proposes (its settings, for example).
    pub const SERVER: Self = Self(0);

    // Enough for a shard with a thousand new sessions a second for nine years without a restart, and for a server that
    // restarts every hour for a century.
    const BOOT_BITS: u32 = 20;
    const SHARD_BITS: u32 = 6;
    const SERIAL_BITS: u32 = 38;

    /// The highest boot number: how often servers can start with one history.
    pub const BOOTS_MAX: u32 = (1 << Self::BOOT_BITS) - 1;
    /// The most shards of one server.
    pub const SHARDS_MAX: usize = 1 << Self::SHARD_BITS;

    /// The boot number of the session: in which start of a server it entered. The first is 1; only
    /// [`SessionId::SERVER`] has 0.
    #[must_use]
    pub fn boot(self) -> u32 {
        (self.0 >> (Self::SHARD_BITS + Self::SERIAL_BITS)) as u32
    }

    /// All session numbers of a boot.
    pub(crate) fn all_of(boot: u32) -> RangeInclusive<Self> {
        let last_serial = (1 << Self::SERIAL_BITS) - 1;
        Self::new(boot, 0, 0)..=Self::new(boot, Self::SHARDS_MAX - 1, last_serial)
    }

    /// The session with the count `serial` on this shard in this boot. The sessions of one boot are one range.
    ///
    /// # Panics
    /// When a part does not fit its bits: the number would be that of another session.
    #[must_use]
    pub fn new(boot: u32, shard: usize, serial: u64) -> Self {
        assert!(boot <= Self::BOOTS_MAX, "the history was opened more often than it can be");
        assert!(shard < Self::SHARDS_MAX, "more shards than session numbers can tell apart");
        // The server exits with this message; the next boot has numbers again.
        assert!(
            serial >> Self::SERIAL_BITS == 0,
            "this shard has used up its session numbers: start again"
        );
        let boot = u64::from(boot) << (Self::SHARD_BITS + Self::SERIAL_BITS);
        Self(boot | ((shard as u64) << Self::SERIAL_BITS) | serial)
    }
}

const _: () = assert!(
    SessionId::BOOT_BITS + SessionId::SHARD_BITS + SessionId::SERIAL_BITS == u64::BITS,
    "a session number has no other parts"
);

/// A server that takes part in a history. A server has the same number in every boot. A history has at most as many
/// servers as this type has values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u8);

impl NodeId {
    /// The only server of its history.
    pub const ONLY: Self = Self(1);
}

/// The network a connection comes from (an IPv4 address or an IPv6 /64): the best a server can tell about who acts,
/// without accounts. The server hashes the address with a random key of its process, so that the log does not reveal
/// addresses. Creating things is counted for each origin, because a client that reconnects is a new session and the
/// same origin. The number is part of the proposal, so every node counts the same. Two processes give one address two
/// numbers, so a client of several servers is counted at each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin(pub u64);

impl Origin {
    /// The server itself, which has no limits.
    pub const SERVER: Self = Self(0);
}

/// A room, numbered from 1 in the order of creation. 0 is "before the first".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct RoomId(pub u32);

impl RoomId {
    /// The highest number of a stored room, so that numbers for new rooms never run out.
    pub const KEPT_MAX: Self = Self(u32::MAX / 2);
}

/// The position of an event in the sequence of its room: 1, 2, 3, … without gaps. 0 is "before the first".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event of any room.
    pub const START: Self = Self(0);

    /// The highest position: the database stores signed numbers.
    pub const MAX: Self = Self(i64::MAX as u64);

    /// The position after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of an event in the order over all rooms of a history: where a list of search results was cut, so that
/// its rest can be requested. Grows with time, with gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sequence(pub u64);

/// A position in the log: 1, 2, 3, … one for each chunk with a proposal and for each moment at which something is
/// due. Queries and signals are not published and have none. 0 is "before the first". Time moves only from one
/// position to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogPosition(pub u64);

impl LogPosition {
    /// Before the first position.
    pub const START: Self = Self(0);

    /// The position after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for LogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Milliseconds since the Unix epoch, UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Time(pub i64);

impl Time {
    /// This moment, `ms` milliseconds later.
    #[must_use]
    pub fn plus_ms(self, ms: u32) -> Self {
        Self(self.0.saturating_add(i64::from(ms)))
    }
}

/// Milliseconds of a monotonic clock with an arbitrary beginning. Deadlines use this one: with a wall clock that is
/// set back an hour they would be an hour late.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct SteadyTime(pub u64);

impl SteadyTime {
    /// This moment, `ms` milliseconds later.
    #[must_use]
    pub fn plus_ms(self, ms: u32) -> Self {
        Self(self.0.saturating_add(u64::from(ms)))
    }

    /// Milliseconds from `earlier` to this moment; 0 if `earlier` is later.
    #[must_use]
    pub fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The time as the log gives it: the same on every node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The time that people see.
    pub time: Time,
    /// The time for deadlines.
    pub steady: SteadyTime,
}

/// The number of a request of a session, chosen by the proposer; 0 where there is no request. Answers carry it back.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct RequestId(pub u32);

/// The hash of a resume key, by which a session is resumed. The key is a secret that the client has drawn, and it is
/// hashed where the connection arrives: proposals, the state and the store only have the hash.
///
/// It is also the author of the session's messages ([`Author::of_resume_key`]), so databases contain it; a reader of
/// a database learns no key from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResumeKeyHash([u8; 16]);

impl ResumeKeyHash {
    /// The hash of a key: the first 16 bytes of a SHA-256 with a prefix that only resume keys have.
    #[must_use]
    pub fn of(key: &[u8; 16]) -> Self {
        Self(digest(b"seat", key))
    }
}

/// The client's id for a message: 16 random bytes, the same when the client sends the message again. A room stores
/// one message for each author and id (promise P3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(pub [u8; 16]);

/// The author of a message id, so that nobody can use up another author's ids. It is stored with the message and
/// reveals nothing of the secret behind it: it is the first 16 bytes of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Author(pub [u8; 16]);

impl Author {
    /// A session with a resume key.
    #[must_use]
    pub fn of_resume_key(key: ResumeKeyHash) -> Self {
        Self(key.0)
    }

    /// A session or visitor without a resume key, by its nick in lower case. Not by the look of the nick, because looks
    /// change with every edition of Unicode, and authors are stored.
    #[must_use]
    pub fn of_nick(nick: &Nick) -> Self {
        Self(digest(b"nick", nick.as_str().to_lowercase().as_bytes()))
    }

    /// All visitors that post without a nick.
    #[must_use]
    pub fn nameless() -> Self {
        Self(digest(b"none", b""))
    }
}

/// The first 16 bytes of the SHA-256 of the kind and the thing. These are stored in databases.
fn digest(kind: &[u8; 4], thing: &[u8]) -> [u8; 16] {
    let mut first = [0; 16];
    first.copy_from_slice(&Sha256::new_with_prefix(kind).chain_update(thing).finalize()[..16]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_numbers_are_unique() {
        let beyond_32_bits = (1_u64 << 32) + 5;
        assert_ne!(SessionId::new(1, 0, 5), SessionId::new(1, 0, beyond_32_bits));
        // The largest of each is smaller than the smallest of the next.
        let last = (1_u64 << SessionId::SERIAL_BITS) - 1;
        let last_shard = SessionId::SHARDS_MAX - 1;
        assert!(SessionId::new(1, 0, last) < SessionId::new(1, 1, 0));
        assert!(SessionId::new(1, last_shard, last) < SessionId::new(2, 0, 0));
        assert_eq!(SessionId::new(SessionId::BOOTS_MAX, last_shard, last), SessionId(u64::MAX));
    }

    #[test]
    fn a_session_number_contains_its_boot_and_the_numbers_of_a_boot_are_one_range() {
        for boot in [0, 1, 7, SessionId::BOOTS_MAX] {
            let all = SessionId::all_of(boot);
            assert_eq!((all.start().boot(), all.end().boot()), (boot, boot));
            for outside in [all.start().0.checked_sub(1), all.end().0.checked_add(1)] {
                assert!(outside.is_none_or(|outside| SessionId(outside).boot() != boot));
            }
        }
        assert_eq!(SessionId::SERVER.boot(), 0);
    }

    #[test]
    #[should_panic(expected = "used up its session numbers")]
    fn a_shard_that_has_used_up_its_session_numbers_uses_none_of_another_shard() {
        assert_ne!(SessionId::new(1, 0, 1 << SessionId::SERIAL_BITS), SessionId::new(1, 1, 0));
    }

    #[test]
    fn authors_are_the_same_as_in_existing_databases() {
        let hex = |Author(bytes)| bytes.map(|byte| format!("{byte:02x}")).concat();
        // printf 'seat\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a' | sha256sum | cut -c1-32
        let author = Author::of_resume_key(ResumeKeyHash::of(&[7; 16]));
        assert_eq!(hex(author), "7c620afec574c1f44317766ce5bd47ab");
        // printf 'nickann' | sha256sum | cut -c1-32
        let ann = Nick::parse("Ann").unwrap();
        assert_eq!(hex(Author::of_nick(&ann)), "1189fffe4696e92368c6f6a032f21a82");
        assert_eq!(hex(Author::nameless()), "140bedbf9c3f6d56a9846d2ba7088798");
    }
}
