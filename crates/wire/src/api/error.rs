//! What is wrong with a request, in words for who wrote the program that sent it.

use thiserror::Error;

use super::failure::{Code, Failure};
use super::value::{REF_BYTES_MAX, Ref, ValueError};

/// What is wrong with a request or with a field of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// It cannot be read as JSON, for this reason.
    #[error("no JSON: {0}")]
    NotJson(String),
    /// It is JSON, and no object.
    #[error("not a JSON object")]
    NotObject,
    /// A field that has to be there is not.
    #[error("missing")]
    Missing,
    /// A field that has to be a string is none.
    #[error("not a string")]
    NotString,
    /// A reference that is none.
    #[error("not a number or a string of at most {REF_BYTES_MAX} bytes")]
    Reference,
    /// Nothing that can be asked is called so.
    #[error("there is no {op:?}; known: {}", known.join(", "))]
    UnknownOp {
        /// As sent, short and harmless.
        op: String,
        /// What can be asked.
        known: Vec<&'static str>,
    },
    /// The fields are not those of the request, for this reason.
    #[error("{0}")]
    Field(String),
    /// A value cannot be.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A second `hello`.
    #[error("you are in already")]
    InAlready,
    /// Something else before `hello`.
    #[error("say hello first")]
    NotIn,
}

impl RequestError {
    /// What programs tell it apart by.
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

/// A request that was not understood. The connection survives: the next one is a message of its own.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", in_field(field.as_deref(), what))]
pub struct NotUnderstood {
    /// What the client calls the request, if that much was understood.
    pub reference: Option<Ref>,
    /// The field that is wrong; `None` when it is the whole.
    pub field: Option<String>,
    /// What is wrong with it.
    pub what: RequestError,
}

impl From<&NotUnderstood> for Failure {
    fn from(error: &NotUnderstood) -> Self {
        let (code, field) = (error.what.code(), error.field.clone());
        Self { code, message: error.to_string(), field, id: None }
    }
}

/// What is wrong, behind the name of the field that it is in.
pub(super) fn in_field(field: Option<&str>, what: &impl std::fmt::Display) -> String {
    match field {
        Some(field) => format!("`{field}`: {what}"),
        None => what.to_string(),
    }
}
