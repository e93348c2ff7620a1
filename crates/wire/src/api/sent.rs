//! Reads what a server sends: of which kind it is, then its fields. What a newer server adds is passed over.

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

/// Bytes of one string in what a server sends, as it stands in JSON: many times the longest text with every character escaped.
/// What has the wrong type is written into the error as a whole, escaped again.
const STRING_BYTES_MAX: usize = 512 * 1024;

/// Bytes of a room, an epoch, a position or a time as it stands in JSON: many times the longest with every character
/// escaped.
const PLACE_BYTES_MAX: usize = 1024;

/// What a server sent and this version cannot read.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Misread {
    /// Nothing of it can be used: the connection cannot go on.
    #[error("{error}; it begins with {start:?}")]
    Whole {
        /// What is wrong with it.
        error: NotUnderstood,
        /// Its start, short and harmless.
        start: String,
    },
    /// Its fields are not as this version knows them. The connection survives: the next one is a message of its own.
    #[error("{error}")]
    Fields {
        /// What is wrong with which.
        error: NotUnderstood,
        /// What can be read of it.
        outline: Box<Outline>,
    },
}

/// What can be read of a message that cannot be read as a whole. One field in a form that is not known hides no other.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    /// The `type` as sent, short and harmless.
    pub kind: String,
    /// Which request it answers, if any.
    pub reference: Option<Ref>,
    /// Where an event stands, if it is one that says so.
    pub place: Option<(RoomName, Cursor)>,
}

/// Reads the fields of one kind of message from the whole text.
type Read = fn(&str) -> Result<Message, NotUnderstood>;

/// A message or change by its fields, which are read from a text. What `Option` stands for may be missing.
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
    /// Reads one JSON text. A kind that is not known is [`Message::Unknown`].
    ///
    /// # Errors
    /// When it is no JSON object with a `type`, or a field is missing, wrong or there twice.
    pub fn parse(json: &str) -> Result<Self, Misread> {
        let text = without_mark(json);
        let whole = |error| Misread::Whole { error, start: echoed(text) };
        let [kind, reference, place @ ..] =
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
            (Ok(reference), Err(error)) => Err(outlined(error, &kind, reference, place)),
            (Err(error), _) => Err(outlined(error, &kind, None, place)),
        }
    }
}

/// Reads the fields of what a server says over HTTP.
///
/// # Errors
/// When it is no JSON object, or a field is missing, wrong or there twice.
pub fn received<T: DeserializeOwned>(json: &[u8]) -> Result<T, NotUnderstood> {
    let whole = |what| NotUnderstood { reference: None, field: None, what };
    let text = decode(json).map_err(|error| whole(RequestError::NotJson(error.to_string())))?;
    let [] = envelope::pick(text, []).map_err(whole)?;
    fields(text, |value| value)
}

/// Reads the fields of something from the whole text.
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

/// Bytes of the longest string in JSON.
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

/// Reads a coming or going: what changed, then its fields.
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

fn outlined(
    error: NotUnderstood,
    kind: &str,
    reference: Option<Ref>,
    [room, epoch, position, time_ms]: [Option<&RawValue>; 4],
) -> Misread {
    fn known<T: DeserializeOwned>(raw: Option<&RawValue>) -> Option<T> {
        let short = raw.map(RawValue::get).filter(|raw| raw.len() <= PLACE_BYTES_MAX)?;
        serde_json::from_str(short).ok()
    }
    let place = || {
        let (epoch, position) = (known::<Epoch>(epoch)?, known(position)?);
        Some((known(room)?, Cursor { epoch, position, time_ms: known(time_ms) }))
    };
    let place = if kind == "event" { place() } else { None };
    let outline = Box::new(Outline { kind: echoed(kind), reference, place });
    Misread::Fields { error, outline }
}
