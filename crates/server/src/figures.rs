//! A shard's figures for the metrics: plain numbers that only the shard changes, and that it hands out on request
//! ([`crate::inbox::Inbox::Measure`]).

use std::collections::BTreeMap;

use teahouse_core::Refusal;

/// The values of the label `protocol`.
pub(crate) const PROTOCOLS: [&str; 4] = ["api", "follow", "line", UNKNOWN_PROTOCOL];
/// The label of a connection whose protocol is not known yet.
pub(crate) const UNKNOWN_PROTOCOL: &str = "unknown";

/// Totals since the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Events and announcements sent to members.
    pub(crate) deliveries: u64,
    /// Of these, events that came from history.
    pub(crate) refilled: u64,
    /// Bytes written to sockets or queued for them.
    pub(crate) bytes: u64,
    /// Writes to sockets: deliveries divided by these is how many messages one write carries.
    pub(crate) writes: u64,
    /// Requests refused, by reason.
    pub(crate) refusals: BTreeMap<&'static str, u64>,
}

/// The totals and the current state of a shard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) counts: Counts,
    /// Connections by protocol.
    pub(crate) connections: BTreeMap<&'static str, u64>,
    /// Memberships by protocol.
    pub(crate) members: BTreeMap<&'static str, u64>,
    /// Memberships that currently get their events from history.
    pub(crate) behind: u64,
    /// Bytes queued for sockets that accept no more.
    pub(crate) queued_bytes: u64,
    /// Requests gathered and not yet handed to the log.
    pub(crate) gathered: u64,
}

/// Requests refused, by reason.
#[derive(Debug, Default)]
pub(crate) struct Refusals(BTreeMap<&'static str, u64>);

impl Refusals {
    pub(crate) fn count(&mut self, refusal: &Refusal) {
        *self.0.entry(reason(refusal)).or_default() += 1;
    }

    pub(crate) fn by_reason(&self) -> BTreeMap<&'static str, u64> {
        self.0.clone()
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
