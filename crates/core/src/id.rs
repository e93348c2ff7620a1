//! The numbers that name things. All of them arrive from outside or count from one; none is drawn here.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Nick;

/// One joined person on one connection. Unique for the life of a history: it is made of a start counter that is
/// kept with the history, the shard and a count there, and none is handed out twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(pub u64);

impl SessionId {
    /// The server itself: the proposer of what no person proposed (settings).
    pub const SERVER: Self = Self(0);

    // A shard that makes a thousand a second does so for nine years without a restart, and a server that is
    // started every hour does so for a century.
    const BOOT_BITS: u32 = 20;
    const SHARD_BITS: u32 = 6;
    const SERIAL_BITS: u32 = 38;

    /// Times that one history may be opened.
    pub const BOOTS_MAX: u32 = (1 << Self::BOOT_BITS) - 1;
    /// Shards that one server may have.
    pub const SHARDS_MAX: usize = 1 << Self::SHARD_BITS;

    /// In the how manieth opening of the history it came. The first is 1; 0 is nobody's but the server's own
    /// ([`SessionId::SERVER`]).
    #[must_use]
    pub fn boot(self) -> u32 {
        (self.0 >> (Self::SHARD_BITS + Self::SERIAL_BITS)) as u32
    }

    /// All the sessions of a boot.
    pub(crate) fn all_of(boot: u32) -> RangeInclusive<Self> {
        let last_serial = (1 << Self::SERIAL_BITS) - 1;
        Self::new(boot, 0, 0)..=Self::new(boot, Self::SHARDS_MAX - 1, last_serial)
    }

    /// The session that this shard of a server counts as `serial`, in the how manieth opening of the history. The
    /// sessions of one boot are one range.
    ///
    /// # Panics
    /// When a part is larger than its bits: the number would be that of another session.
    #[must_use]
    pub fn new(boot: u32, shard: usize, serial: u64) -> Self {
        assert!(boot <= Self::BOOTS_MAX, "the history was opened more often than it can be");
        assert!(shard < Self::SHARDS_MAX, "more shards than session numbers can tell apart");
        // The server says so and ends; the next start has numbers again.
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

/// A server that takes part in a history: the same number whenever it starts. There are as many as this type has
/// numbers, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u8);

impl NodeId {
    /// A server that has its history for itself.
    pub const ONLY: Self = Self(1);
}

/// Whose doing something is, as far as a server can tell without an account: the network address (IPv4
/// address, IPv6 /64) that a connection comes from. The server makes the number from the address with a key
/// drawn for each process, so that nothing in the log says where anyone is. What creates things is counted
/// for each origin, because whoever reconnects is a new session and the same origin. The state does not hang on
/// the machine by it: the number is proposed, and every node counts the same for it. Two processes call one
/// address by two numbers, so somebody who comes to several has an account at each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin(pub u64);

impl Origin {
    /// The server itself, which nothing limits.
    pub const SERVER: Self = Self(0);
}

/// A room, numbered from 1 in the order rooms were first entered. 0 is "before the first".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct RoomId(pub u32);

impl RoomId {
    /// No room that is kept has a higher one, so that new ones never run out.
    pub const KEPT_MAX: Self = Self(u32::MAX / 2);
}

/// The place of an event in its room's one sequence: 1, 2, 3, … without holes. 0 is "before the first".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event of any room.
    pub const START: Self = Self(0);

    /// The last there can be: what keeps them counts with a sign.
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

/// The place of an event in the order over all rooms of a history: what stands where a list was cut, so that
/// its rest can be asked for. Grows with time, with holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sequence(pub u64);

/// A place in the log: 1, 2, 3, … for what is published to it, which is each chunk with a proposal, and each moment
/// at which something is due. Queries and signals are not published and have none. 0 is "before the first". Time
/// moves only from one of these to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogPosition(pub u64);

impl LogPosition {
    /// Before anything was published.
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

/// Milliseconds since some beginning, by a clock that nobody sets and that never goes back. What has to wait
/// waits by this one: a wall clock that is set back an hour would make it wait an hour longer.
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

    /// How long before this moment `earlier` was, in milliseconds; 0 if it was not.
    #[must_use]
    pub fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// What time it is, as the log says: the same for everyone who reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// For people.
    pub time: Time,
    /// For deadlines.
    pub steady: SteadyTime,
}

/// Which of its requests a session means, drawn by whoever proposes; 0 where nobody asks. Answers carry it back.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct RequestId(pub u32);

/// By what somebody who comes back is known to be who they were: a hash of their resume key, which is the secret
/// that their client has drawn. The key itself ends at the door: proposals, the state and what is kept have this.
///
/// It is the author of what they say as well ([`Author::of_resume_key`]), so databases have had it since messages have
/// authors, and whoever reads one learns no key from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResumeKeyHash([u8; 16]);

impl ResumeKeyHash {
    /// Of a key: the first 16 bytes of a SHA-256 that no other kind of thing is hashed with.
    #[must_use]
    pub fn of(key: &[u8; 16]) -> Self {
        Self(digest(b"seat", key))
    }
}

/// The sender's own name for a message: 16 bytes, drawn by the client, the same when it sends the
/// message again. A room keeps one message per author and id (promise P3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(pub [u8; 16]);

/// Whose a message id is, so that nobody can take an id away from somebody else. It is kept with the message
/// and tells nothing of the secret it comes from: the first 16 bytes of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Author(pub [u8; 16]);

impl Author {
    /// Somebody who comes back with the key of a seat.
    #[must_use]
    pub fn of_resume_key(key: ResumeKeyHash) -> Self {
        Self(key.0)
    }

    /// Somebody without a seat, by their nick in lower case. Not by what it looks like: that changes with
    /// every edition of Unicode, and this is kept.
    #[must_use]
    pub fn of_nick(nick: &Nick) -> Self {
        Self(digest(b"nick", nick.as_str().to_lowercase().as_bytes()))
    }

    /// All who say something without coming in and without a nick.
    #[must_use]
    pub fn nameless() -> Self {
        Self(digest(b"none", b""))
    }
}

/// The first 16 bytes of a SHA-256: what kind of thing it is, then the thing. These are kept in databases.
fn digest(kind: &[u8; 4], thing: &[u8]) -> [u8; 16] {
    let mut first = [0; 16];
    first.copy_from_slice(&Sha256::new_with_prefix(kind).chain_update(thing).finalize()[..16]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_number_is_never_handed_out_twice() {
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
    fn a_session_number_says_of_which_boot_it_is_and_those_of_a_boot_are_one_range() {
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
    fn a_shard_that_has_used_up_its_session_numbers_begins_with_none_of_another() {
        assert_ne!(SessionId::new(1, 0, 1 << SessionId::SERIAL_BITS), SessionId::new(1, 1, 0));
    }

    #[test]
    fn authors_are_those_that_stand_in_databases() {
        let shown = |Author(bytes)| bytes.map(|byte| format!("{byte:02x}")).concat();
        // printf 'seat\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a\a' | sha256sum | cut -c1-32
        let author = Author::of_resume_key(ResumeKeyHash::of(&[7; 16]));
        assert_eq!(shown(author), "7c620afec574c1f44317766ce5bd47ab");
        // printf 'nickann' | sha256sum | cut -c1-32
        let ann = Nick::parse("Ann").unwrap();
        assert_eq!(shown(Author::of_nick(&ann)), "1189fffe4696e92368c6f6a032f21a82");
        assert_eq!(shown(Author::nameless()), "140bedbf9c3f6d56a9846d2ba7088798");
    }
}
