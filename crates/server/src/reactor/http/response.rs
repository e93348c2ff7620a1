//! Responses, whatever they answer.

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use teahouse_wire::api::http;
use teahouse_wire::api::{self, Code, Failure};

use super::Reply;
use super::media;

const JSON: &str = "application/json";
pub(super) const TEXT: &str = "text/plain; charset=utf-8";

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

/// Why something was not done.
pub(super) fn failure(failure: &Failure) -> Response<Reply> {
    let status = StatusCode::from_u16(http::status(failure.code));
    let mut response = json(status.unwrap_or(StatusCode::BAD_REQUEST), failure);
    if failure.code == Code::WrongMedia {
        let codings = HeaderValue::from_static(media::CODINGS);
        response.headers_mut().insert(ACCEPT_ENCODING, codings);
    }
    response
}

/// The address is known, the method is not.
pub(super) fn other_method(methods: &[&'static str]) -> Response<Reply> {
    let what = format!("this address takes {}", methods.join(" and "));
    let mut response = failure(&http::bad_request(None, what));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    // Whatever takes `GET` takes `HEAD`.
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
