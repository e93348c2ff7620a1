//! Responses, whatever they answer.

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use teahouse_core::Refusal;
use teahouse_wire::api::http;
use teahouse_wire::api::{self, Code, Failure};

use super::follow::FollowBody;
use super::media;

const JSON: &str = "application/json";
pub(super) const TEXT: &str = "text/plain; charset=utf-8";

/// The body of an answer: complete, or the events of a followed room.
pub(super) type Reply = Either<Full<Bytes>, FollowBody>;

/// How long a client should wait when the server cannot serve it at present, seconds.
const UNAVAILABLE_WAIT_S: u32 = 10;

/// Why a request was not done, and after how many seconds it may succeed, if that is known.
#[derive(Debug)]
pub(super) struct NotDone {
    pub(super) failure: Failure,
    retry_after_s: Option<u32>,
}

impl NotDone {
    /// A refusal of the hub or of flood control. The wait comes from the refusal, because only the refuser knows what
    /// is used up.
    pub(super) fn refused(refusal: &Refusal) -> Self {
        let retry_after_s = if let Refusal::AddressTooFast { wait_s, .. } = refusal {
            Some(*wait_s)
        } else if let Refusal::TooManyNewRooms { wait_ms, .. } = refusal {
            Some(wait_ms.div_ceil(1000))
        } else {
            None
        };
        Self { failure: api::failure_of(refusal), retry_after_s }
    }
}

impl From<Failure> for NotDone {
    fn from(failure: Failure) -> Self {
        Self { failure, retry_after_s: None }
    }
}

pub(super) fn response(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Reply> {
    let mut response = Response::new(Either::Left(Full::new(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

pub(super) fn text(body: &str) -> Response<Reply> {
    response(StatusCode::OK, TEXT, Bytes::copy_from_slice(body.as_bytes()))
}

pub(super) fn json(status: StatusCode, value: &impl serde::Serialize) -> Response<Reply> {
    let mut body = api::json(value);
    body.push(b'\n');
    response(status, JSON, body.into())
}

/// The response for a request that was not done, with the time to try again where that helps.
pub(super) fn not_done(NotDone { failure: why, retry_after_s }: &NotDone) -> Response<Reply> {
    let mut response = failure(why);
    let wait_s = match response.status() {
        StatusCode::TOO_MANY_REQUESTS => retry_after_s.unwrap_or(1).max(1),
        StatusCode::SERVICE_UNAVAILABLE => retry_after_s.unwrap_or(UNAVAILABLE_WAIT_S),
        _ => return response,
    };
    response.headers_mut().insert(RETRY_AFTER, wait_s.into());
    response
}

/// The response for a failure.
pub(super) fn failure(failure: &Failure) -> Response<Reply> {
    let status = StatusCode::from_u16(http::status(failure.code));
    let mut response = json(status.unwrap_or(StatusCode::BAD_REQUEST), failure);
    if failure.code == Code::WrongMedia {
        let codings = HeaderValue::from_static(media::CODINGS);
        response.headers_mut().insert(ACCEPT_ENCODING, codings);
    }
    response
}

/// The response for a known address with an unknown method.
pub(super) fn other_method(methods: &[&'static str]) -> Response<Reply> {
    let what = format!("this address takes {}", methods.join(" and "));
    let mut response = failure(&http::bad_request(None, what));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    // An address that takes `GET` also takes `HEAD`.
    let allowed: Vec<&str> = methods
        .iter()
        .flat_map(|method| [Some(*method), (*method == "GET").then_some("HEAD")])
        .flatten()
        .collect();
    if let Ok(allowed) = HeaderValue::from_str(&allowed.join(", ")) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}
