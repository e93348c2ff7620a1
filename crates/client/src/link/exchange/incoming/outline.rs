//! What can be read of a message of a house with other rules.

use serde::Deserialize;
use serde::de::IgnoredAny;
use teahouse_core::RoomName;
use teahouse_wire::api::{Epoch, Ref};

/// What can be read of a message that cannot be understood as a whole. One field in a form that is not known
/// hides no other.
#[derive(Deserialize)]
pub(super) struct Outline {
    pub(super) r#type: String,
    #[serde(rename = "ref", default)]
    pub(super) reference: Field<Ref>,
    #[serde(default)]
    pub(super) room: Field<RoomName>,
    #[serde(default)]
    pub(super) epoch: Field<Epoch>,
    #[serde(default)]
    pub(super) position: Field<u64>,
    #[serde(default)]
    pub(super) time_ms: Field<i64>,
}

/// A field that may be missing or have a form that this client does not know.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Field<T> {
    Known(T),
    Unknown(IgnoredAny),
}

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self::Unknown(IgnoredAny)
    }
}

impl<T> Field<T> {
    pub(super) fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(IgnoredAny) => None,
        }
    }
}
