//! One run of a scenario: what it measures, under what load, and how.

use anyhow::Result;

use crate::report::Figures;
use crate::server::{Kind, Server};

/// One server under one load.
pub(crate) struct Trial {
    pub(crate) server: String,
    pub(crate) load: String,
    pub(crate) run: Box<dyn Fn() -> Result<Figures>>,
}

impl Trial {
    /// A trial that starts a fresh server of this kind.
    pub(crate) fn new(
        kind: &Kind,
        load: &str,
        run: impl Fn(&Server) -> Result<Figures> + 'static,
    ) -> Self {
        let starting = kind.clone();
        Self::alone(&kind.name, load, move || run(&starting.start()?))
    }

    /// A trial without a server.
    pub(crate) fn alone(
        server: &str,
        load: &str,
        run: impl Fn() -> Result<Figures> + 'static,
    ) -> Self {
        Self { server: server.to_owned(), load: load.to_owned(), run: Box::new(run) }
    }
}
