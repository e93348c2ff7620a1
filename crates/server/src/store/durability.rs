//! How much a history outlives.

use serde::{Deserialize, Serialize};

/// When a message counts as kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Once it is on the disk: no crash and no power cut takes it back.
    #[default]
    Sync,
    /// Once the system has it: a crash of the server takes nothing, a power cut may take the last ones.
    Async,
    /// Never: nothing is left when the server ends.
    Memory,
}
