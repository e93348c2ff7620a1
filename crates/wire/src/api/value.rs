//! The small values of the api protocol and how they are written in JSON.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use teahouse_core::{MessageId, Nick, ResumeKeyHash};
use thiserror::Error;

/// The most bytes in a reference that is a string. The server holds it until the request is answered.
pub(super) const REF_BYTES_MAX: usize = 64;

/// What is wrong with a value of a request, over the WebSocket and over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValueError {
    /// A number out of its range.
    #[error("it is {found}; it must be from 1 to {max}")]
    Range {
        /// The number in the request.
        found: u32,
        /// The largest number allowed.
        max: u32,
    },
    /// A request for more than one part of a history.
    #[error("only one of before, after, around and before_time_ms may be given")]
    Parts,
    /// Too many bytes.
    #[error("it has {bytes} bytes; the limit is {max}")]
    TooLong {
        /// The number of bytes that it has.
        bytes: usize,
        /// The most bytes that it may have.
        max: usize,
    },
    /// Not hexadecimal digits, or not the right number of them.
    #[error("it must be {count} hexadecimal digits")]
    Digits {
        /// The number of digits required.
        count: usize,
    },
}

/// The client's name for a request, which the answer repeats: a number, or a string of at most 64 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Ref {
    /// A number.
    Number(u64),
    /// A string.
    Text(#[schemars(length(max = 64))] RefText),
}

/// A reference that is a string, at most 64 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct RefText(String);

impl TryFrom<String> for RefText {
    type Error = ValueError;
    fn try_from(text: String) -> Result<Self, ValueError> {
        if text.len() > REF_BYTES_MAX {
            return Err(ValueError::TooLong { bytes: text.len(), max: REF_BYTES_MAX });
        }
        Ok(Self(text))
    }
}

impl From<RefText> for String {
    fn from(text: RefText) -> Self {
        text.0
    }
}

/// Reads a nick that a client would like to have, if it names one. The rules for a new nick are stricter than those for
/// the stored nicks of an older version.
pub(super) fn optional_new_nick<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Nick>, D::Error> {
    let name: Option<String> = Option::deserialize(from)?;
    name.map(|name| Nick::parse(&name)).transpose().map_err(D::Error::custom)
}

/// Reads a nick that a client would like to have.
pub(super) fn new_nick<'de, D: Deserializer<'de>>(from: D) -> Result<Nick, D::Error> {
    Nick::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

/// The identity of a history: 64 bits drawn at random when its database was created, as 16 hexadecimal digits.
/// Positions of different epochs cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "Cow<'_, str>")]
pub struct Epoch(pub [u8; 8]);

impl Epoch {
    /// The epoch of a database that was created with these random bytes.
    #[must_use]
    pub fn of(drawn: [u8; 16]) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = drawn;
        Self([a, b, c, d, e, f, g, h])
    }
}

/// The id of a message: 16 bytes that its sender draws at random, as 32 hexadecimal digits. A message that is sent
/// again with the same id is stored and shown once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "Cow<'_, str>")]
pub struct Id(pub [u8; 16]);

impl From<MessageId> for Id {
    fn from(id: MessageId) -> Self {
        Self(id.0)
    }
}

impl From<Id> for MessageId {
    fn from(id: Id) -> Self {
        Self(id.0)
    }
}

/// The secret that resumes a session: 16 bytes that the client draws at random and keeps to itself, as 32 hexadecimal
/// digits.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Cow<'_, str>")]
pub struct ResumeKey(pub [u8; 16]);

impl ResumeKey {
    /// The hash of the key. Only the hash is passed on, logged or stored; the key itself never leaves this crate.
    #[must_use]
    pub fn hashed(&self) -> ResumeKeyHash {
        ResumeKeyHash::of(&self.0)
    }
}

impl std::fmt::Debug for ResumeKey {
    /// Hides the secret, so that it cannot get into a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seat(…)")
    }
}

macro_rules! in_hexadecimal {
    ($name:ident, $bytes:literal, $digits:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(hexadecimal(&self.0, &mut [0; 2 * $bytes]))
            }
        }

        impl TryFrom<Cow<'_, str>> for $name {
            type Error = ValueError;
            fn try_from(digits: Cow<'_, str>) -> Result<Self, ValueError> {
                bytes::<$bytes>(&digits).map(Self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = ValueError;
            fn from_str(digits: &str) -> Result<Self, ValueError> {
                bytes::<$bytes>(digits).map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(hexadecimal(&self.0, &mut [0; 2 * $bytes]))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": concat!("^[0-9a-f]{", $digits, "}$") })
            }
        }
    };
}

in_hexadecimal!(Epoch, 8, 16);
in_hexadecimal!(Id, 16, 32);
in_hexadecimal!(ResumeKey, 16, 32);

/// Writes bytes as hexadecimal digits into a buffer that is twice as long.
fn hexadecimal<'a>(bytes: &[u8], digits: &'a mut [u8]) -> &'a str {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let each = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    for (digit, half) in digits.iter_mut().zip(each) {
        *digit = DIGITS[usize::from(half)];
    }
    std::str::from_utf8(digits).expect("digits are ASCII")
}

fn bytes<const N: usize>(digits: &str) -> Result<[u8; N], ValueError> {
    let wrong = || ValueError::Digits { count: 2 * N };
    if digits.len() != 2 * N || !digits.is_ascii() {
        return Err(wrong());
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16).ok_or_else(wrong);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).map_err(|_| wrong())?;
    }
    Ok(bytes)
}
