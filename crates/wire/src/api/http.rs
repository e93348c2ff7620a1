//! The api over HTTP: its endpoints, one row each in [`ENDPOINTS`]. The same table routes requests and generates their
//! description ([`super::openapi`]). Their parameters and bodies are in `fields`.

mod fields;
mod schemas;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use teahouse_core::harmless::echoed;
use teahouse_core::{Refusal, RoomName, Text};

use super::error::in_field;
use super::failure::{self, Code, Failure};
use super::message::{HistoryPage, RoomsPage};
use crate::decode::decode;
pub use fields::{
    EventsQuery, Found, MessagesQuery, Post, PostQuery, Posted, RoomsQuery, SearchQuery,
};
pub(super) use schemas::{room_schema, text_schema};

/// The endpoints of the api. Their names are the operation ids of the OpenAPI description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The health check.
    Health,
    /// The OpenAPI description.
    OpenApi,
    /// The WebSocket.
    Socket,
    /// A page of the list of rooms.
    Rooms,
    /// A page of a room's history.
    Messages,
    /// Send a message to a room.
    Post,
    /// Follow a room as server-sent events.
    Events,
    /// Search messages.
    Search,
    /// A short manual as text.
    Usage,
    /// Follow a room as text.
    FollowText,
    /// Send the request's body as a message.
    PostText,
    /// The same with `PUT`, for programs that upload files.
    PutText,
}

/// One endpoint: its method and path, what it accepts and what it returns.
#[derive(Debug)]
pub struct Row {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// `GET`, `POST` or `PUT`.
    pub method: &'static str,
    /// The path, with `{room}` in place of a room's name.
    pub path: &'static str,
    /// The summary in the description: one or two sentences.
    pub what: &'static str,
    /// The schema of the query parameters, if there are any.
    pub query: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// The body of the request.
    pub takes: Media,
    /// The body of the answer.
    pub gives: Media,
}

/// The media type of a body.
#[derive(Debug)]
pub enum Media {
    /// No body.
    Nothing,
    /// Text.
    Text,
    /// Server-sent events.
    Stream,
    /// JSON without a schema.
    AnyJson,
    /// JSON with this schema.
    Json(fn(&mut SchemaGenerator) -> Schema),
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn fields<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

/// The methods that some endpoint accepts. An endpoint that accepts `GET` accepts `HEAD`.
pub const METHODS_TAKEN: [&str; 3] = ["GET", "POST", "PUT"];
/// The methods of ordinary HTTP clients; a path refuses those that it does not accept. A peer that sends any other
/// method is no client of this api.
pub const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

/// All endpoints. Fixed paths come before paths where a room's name may stand.
pub const ENDPOINTS: &[Row] = &[
    Row {
        endpoint: Endpoint::Health,
        method: "GET",
        path: "/healthz",
        what: "Check the health of the server.",
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
        what: "The WebSocket. The JSON Schema describes its messages.",
        query: None,
        takes: Media::Nothing,
        gives: Media::Nothing,
    },
    Row {
        endpoint: Endpoint::Rooms,
        method: "GET",
        path: "/api/v1/rooms",
        what: "List the rooms, in pages.",
        query: Some(fields::<RoomsQuery>),
        takes: Media::Nothing,
        gives: Media::Json(of::<RoomsPage>),
    },
    Row {
        endpoint: Endpoint::Messages,
        method: "GET",
        path: "/api/v1/rooms/{room}/messages",
        what: "Read a page of a room's history: the newest events, or those before, after or around a position, or before a time.",
        query: Some(fields::<MessagesQuery>),
        takes: Media::Nothing,
        gives: Media::Json(of::<HistoryPage>),
    },
    Row {
        endpoint: Endpoint::Post,
        method: "POST",
        path: "/api/v1/rooms/{room}/messages",
        what: "Send a message to a room. The room is created if it does not exist.",
        query: None,
        takes: Media::Json(of::<Post>),
        gives: Media::Json(of::<Posted>),
    },
    Row {
        endpoint: Endpoint::Events,
        method: "GET",
        path: "/api/v1/rooms/{room}/events",
        what: "Follow a room as server-sent events: `begin`, then `event` and `presence`. With the header \
               `Last-Event-ID`, or `after`, the events that you missed come first.",
        query: Some(fields::<EventsQuery>),
        takes: Media::Nothing,
        gives: Media::Stream,
    },
    Row {
        endpoint: Endpoint::Search,
        method: "GET",
        path: "/api/v1/search",
        what: "Search messages, newest first.",
        query: Some(fields::<SearchQuery>),
        takes: Media::Nothing,
        gives: Media::Json(of::<Found>),
    },
    Row {
        endpoint: Endpoint::Usage,
        method: "GET",
        path: "/",
        what: "A short manual, as text.",
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
        what: "Send the request's body as a message to a room: `curl -d \"build done\" HOST:5000/lobby`.",
        query: Some(fields::<PostQuery>),
        takes: Media::Text,
        gives: Media::Text,
    },
    Row {
        endpoint: Endpoint::PutText,
        method: "PUT",
        path: "/{room}",
        what: "Send a file as a message to a room: `curl -T notes.txt HOST:5000/lobby`.",
        query: Some(fields::<PostQuery>),
        takes: Media::Text,
        gives: Media::Text,
    },
];

/// The endpoint of a request, or why it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// This endpoint, with the room in the path.
    To(Endpoint, Option<RoomName>),
    /// The path exists, but not for this method; for these.
    OtherMethod(Vec<&'static str>),
    /// The path has something in place of a room's name that is not a valid name.
    NoRoom(Failure),
    /// No endpoint has this path.
    Nowhere,
}

/// Finds the endpoint of a request by its method and path.
#[must_use]
pub fn route(method: &str, path: &str) -> Route {
    let mut methods = Vec::new();
    let mut known = None;
    // People often write a slash at the end.
    let trimmed = path.strip_suffix('/').filter(|path| !path.is_empty() && !path.ends_with('/'));
    let path = trimmed.unwrap_or(path);
    for row in ENDPOINTS {
        let Some(room) = match_path(row.path, path) else { continue };
        // Only the first path that matches counts: `/healthz` is not a room.
        if *known.get_or_insert(row.path) != row.path {
            continue;
        }
        // `HEAD` is routed as `GET`; the HTTP server leaves out the body.
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
    // `curl -T FILE HOST/lobby/` appends the file's name to the path.
    match path.strip_prefix('/').and_then(|path| path.split_once('/')) {
        Some((room, file)) if method == "PUT" && !file.contains('/') => match room_name(room) {
            Ok(room) => Route::To(Endpoint::PutText, Some(room)),
            Err(failure) => Route::NoRoom(failure),
        },
        Some(_) | None => Route::Nowhere,
    }
}

/// Matches a path against the path of a row: `None` if it does not match, `Some(Some(…))` with the part in place of
/// `{room}`.
#[expect(clippy::option_option, reason = "no match, a match without and one with a room")]
fn match_path<'a>(pattern: &str, path: &'a str) -> Option<Option<&'a str>> {
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

/// Reads query parameters. Unknown ones are refused: a person who mistypes one by hand would not notice that it is
/// ignored.
///
/// # Errors
/// When a field is wrong or unknown; the failure names it.
pub fn query<T: DeserializeOwned>(query: &str) -> Result<T, Failure> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| wrong(&error))
}

/// Checks that an endpoint without query parameters gets none.
///
/// # Errors
/// When there is one; the failure names the first.
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

/// Reads a body that is JSON. Unknown fields are refused, as in [`query`].
///
/// # Errors
/// When a field is wrong or unknown; the failure names it.
pub fn body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let mut json = serde_json::Deserializer::from_str(words(body)?);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| wrong(&error))?;
    json.end().map_err(|error| bad_request(None, format!("no JSON: {error}")))?;
    Ok(value)
}

/// Reads a body that is the text of a message.
///
/// # Errors
/// When the body is not UTF-8 or not a valid text.
pub fn text_body(body: &[u8]) -> Result<Text, Failure> {
    Text::parse(words(body)?).map_err(|error| failure::of(&Refusal::BadText { error }))
}

fn words(body: &[u8]) -> Result<&str, Failure> {
    decode(body).map_err(|error| bad_request(None, format!("the body is not taken: {error}")))
}

fn wrong<E: std::error::Error>(error: &serde_path_to_error::Error<E>) -> Failure {
    let path = error.path().to_string();
    // The name of an unknown field comes from the peer, so it has to be made harmless.
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

/// The HTTP status for a failure (RFC 9110, section 15).
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
