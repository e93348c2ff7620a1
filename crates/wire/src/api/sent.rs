//! Reads messages of a server, for clients: first the `type`, then the fields of that message. What a newer server adds
//! is ignored.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use teahouse_core::harmless::echoed;
use teahouse_core::{Nick, RoomName, Text};
use thiserror::Error;

use super::envelope;
use super::error::{NotUnderstood, RequestError};
use super::message::{Event, Message, ServerMessage};
use super::presence::{Cause, Change, Presence};
use super::request::Cursor;
use super::value::{Epoch, Id, Ref};
use crate::decode::{decode, without_mark};

/// The most bytes of one string in a server's JSON: many times the longest text with every character escaped. A bound is
/// needed because serde's error for a string in place of another type contains the whole string, escaped again.
const STRING_BYTES_MAX: usize = 512 * 1024;

/// The most bytes of a room, an epoch, a position or a time in JSON: many times the longest with every character escaped.
const CURSOR_FIELD_BYTES_MAX: usize = 1024;

/// A message of a server that this version cannot read.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Misread {
    /// The message is unusable as a whole, and so is the connection.
    #[error("{error}; it begins with {start:?}")]
    Whole {
        /// What is wrong.
        error: NotUnderstood,
        /// The start of the message, shortened and made harmless.
        start: String,
    },
    /// A field has a form that this version does not know. The connection survives: the next message stands alone.
    #[error("{error}")]
    Fields {
        /// What is wrong, in which field.
        error: NotUnderstood,
        /// The parts that can be read.
        outline: Box<Outline>,
    },
}

/// The parts that can be read of a message that cannot be read as a whole. Each part is read by itself, so that one
/// unreadable field does not hide the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    /// The `type` as sent, shortened and made harmless.
    pub kind: String,
    /// The reference of the request that the message answers, if any.
    pub reference: Option<Ref>,
    /// The room and position of an event, if the message is an event and both can be read.
    pub cursor: Option<(RoomName, Cursor)>,
}

/// Reads the fields of one kind of message from the whole text.
type Read = fn(&str) -> Result<Message, NotUnderstood>;

/// A function that reads the fields of a message or change from a text. A field of type `Option` may be missing.
macro_rules! read {
    ($enum:ident::$variant:ident { $($field:ident: $type:ty),* $(,)? }) => {
        |text| {
            #[derive(Deserialize)]
            struct Fields {
                $($field: $type,)*
            }
            fields(text, |Fields { $($field),* }| $enum::$variant { $($field),* })
        }
    };
}

/// Every `type` that this version knows and how its fields are read.
const KINDS: &[(&str, Read)] = &[
    ("welcome", |text| fields(text, Message::Welcome)),
    ("joined", |text| fields(text, Message::Joined)),
    ("left", read!(Message::Left { room: RoomName })),
    ("event", |text| fields(text, Message::Event)),
    ("presence", presence),
    ("duplicate", read!(Message::Duplicate { room: RoomName, position: u64, id: Id })),
    ("told", read!(Message::Told { time_ms: i64, from: Nick, text: Text })),
    ("delivered", read!(Message::Delivered { to: Nick })),
    ("history", |text| fields(text, Message::History)),
    ("found", read!(Message::Found { words: String, events: Vec<Event>, more: Option<u64> })),
    (
        "members",
        read!(Message::Members {
            room: RoomName,
            nicks: Vec<Nick>,
            total: usize,
            page: u32,
            pages: u32,
        }),
    ),
    ("rooms", |text| fields(text, Message::Rooms)),
    ("renamed", read!(Message::Renamed { from: Nick, to: Nick })),
    ("topic", read!(Message::Topic { room: RoomName, topic: Option<Text> })),
    ("ignoring", read!(Message::Ignoring { nicks: Vec<Nick> })),
    ("notice", read!(Message::Notice { text: String })),
    ("error", |text| fields(text, Message::Error)),
    ("bye", read!(Message::Bye { cause: Cause, reconnect: bool })),
];

/// Reads the fields of one kind of change.
type ReadChange = fn(&str) -> Result<Change, NotUnderstood>;

/// Every `change` that this version knows and how its fields are read.
const CHANGES: &[(&str, ReadChange)] = &[
    ("entered", read!(Change::Entered { nick: Nick })),
    ("left", read!(Change::Left { nick: Nick })),
    ("offline", read!(Change::Offline { nick: Nick, cause: Cause })),
    ("renamed", read!(Change::Renamed { from: Nick, to: Nick })),
    ("typing", read!(Change::Typing { nick: Nick })),
    (
        "folded",
        read!(Change::Folded {
            entered: Vec<Nick>,
            entered_count: usize,
            gone: Vec<Nick>,
            gone_count: usize,
            members: usize,
        }),
    ),
];

impl ServerMessage {
    /// Reads one JSON text. A `type` that this version does not know gives [`Message::Unknown`].
    ///
    /// # Errors
    /// When the text is not a JSON object with a `type`, or a field is missing, wrong or given twice.
    pub fn parse(json: &str) -> Result<Self, Misread> {
        let text = without_mark(json);
        let whole = |error| Misread::Whole { error, start: echoed(text) };
        let [kind, reference, cursor @ ..] =
            envelope::pick(text, ["type", "ref", "room", "epoch", "position", "time_ms"])
                .map_err(|what| whole(NotUnderstood { reference: None, field: None, what }))?;
        let kind = envelope::name(kind).map_err(|what| whole(envelope::in_field("type", what)))?;
        let reference = envelope::reference(reference);
        let message = match KINDS.iter().find(|(name, _)| *name == kind) {
            Some((_, read)) => read(text),
            None => Ok(Message::Unknown),
        };
        match (reference, message) {
            (Ok(reference), Ok(message)) => Ok(Self { reference, message }),
            (Ok(reference), Err(error)) => Err(misread_fields(error, &kind, reference, cursor)),
            (Err(error), _) => Err(misread_fields(error, &kind, None, cursor)),
        }
    }
}

/// Reads the JSON body of a server's answer over HTTP.
///
/// # Errors
/// When the body is not a JSON object, or a field is missing, wrong or given twice.
pub fn received<T: DeserializeOwned>(json: &[u8]) -> Result<T, NotUnderstood> {
    let whole = |what| NotUnderstood { reference: None, field: None, what };
    let text = decode(json).map_err(|error| whole(RequestError::NotJson(error.to_string())))?;
    let [] = envelope::pick(text, []).map_err(whole)?;
    fields(text, |value| value)
}

/// Reads the fields of a `T` from the whole text.
fn fields<T: DeserializeOwned, U>(
    text: &str,
    make: impl FnOnce(T) -> U,
) -> Result<U, NotUnderstood> {
    let longest = longest_string(text);
    if longest > STRING_BYTES_MAX {
        let what = format!("a string has {longest} bytes; the limit is {STRING_BYTES_MAX}");
        return Err(NotUnderstood {
            reference: None,
            field: None,
            what: RequestError::Field(what),
        });
    }
    envelope::fields(text).map(make)
}

/// The number of bytes of the longest string in a JSON text, or an upper bound of it when the text is short.
fn longest_string(text: &str) -> usize {
    if text.len() <= STRING_BYTES_MAX {
        return text.len();
    }
    let (mut longest, mut length) = (0, 0);
    let (mut is_inside, mut is_escaped) = (false, false);
    for byte in text.bytes() {
        if is_escaped {
            is_escaped = false;
        } else if byte == b'"' {
            (is_inside, length) = (!is_inside, 0);
        } else {
            is_escaped = byte == b'\\';
        }
        if is_inside {
            length += 1;
            longest = longest.max(length);
        }
    }
    longest
}

#[derive(Deserialize)]
struct InRoom {
    room: RoomName,
}

/// Reads a presence message: first the `change`, then the fields of that change.
fn presence(text: &str) -> Result<Message, NotUnderstood> {
    let wrong = |what| envelope::in_field("change", what);
    let [change] = envelope::pick(text, ["change"]).map_err(wrong)?;
    let change = envelope::name(change).map_err(wrong)?;
    let change = match CHANGES.iter().find(|(name, _)| *name == change) {
        Some((_, read)) => read(text)?,
        None => Change::Unknown,
    };
    fields(text, |InRoom { room }| Message::Presence(Presence { room, change }))
}

fn misread_fields(
    error: NotUnderstood,
    kind: &str,
    reference: Option<Ref>,
    [room, epoch, position, time_ms]: [Option<&RawValue>; 4],
) -> Misread {
    fn known<T: DeserializeOwned>(raw: Option<&RawValue>) -> Option<T> {
        let short = raw.map(RawValue::get).filter(|raw| raw.len() <= CURSOR_FIELD_BYTES_MAX)?;
        serde_json::from_str(short).ok()
    }
    let cursor = || {
        let (epoch, position) = (known::<Epoch>(epoch)?, known(position)?);
        Some((known(room)?, Cursor { epoch, position, time_ms: known(time_ms) }))
    };
    let cursor = if kind == "event" { cursor() } else { None };
    let outline = Box::new(Outline { kind: echoed(kind), reference, cursor });
    Misread::Fields { error, outline }
}
