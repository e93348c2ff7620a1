//! The setting `durability`: which failures a stored message survives.

use serde::{Deserialize, Serialize};

/// When a message counts as stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// When it is on the disk: it survives a crash and a power cut.
    #[default]
    Sync,
    /// When the operating system has it: it survives a crash of the server; a power cut may lose the last messages.
    Async,
    /// Never: the history is only in memory and is gone when the server ends.
    Memory,
}
