//! Reads requests: once over the text for what decides how it is read, once more for the fields. Nothing of what is
//! not known is kept, however much it is and however deep it goes, so that a text costs about its own bytes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    DeserializeOwned, Deserializer as _, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;
use teahouse_core::harmless::echoed;

use super::error::{NotUnderstood, RequestError};
use super::failure;
use super::request::{Asked, Request};
use super::value::{REF_BYTES_MAX, Ref};
use crate::decode::without_mark;

/// Bytes of a reference as it stands in JSON: each of its own may be written as six, in quotes.
const REF_JSON_BYTES_MAX: usize = 6 * REF_BYTES_MAX + 2;

/// Reads the fields of one kind of request from the whole text.
type Parse = fn(&str) -> Result<Request, NotUnderstood>;

/// Every `op` there is and how its fields are read.
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

impl Asked {
    /// Reads one JSON text.
    ///
    /// # Errors
    /// When it is no JSON object, has no known `op`, or a field is missing or wrong.
    pub fn parse(json: &str) -> Result<Self, NotUnderstood> {
        let text = without_mark(json);
        let whole = |what| NotUnderstood { reference: None, field: None, what };
        let envelope = Envelope::read(text)
            .map_err(|error| whole(wrong(&error)))?
            .ok_or_else(|| whole(RequestError::NotObject))?;
        let reference = envelope.reference().map_err(|()| NotUnderstood {
            field: Some("ref".to_owned()),
            ..whole(RequestError::Reference)
        })?;
        let request = envelope.parse().and_then(|parse| parse(text));
        match request {
            Ok(request) => Ok(Self { reference, request }),
            Err(error) => Err(NotUnderstood { reference, ..error }),
        }
    }
}

/// What decides how a request is read, as it stands in the text.
#[derive(Default)]
struct Envelope<'a> {
    op: Option<&'a RawValue>,
    reference: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    /// `None` for JSON that is no object.
    fn read(text: &'a str) -> Result<Option<Self>, serde_json::Error> {
        let mut json = serde_json::Deserializer::from_str(text);
        let envelope = json.deserialize_any(AnyJson)?;
        json.end()?;
        Ok(envelope)
    }

    fn reference(&self) -> Result<Option<Ref>, ()> {
        let Some(raw) = self.reference.filter(|raw| raw.get() != "null") else {
            return Ok(None);
        };
        if raw.get().len() > REF_JSON_BYTES_MAX {
            return Err(());
        }
        serde_json::from_str(raw.get()).map_err(|_| ())
    }

    /// How the fields of this request are read.
    fn parse(&self) -> Result<Parse, NotUnderstood> {
        let wrong = |what| NotUnderstood { reference: None, field: Some("op".to_owned()), what };
        let raw = self.op.ok_or_else(|| wrong(RequestError::Missing))?;
        let op: Op<'_> =
            serde_json::from_str(raw.get()).map_err(|_| wrong(RequestError::NotString))?;
        let known = OPS.iter().find(|(name, _)| *name == op.0);
        known.map(|(_, parse)| *parse).ok_or_else(|| {
            let known = OPS.iter().map(|(name, _)| *name).collect();
            wrong(RequestError::UnknownOp { op: echoed(&op.0), known })
        })
    }
}

/// A name that is only copied where it is written with escapes.
#[derive(serde::Deserialize)]
struct Op<'a>(#[serde(borrow)] Cow<'a, str>);

/// Takes any JSON, and of an object the envelope.
struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Option<Envelope<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(Op(key)) = map.next_key()? {
            match &*key {
                "op" => once(&mut envelope.op, "op", map.next_value()?)?,
                "ref" => once(&mut envelope.reference, "ref", map.next_value()?)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Some(envelope))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Reads the fields of a request; those it does not have are passed over.
fn fields<T: DeserializeOwned>(
    text: &str,
    request: impl FnOnce(T) -> Request,
) -> Result<Request, NotUnderstood> {
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map(request).map_err(|error| {
        let path = error.path().to_string();
        let field = (path != ".").then_some(path);
        NotUnderstood { reference: None, field, what: wrong(error.inner()) }
    })
}

/// Takes a field that may be there once.
fn once<'a, E: Error>(
    field: &mut Option<&'a RawValue>,
    name: &'static str,
    value: &'a RawValue,
) -> Result<(), E> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::duplicate_field(name)),
    }
}

/// What is wrong with a text: it is no JSON, or has not the fields it should have.
fn wrong(error: &serde_json::Error) -> RequestError {
    if error.is_data() {
        RequestError::Field(failure::explained(&without_place(error)))
    } else {
        RequestError::NotJson(error.to_string())
    }
}

/// What is wrong, without the line and column, which say less than the field does.
fn without_place(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    words.strip_suffix(&place).map(str::to_owned).unwrap_or(words)
}
