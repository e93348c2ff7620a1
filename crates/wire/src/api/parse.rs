//! Reads requests: first the `op`, then the fields of that request.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use teahouse_core::harmless::echoed;

use super::envelope::{self, in_field};
use super::error::{NotUnderstood, RequestError};
use super::request::{ClientMessage, Request};
use crate::decode::without_mark;

/// Reads the fields of one kind of request from the whole text.
type Parse = fn(&str) -> Result<Request, NotUnderstood>;

/// Every `op` and how its fields are read.
const OPS: &[(&str, Parse)] = &[
    ("hello", |text| fields(text, Request::Hello)),
    ("join", |text| fields(text, Request::Join)),
    ("leave", |text| fields(text, Request::Leave)),
    ("say", |text| fields(text, Request::Say)),
    ("tell", |text| fields(text, Request::Tell)),
    ("history", |text| fields(text, Request::History)),
    ("search", |text| fields(text, Request::Search)),
    ("who", |text| fields(text, Request::Who)),
    ("rooms", |text| fields(text, Request::Rooms)),
    ("nick", |text| fields(text, Request::Nick)),
    ("topic", |text| fields(text, Request::Topic)),
    ("typing", |text| fields(text, Request::Typing)),
    ("ignore", |text| fields(text, Request::Ignore)),
    ("bye", |text| fields(text, Request::Bye)),
];

impl ClientMessage {
    /// Reads one JSON text.
    ///
    /// # Errors
    /// When the text is not a JSON object, has no known `op`, or a field is missing or wrong.
    pub fn parse(json: &str) -> Result<Self, NotUnderstood> {
        let text = without_mark(json);
        let [op, reference] = envelope::pick(text, ["op", "ref"])
            .map_err(|what| NotUnderstood { reference: None, field: None, what })?;
        let reference = envelope::reference(reference)?;
        let request = parse_of(op).and_then(|parse| parse(text));
        match request {
            Ok(request) => Ok(Self { reference, request }),
            Err(error) => Err(NotUnderstood { reference, ..error }),
        }
    }
}

/// Finds the function that reads the fields of a request with this `op`.
fn parse_of(op: Option<&RawValue>) -> Result<Parse, NotUnderstood> {
    let op = envelope::name(op).map_err(|what| in_field("op", what))?;
    let known = OPS.iter().find(|(name, _)| *name == op);
    known.map(|(_, parse)| *parse).ok_or_else(|| {
        let known = OPS.iter().map(|(name, _)| *name).collect();
        in_field("op", RequestError::UnknownOp { op: echoed(&op), known })
    })
}

/// Reads the fields of a request.
fn fields<T: DeserializeOwned>(
    text: &str,
    request: impl FnOnce(T) -> Request,
) -> Result<Request, NotUnderstood> {
    envelope::fields(text).map(request)
}
