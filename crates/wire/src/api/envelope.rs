//! Reads JSON from a peer in two passes over the text: first the fields that say which type it is (`op`, `type`, `ref`),
//! then all fields of that type. Unknown fields are skipped without being stored, however large or deeply nested, so
//! that reading a text needs about as much memory as the text itself.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    DeserializeOwned, Deserializer as _, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::error::{NotUnderstood, RequestError};
use super::failure;
use super::value::{REF_BYTES_MAX, Ref};

/// The most bytes of a reference in JSON: in quotes, with each byte written as an escape of six (`\u0061`).
const REF_JSON_BYTES_MAX: usize = 6 * REF_BYTES_MAX + 2;

/// Finds the fields of these names in a text that is one JSON object. A field may not occur twice.
pub(super) fn pick<'a, const N: usize>(
    text: &'a str,
    names: [&'static str; N],
) -> Result<[Option<&'a RawValue>; N], RequestError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let picked = json.deserialize_any(Picking(names)).and_then(|picked| {
        json.end()?;
        Ok(picked)
    });
    picked.map_err(|error| wrong(&error))?.ok_or(RequestError::NotObject)
}

/// Reads a required string. It is copied only if it contains escapes.
pub(super) fn name(raw: Option<&RawValue>) -> Result<Cow<'_, str>, RequestError> {
    let raw = raw.ok_or(RequestError::Missing)?.get();
    let Name(name) = serde_json::from_str(raw).map_err(|_| RequestError::NotString)?;
    Ok(name)
}

#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads the reference, if there is one.
pub(super) fn reference(raw: Option<&RawValue>) -> Result<Option<Ref>, NotUnderstood> {
    let Some(raw) = raw.map(RawValue::get).filter(|raw| *raw != "null") else { return Ok(None) };
    let short = Some(raw).filter(|raw| raw.len() <= REF_JSON_BYTES_MAX);
    match short.and_then(|raw| serde_json::from_str(raw).ok()) {
        Some(reference) => Ok(Some(reference)),
        None => Err(in_field("ref", RequestError::Reference)),
    }
}

/// Reads the fields of a text that is one JSON object; fields that `T` does not have are ignored.
pub(super) fn fields<T: DeserializeOwned>(text: &str) -> Result<T, NotUnderstood> {
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let field = (path != ".").then_some(path);
        NotUnderstood { reference: None, field, what: wrong(error.inner()) }
    })
}

/// The error for a field of this name.
pub(super) fn in_field(name: &str, what: RequestError) -> NotUnderstood {
    NotUnderstood { reference: None, field: Some(name.to_owned()), what }
}

/// The error for a text that is not JSON or does not have the right fields.
fn wrong(error: &serde_json::Error) -> RequestError {
    if !error.is_data() {
        return RequestError::NotJson(error.to_string());
    }
    let mut words = failure::explained(error);
    // The name of the field says more than the line and column.
    let location = format!(" at line {} column {}", error.line(), error.column());
    if words.ends_with(&location) {
        words.truncate(words.len() - location.len());
    }
    RequestError::Field(words)
}

/// Accepts any JSON value, and picks the fields of these names from an object.
struct Picking<const N: usize>([&'static str; N]);

impl<'de, const N: usize> Visitor<'de> for Picking<N> {
    type Value = Option<[Option<&'de RawValue>; N]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut picked = [None; N];
        while let Some(Name(key)) = map.next_key()? {
            match self.0.iter().position(|name| *name == key) {
                Some(index) => {
                    if picked[index].replace(map.next_value()?).is_some() {
                        return Err(A::Error::duplicate_field(self.0[index]));
                    }
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(picked))
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
