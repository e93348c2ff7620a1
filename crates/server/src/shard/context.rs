//! What a shard knows of the server around it, and what time it is.

use std::sync::Arc;

use jiff::tz::TimeZone;
use teahouse_core::{Refusal, Request, SessionId, SteadyTime, Time};
use teahouse_wire::protocol::ServerFacts;
use teahouse_wire::{Clock, line};

use crate::browsers::Browsers;
use crate::settings::Settings;
use crate::space::LowSpace;

/// Why requests are refused while the server stops.
pub(crate) const CLOSING: &str = "the house is closing";

/// A moment, on both clocks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Now {
    /// By a clock that no administrator sets: for rates and deadlines.
    pub(crate) steady: SteadyTime,
    /// As people have it.
    pub(crate) time: Time,
}

/// What a shard is given when it is made.
#[derive(Clone)]
pub(crate) struct ShardSetup {
    /// Which shard of the server it is.
    pub(crate) index: usize,
    /// How often the history has been opened: makes session ids unique for its life.
    pub(crate) boot: u32,
    pub(crate) server: Arc<ServerFacts>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) browsers: Arc<Browsers>,
    pub(crate) zone: TimeZone,
}

/// What is the same for all connections of a shard.
pub(crate) struct Context {
    index: usize,
    boot: u32,
    /// What the server tells of itself.
    pub(crate) server: Arc<ServerFacts>,
    pub(crate) settings: Arc<Settings>,
    /// Where browsers are.
    pub(crate) browsers: Arc<Browsers>,
    zone: TimeZone,
    /// Why nothing is stored just now: told to those who come in meanwhile as well.
    pub(super) not_storing: Option<Arc<str>>,
    /// Why nothing can be said just now.
    pub(super) low_space: Option<LowSpace>,
    /// The server stops: nothing more is read.
    pub(super) is_closing: bool,
    /// When the step under way began.
    pub(super) now: Now,
}

impl Context {
    pub(super) fn new(place: ShardSetup) -> Self {
        let ShardSetup { index, boot, server, settings, browsers, zone } = place;
        Self {
            index,
            boot,
            server,
            settings,
            browsers,
            zone,
            not_storing: None,
            low_space: None,
            is_closing: false,
            now: Now::default(),
        }
    }

    /// Which shard of the server it is.
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// New settings.
    pub(super) fn set(&mut self, settings: Arc<Settings>) {
        self.server = Arc::new(ServerFacts {
            first_room: settings.first_room.clone(),
            grace_s: settings.limits.seats.grace_s,
            ..ServerFacts::clone(&self.server)
        });
        self.settings = settings;
    }

    /// The session number for a connection or a visit of this shard.
    pub(super) fn session_id(&self, serial: u64) -> SessionId {
        SessionId::new(self.boot, self.index, serial)
    }

    pub(super) fn clock(&self) -> Clock {
        Clock { now: self.now.time, zone: self.zone.clone() }
    }

    /// Why nothing new is taken just now, if so.
    pub(crate) fn unavailable(&self) -> Option<Arc<str>> {
        if self.is_closing {
            return Some(CLOSING.into());
        }
        self.not_storing.clone()
    }

    /// Whether the server stops, and takes nobody any more.
    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing
    }

    /// What those who are in, and those who come in meanwhile, are told while nothing is stored.
    pub(super) fn waiting_notice(&self) -> Option<String> {
        let why = self.not_storing.as_ref()?;
        Some(format!("{why}: what you say or ask waits until they can"))
    }

    /// Why what is asked cannot be kept, if it would have to be.
    pub(crate) fn no_space(&self, request: &Request) -> Option<Refusal> {
        let LowSpace { free_mib, min_mib } = self.low_space?;
        let text = if request.is_kept() { line::command_line_of(request) } else { return None };
        Some(Refusal::NoSpace { free_mib, min_mib, text })
    }

    /// What the disk lacks, for those who ask how the server is.
    pub(crate) fn space_lacking(&self) -> Option<String> {
        self.low_space.map(|low| low.to_string())
    }
}

const _: () =
    assert!(crate::SHARDS_MAX <= SessionId::SHARDS_MAX, "shards that session numbers tell apart");
