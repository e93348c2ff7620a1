//! What is wrong with a request, in words for the author of the program that sent it.

use thiserror::Error;

use super::failure::{Code, Failure};
use super::value::{REF_BYTES_MAX, Ref, ValueError};

/// What is wrong with a request or with a field of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// The text is not JSON, for this reason.
    #[error("no JSON: {0}")]
    NotJson(String),
    /// The text is JSON, but not an object.
    #[error("not a JSON object")]
    NotObject,
    /// A required field is missing.
    #[error("missing")]
    Missing,
    /// A field has to be a string and is not.
    #[error("not a string")]
    NotString,
    /// A `ref` that is not a valid reference.
    #[error("not a number or a string of at most {REF_BYTES_MAX} bytes")]
    Reference,
    /// An `op` that does not exist.
    #[error("there is no {op:?}; known: {}", known.join(", "))]
    UnknownOp {
        /// The `op` as sent, shortened and made harmless.
        op: String,
        /// All ops.
        known: Vec<&'static str>,
    },
    /// A field is missing or has the wrong type, for this reason.
    #[error("{0}")]
    Field(String),
    /// A field has a value that is not allowed.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A second `hello`.
    #[error("you are in already")]
    InAlready,
    /// Another request before `hello`.
    #[error("say hello first")]
    NotIn,
}

impl RequestError {
    /// The code for programs.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::InAlready | Self::NotIn => Code::NotInTheHouse,
            Self::NotJson(_)
            | Self::NotObject
            | Self::Missing
            | Self::NotString
            | Self::Reference
            | Self::UnknownOp { .. }
            | Self::Field(_)
            | Self::Value(_) => Code::BadRequest,
        }
    }
}

/// A request that was not understood. The connection survives, because the next request is a message of its own.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", in_field(field.as_deref(), what))]
pub struct NotUnderstood {
    /// The reference of the request, if it could be read.
    pub reference: Option<Ref>,
    /// The field that is wrong; `None` when it is the request as a whole.
    pub field: Option<String>,
    /// What is wrong.
    pub what: RequestError,
}

impl From<&NotUnderstood> for Failure {
    fn from(error: &NotUnderstood) -> Self {
        let (code, field) = (error.what.code(), error.field.clone());
        Self { code, message: error.to_string(), field, id: None }
    }
}

/// An error with the name of its field before it.
pub(super) fn in_field(field: Option<&str>, what: &impl std::fmt::Display) -> String {
    match field {
        Some(field) => format!("`{field}`: {what}"),
        None => what.to_string(),
    }
}
