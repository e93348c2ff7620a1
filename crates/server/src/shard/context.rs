//! What a shard knows about its server, and the time of the current step.

use std::sync::Arc;

use jiff::tz::TimeZone;
use teahouse_core::{Refusal, Request, SessionId, SteadyTime, Time};
use teahouse_wire::protocol::ServerFacts;
use teahouse_wire::{Clock, line};

use crate::browsers::Browsers;
use crate::settings::Settings;
use crate::space::LowSpace;

/// Why requests are refused while the server is closing.
pub(crate) const CLOSING: &str = "the house is closing";

/// One moment on both clocks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Now {
    /// By a clock that no administrator sets, for rates and deadlines.
    pub(crate) steady: SteadyTime,
    /// By the clock that people see.
    pub(crate) time: Time,
}

/// What a shard is created with.
#[derive(Clone)]
pub(crate) struct ShardSetup {
    /// The index of the shard in its server.
    pub(crate) index: usize,
    /// The number of times that the history has been opened. It makes session ids unique for the life of the history.
    pub(crate) boot: u32,
    pub(crate) server: Arc<ServerFacts>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) browsers: Arc<Browsers>,
    pub(crate) zone: TimeZone,
}

/// What all connections of a shard share.
pub(crate) struct Context {
    index: usize,
    boot: u32,
    /// The facts that protocols tell clients about the server.
    pub(crate) server: Arc<ServerFacts>,
    pub(crate) settings: Arc<Settings>,
    /// The addresses at which browsers are known.
    pub(crate) browsers: Arc<Browsers>,
    zone: TimeZone,
    /// Why nothing is stored at present. Sessions that begin meanwhile are told as well.
    pub(super) not_storing: Option<Arc<str>>,
    /// Set while the disk is nearly full and nothing can be posted.
    pub(super) low_space: Option<LowSpace>,
    /// Whether the server is closing: nothing more is read.
    pub(super) is_closing: bool,
    /// The time at which the current step began.
    pub(super) now: Now,
}

impl Context {
    pub(super) fn new(setup: ShardSetup) -> Self {
        let ShardSetup { index, boot, server, settings, browsers, zone } = setup;
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

    /// The index of the shard in its server.
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// Applies new settings.
    pub(super) fn configure(&mut self, settings: Arc<Settings>) {
        self.server = Arc::new(ServerFacts {
            first_room: settings.first_room.clone(),
            grace_s: settings.limits.seats.grace_s,
            ..ServerFacts::clone(&self.server)
        });
        self.settings = settings;
    }

    /// The session number for a connection or visit with this serial number.
    pub(super) fn session_id(&self, serial: u64) -> SessionId {
        SessionId::new(self.boot, self.index, serial)
    }

    pub(super) fn clock(&self) -> Clock {
        Clock { now: self.now.time, zone: self.zone.clone() }
    }

    /// Why the shard takes no new requests at present, if so.
    pub(crate) fn unavailable(&self) -> Option<Arc<str>> {
        if self.is_closing {
            return Some(CLOSING.into());
        }
        self.not_storing.clone()
    }

    /// Whether the server is closing and accepts no connections.
    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing
    }

    /// The notice for sessions, while nothing is stored.
    pub(super) fn waiting_notice(&self) -> Option<String> {
        let why = self.not_storing.as_ref()?;
        Some(format!("{why}: what you say or ask waits until they can"))
    }

    /// The refusal for a request whose effect would have to be stored, while the disk is nearly full.
    pub(crate) fn no_space(&self, request: &Request) -> Option<Refusal> {
        let LowSpace { free_mib, min_mib } = self.low_space?;
        let text = if request.is_durable() { line::command_line_of(request) } else { return None };
        Some(Refusal::NoSpace { free_mib, min_mib, text })
    }

    /// What the disk lacks, for the health report.
    pub(crate) fn space_lacking(&self) -> Option<String> {
        self.low_space.map(|low| low.to_string())
    }
}

const _: () =
    assert!(crate::SHARDS_MAX <= SessionId::SHARDS_MAX, "shards that session numbers tell apart");
