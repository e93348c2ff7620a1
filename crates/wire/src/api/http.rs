//! The api over HTTP: its addresses, one row each in [`ENDPOINTS`]; what goes in and out of them is in `fields`. The
//! same table routes requests and describes them ([`super::openapi`]).

mod asked;
mod fields;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use teahouse_core::harmless::echoed;
use teahouse_core::{Refusal, RoomName, Text};

use super::error::in_field;
use super::failure::{self, Code, Failure};
use super::message::{HistoryPage, RoomsPage};
use crate::decode::decode;
pub(super) use asked::{asked_room, asked_text};
pub use fields::{
    EventsQuery, Found, MessagesQuery, Post, PostQuery, Posted, RoomsQuery, SearchQuery,
};

/// What an address does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Whether the server is well.
    Health,
    /// The description of all this.
    OpenApi,
    /// The WebSocket.
    Socket,
    /// A page of rooms.
    Rooms,
    /// A page of a room's history.
    Messages,
    /// Say something in a room.
    Post,
    /// Follow a room as server-sent events.
    Events,
    /// Find messages.
    Search,
    /// How to use this, as text.
    Usage,
    /// Follow a room as text.
    FollowText,
    /// Say the request's body in a room.
    PostText,
    /// The same, as programs that upload files do.
    PutText,
}

/// One address and what it takes and gives.
#[derive(Debug)]
pub struct Row {
    /// What it does.
    pub endpoint: Endpoint,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// With `{room}` where a room's name stands.
    pub path: &'static str,
    /// One sentence.
    pub what: &'static str,
    /// The parameters behind `?`.
    pub query: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// What its body is.
    pub takes: Media,
    /// What the answer's body is.
    pub gives: Media,
}

/// What a body is.
#[derive(Debug)]
pub enum Media {
    /// There is none.
    Nothing,
    /// Text.
    Text,
    /// Server-sent events.
    Stream,
    /// JSON without a description of its own.
    AnyJson,
    /// JSON of this shape.
    Json(fn(&mut SchemaGenerator) -> Schema),
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn fields<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

/// Methods that some address takes; whatever takes `GET` takes `HEAD`.
pub const METHODS_TAKEN: [&str; 3] = ["GET", "POST", "PUT"];
/// Methods that are refused address by address; any other says that its sender takes us for something else.
pub const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

/// Every address. Those with fixed words come before those where a room's name may stand.
pub const ENDPOINTS: &[Row] = &[
    Row {
        endpoint: Endpoint::Health,
        method: "GET",
        path: "/healthz",
        what: "Whether the server is well.",
        query: None,
        takes: Media::Nothing,
        gives: Media::Text,
    },
    Row {
        endpoint: Endpoint::OpenApi,
        method: "GET",
        path: "/api/v1/openapi.json",
        what: "This description.",
        query: None,
        takes: Media::Nothing,
        gives: Media::AnyJson,
    },
    Row {
        endpoint: Endpoint::Socket,
        method: "GET",
        path: "/api/v1/socket",
        what: "The WebSocket; its messages are in the JSON Schema.",
        query: None,
        takes: Media::Nothing,
        gives: Media::Nothing,
    },
    Row {
        endpoint: Endpoint::Rooms,
        method: "GET",
        path: "/api/v1/rooms",
        what: "A page of the rooms there are.",
        query: Some(fields::<RoomsQuery>),
        takes: Media::Nothing,
        gives: Media::Json(of::<RoomsPage>),
    },
    Row {
        endpoint: Endpoint::Messages,
        method: "GET",
        path: "/api/v1/rooms/{room}/messages",
        what: "A page of a room's history: the newest events, or those before, after or around one, or before a moment.",
        query: Some(fields::<MessagesQuery>),
        takes: Media::Nothing,
        gives: Media::Json(of::<HistoryPage>),
    },
    Row {
        endpoint: Endpoint::Post,
        method: "POST",
        path: "/api/v1/rooms/{room}/messages",
        what: "Say something in a room, making it if there is none of that name.",
        query: None,
        takes: Media::Json(of::<Post>),
        gives: Media::Json(of::<Posted>),
    },
    Row {
        endpoint: Endpoint::Events,
        method: "GET",
        path: "/api/v1/rooms/{room}/events",
        what: "Follow a room as server-sent events: `begin`, then `event` and `presence`. With the header \
               `Last-Event-ID`, or `after`, what was missed comes first.",
        query: Some(fields::<EventsQuery>),
        takes: Media::Nothing,
        gives: Media::Stream,
    },
    Row {
        endpoint: Endpoint::Search,
        method: "GET",
        path: "/api/v1/search",
        what: "Find messages, newest first.",
        query: Some(fields::<SearchQuery>),
        takes: Media::Nothing,
        gives: Media::Json(of::<Found>),
    },
    Row {
        endpoint: Endpoint::Usage,
        method: "GET",
        path: "/",
        what: "How to use this, as text.",
        query: None,
        takes: Media::Nothing,
        gives: Media::Text,
    },
    Row {
        endpoint: Endpoint::FollowText,
        method: "GET",
        path: "/{room}",
        what: "Follow a room as text: `curl -N HOST:5000/lobby`.",
        query: None,
        takes: Media::Nothing,
        gives: Media::Text,
    },
    Row {
        endpoint: Endpoint::PostText,
        method: "POST",
        path: "/{room}",
        what: "Say the request's body in a room: `curl -d \"build done\" HOST:5000/lobby`.",
        query: Some(fields::<PostQuery>),
        takes: Media::Text,
        gives: Media::Text,
    },
    Row {
        endpoint: Endpoint::PutText,
        method: "PUT",
        path: "/{room}",
        what: "The same: `curl -T notes.txt HOST:5000/lobby`.",
        query: Some(fields::<PostQuery>),
        takes: Media::Text,
        gives: Media::Text,
    },
];

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// To this address, with the room it names.
    To(Endpoint, Option<RoomName>),
    /// The address is known, the method is not; these are.
    OtherMethod(Vec<&'static str>),
    /// What stands in the room's place is no room's name.
    NoRoom(Failure),
    /// There is no such address.
    Nowhere,
}

/// Where a request goes, by its method and its path.
#[must_use]
pub fn route(method: &str, path: &str) -> Route {
    let mut methods = Vec::new();
    let mut known = None;
    // A slash at the end is a habit.
    let trimmed = path.strip_suffix('/').filter(|path| !path.is_empty() && !path.ends_with('/'));
    let path = trimmed.unwrap_or(path);
    for row in ENDPOINTS {
        let Some(room) = matched(row.path, path) else { continue };
        // The first address that it is is the one that is meant: `/healthz` is no room.
        if *known.get_or_insert(row.path) != row.path {
            continue;
        }
        // `HEAD` is answered as `GET`, without the body, by whoever writes the answer.
        if row.method != method && !(method == "HEAD" && row.method == "GET") {
            methods.push(row.method);
            continue;
        }
        return match room.map(room_name) {
            None => Route::To(row.endpoint, None),
            Some(Ok(room)) => Route::To(row.endpoint, Some(room)),
            Some(Err(failure)) => Route::NoRoom(failure),
        };
    }
    if !methods.is_empty() {
        return Route::OtherMethod(methods);
    }
    // `curl -T FILE HOST/lobby/` puts the file's name behind the slash.
    match path.strip_prefix('/').and_then(|path| path.split_once('/')) {
        Some((room, file)) if method == "PUT" && !file.contains('/') => match room_name(room) {
            Ok(room) => Route::To(Endpoint::PutText, Some(room)),
            Err(failure) => Route::NoRoom(failure),
        },
        Some(_) | None => Route::Nowhere,
    }
}

/// Whether a path is that of a row; `Some(Some(…))` with what stands for the room.
#[expect(clippy::option_option, reason = "no match, a match without and one with a room")]
fn matched<'a>(pattern: &str, path: &'a str) -> Option<Option<&'a str>> {
    let mut room = None;
    let mut parts = path.split('/');
    for expected in pattern.split('/') {
        let part = parts.next()?;
        if expected == "{room}" && !part.is_empty() {
            room = Some(part);
        } else if expected != part {
            return None;
        }
    }
    parts.next().is_none().then_some(room)
}

fn room_name(escaped: &str) -> Result<RoomName, Failure> {
    let input = percent_encoding::percent_decode_str(escaped).decode_utf8_lossy();
    RoomName::parse(&input).map_err(|error| Failure {
        code: Code::BadName,
        message: format!("{:?} is no name of a room: {error}", echoed(&input)),
        field: Some("room".to_owned()),
        id: None,
    })
}

/// Reads what stands behind `?`. Nothing that is not known is passed over: whoever writes such an address by hand would
/// not notice that a slip was.
///
/// # Errors
/// With the name of the field that is wrong or not known.
pub fn query<T: DeserializeOwned>(query: &str) -> Result<T, Failure> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| wrong(&error))
}

/// Sees that nothing stands behind `?` where nothing may.
///
/// # Errors
/// With the name of what does.
pub fn no_query(query: &str, instead: &str) -> Result<(), Failure> {
    match form_urlencoded::parse(query.as_bytes()).next() {
        None => Ok(()),
        Some((name, _)) => {
            let name = echoed(&name);
            let what = format!("`{name}`: this address takes nothing behind `?`; {instead}");
            Err(bad_request(Some(name), what))
        }
    }
}

/// Reads a body that is JSON. A field that is not known is refused, as behind `?`.
///
/// # Errors
/// With the name of the field that is wrong or not known.
pub fn body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let mut json = serde_json::Deserializer::from_str(words(body)?);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| wrong(&error))?;
    json.end().map_err(|error| bad_request(None, format!("no JSON: {error}")))?;
    Ok(value)
}

/// Reads a body that is what is to be said.
///
/// # Errors
/// When it is no UTF-8 or no message.
pub fn text_body(body: &[u8]) -> Result<Text, Failure> {
    Text::parse(words(body)?).map_err(|error| failure::of(&Refusal::BadText { error }))
}

fn words(body: &[u8]) -> Result<&str, Failure> {
    decode(body).map_err(|error| bad_request(None, format!("the body is not taken: {error}")))
}

fn wrong<E: std::error::Error>(error: &serde_path_to_error::Error<E>) -> Failure {
    let path = error.path().to_string();
    // A field that is not known has the name that the peer gave it.
    let field = (path != ".").then(|| echoed(&path));
    let what = failure::explained(error.inner());
    let message = in_field(field.as_deref(), &what);
    bad_request(field, message)
}

/// A request that was not understood.
#[must_use]
pub fn bad_request(field: Option<String>, message: String) -> Failure {
    Failure { code: Code::BadRequest, message, field, id: None }
}

/// The status of an answer that is a failure (RFC 9110, section 15).
#[must_use]
pub fn status(code: Code) -> u16 {
    match code {
        Code::BadRequest
        | Code::BadName
        | Code::BadText
        | Code::TopicTooLong
        | Code::SearchTooWide
        | Code::Unknown => 400,
        Code::Forbidden | Code::NotInRoom | Code::NotInTheHouse | Code::Ignored => 403,
        Code::NoSuchRoom | Code::NoSuchNick | Code::NoSuchPage | Code::NotFound => 404,
        Code::RoomLooksLike
        | Code::NickTaken
        | Code::AlreadyIn
        | Code::Conflict
        | Code::Yourself
        | Code::Away
        | Code::TooManyRooms
        | Code::InTooManyRooms
        | Code::IgnoringTooMany => 409,
        Code::TooBig => 413,
        Code::WrongMedia => 415,
        Code::WrongHost => 421,
        Code::TooFast => 429,
        Code::SearchesWait | Code::Unreadable | Code::TooManyConnections | Code::Unavailable => 503,
    }
}

#[cfg(test)]
mod tests;
