//! What a shard has done, counted where it does it: plain numbers that nobody else touches, handed out when
//! somebody asks ([`crate::inbox::Inbox::Measure`]).

use std::collections::BTreeMap;

use teahouse_core::Refusal;

use super::Shard;
use super::connection::Stage;
use super::speaker::Speaker;

/// What connections speak, as figures name it; `unknown` while it is not known.
pub(crate) const PROTOCOLS: [&str; 4] = ["api", "follow", "line", "unknown"];

/// Sums since the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Events and announcements given to members.
    pub(crate) deliveries: u64,
    /// Of these, events that came from history.
    pub(crate) refilled: u64,
    /// Bytes given to sockets or queued for them.
    pub(crate) bytes: u64,
    /// Requests refused, by reason.
    pub(crate) refusals: BTreeMap<&'static str, u64>,
}

/// What a shard has done and how it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) counts: Counts,
    /// Connections by protocol.
    pub(crate) connections: BTreeMap<&'static str, u64>,
    /// Seats in rooms by protocol.
    pub(crate) members: BTreeMap<&'static str, u64>,
    /// Seats whose events come from history just now.
    pub(crate) behind: u64,
    /// Bytes queued for sockets that do not take them.
    pub(crate) queued_bytes: u64,
    /// Requests gathered and not handed to the log yet.
    pub(crate) gathered: u64,
}

impl Counts {
    /// Something was refused.
    pub(super) fn refused(&mut self, refusal: &Refusal) {
        *self.refusals.entry(reason(refusal)).or_default() += 1;
    }
}

impl Shard {
    /// How it is just now.
    pub(super) fn figures(&self) -> Figures {
        let mut figures = Figures {
            counts: self.counts.clone(),
            gathered: self.chunk.len() as u64,
            ..Figures::default()
        };
        for (_, connection) in &self.connections {
            let protocol = match (&connection.speaker, connection.stage) {
                (_, Stage::Sniffing) => "unknown",
                (Speaker::Line(_), _) => "line",
                (Speaker::Api(_), _) => "api",
                (Speaker::Follower(_), _) => "follow",
            };
            *figures.connections.entry(protocol).or_default() += 1;
            *figures.members.entry(protocol).or_default() += connection.seats.len() as u64;
            let behind = connection.seats.iter().filter(|seat| seat.behind.is_some());
            figures.behind += behind.count() as u64;
            figures.queued_bytes += connection.queued() as u64;
        }
        figures
    }
}

fn reason(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotInRoom { .. } => "not_in_room",
        Refusal::NoSuchRoom { .. } => "no_such_room",
        Refusal::RoomLooksLike { .. } => "room_looks_like",
        Refusal::TooManyRooms { .. } => "too_many_rooms",
        Refusal::TooManyNewRooms { .. } => "too_many_new_rooms",
        Refusal::InTooManyRooms { .. } => "in_too_many_rooms",
        Refusal::NickTaken { .. } => "nick_taken",
        Refusal::NoSuchNick { .. } => "no_such_nick",
        Refusal::Away { .. } => "away",
        Refusal::Ignored { .. } => "ignored",
        Refusal::IgnoringTooMany { .. } => "ignoring_too_many",
        Refusal::Yourself => "yourself",
        Refusal::TopicTooLong { .. } => "topic_too_long",
        Refusal::NoSuchPage { .. } => "no_such_page",
        Refusal::SearchTooWide { .. } => "search_too_wide",
        Refusal::SearchesWait => "searches_wait",
        Refusal::NoSpace { .. } => "no_space",
        Refusal::Conflict { .. } => "conflict",
        Refusal::TooFast { .. } => "too_fast",
        Refusal::AddressTooFast { .. } => "address_too_fast",
        Refusal::BadName { .. } | Refusal::RoomMixesScripts { .. } => "bad_name",
        Refusal::BadText { .. } => "bad_text",
    }
}
