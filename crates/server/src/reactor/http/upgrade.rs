//! From an HTTP request to a WebSocket (RFC 6455, section 4.2). This file does the handshake; then the connection's
//! task serves the WebSocket.

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use teahouse_core::Origin;
use teahouse_wire::api::http;
use teahouse_wire::websocket::{self, EXTENSION};
use tracing::debug;

use super::prefixed::Prefixed;
use super::response::{self, Reply};
use crate::gate::Permit;

/// A handshake whose answer is being written.
pub(super) struct Accepted {
    upgrade: OnUpgrade,
    takes_deflate: bool,
}

/// A connection that has become a WebSocket.
pub(in crate::reactor) struct Upgraded {
    /// The origin to which its requests are charged, and its slot among the connections of the server.
    pub(in crate::reactor) peer: (Origin, Option<Permit>),
    pub(in crate::reactor) takes_deflate: bool,
    /// The bytes that the client has sent after its handshake.
    pub(in crate::reactor) first: Vec<u8>,
}

/// The answer to a handshake, and the state to continue with once the answer is written.
///
/// # Errors
/// The answer to a request that is not a valid handshake.
pub(super) fn accept_websocket(
    mut request: Request<Incoming>,
) -> Result<(Response<Reply>, Accepted), Box<Response<Reply>>> {
    let wrong_handshake = |what| Err(Box::new(wrong_handshake(what)));
    let headers = request.headers();
    if request.method() != Method::GET || !asks_for_websocket(headers) {
        return Err(Box::new(not_a_handshake()));
    }
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let (key, more) = (keys.next().cloned(), keys.next());
    let Some(key) = key.filter(|key| more.is_none() && websocket::is_key(key.as_bytes())) else {
        return wrong_handshake("one Sec-WebSocket-Key says 16 bytes in base64");
    };
    if request.version() < Version::HTTP_11 {
        return wrong_handshake("its request is of HTTP/1.1");
    }
    if !request.body().is_end_stream() {
        // Proxies may disagree on where the body ends and the first message begins.
        return wrong_handshake("it has no body");
    }
    let takes_deflate = headers
        .get_all(SEC_WEBSOCKET_EXTENSIONS)
        .iter()
        .any(|offer| offer.to_str().is_ok_and(websocket::offers_deflate));
    let upgrade = hyper::upgrade::on(&mut request);

    let mut response = Response::new(Either::Left(Full::new(Bytes::new())));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&websocket::accept_key(key.as_bytes())) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    if takes_deflate {
        headers.insert(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(EXTENSION));
    }
    Ok((response, Accepted { upgrade, takes_deflate }))
}

fn asks_for_websocket(headers: &HeaderMap) -> bool {
    let has =
        |name, token: &str| {
            headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).any(|value| {
                value.split(',').any(|part: &str| part.trim().eq_ignore_ascii_case(token))
            })
        };
    has(CONNECTION, "upgrade") && has(UPGRADE, "websocket") && has(SEC_WEBSOCKET_VERSION, "13")
}

/// The response to an invalid WebSocket handshake (RFC 6455, section 4.2.1).
fn wrong_handshake(what: &str) -> Response<Reply> {
    let why = format!("not a WebSocket handshake (RFC 6455, section 4.2.1): {what}");
    let mut response = response::failure(&http::bad_request(None, why));
    // The bytes after it would be frames.
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn not_a_handshake() -> Response<Reply> {
    let what = "this is a WebSocket (RFC 6455, version 13): connect with a WebSocket client";
    let mut response = response::failure(&http::bad_request(None, what.to_owned()));
    *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
    let headers = response.headers_mut();
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    response
}

impl Accepted {
    /// Waits until the answer is written, and takes the socket over.
    pub(super) async fn finish(self, peer: (Origin, Option<Permit>)) -> Option<Upgraded> {
        let upgraded = self.upgrade.await.map_err(|error| debug!(%error, "not upgraded")).ok()?;
        let Ok(parts) = upgraded.downcast::<TokioIo<Prefixed>>() else {
            debug!("an upgraded connection is of another kind");
            return None;
        };
        // First come the bytes that hyper had already read.
        let mut first = parts.read_buf.to_vec();
        first.extend_from_slice(&parts.io.into_inner().first);
        Some(Upgraded { peer, takes_deflate: self.takes_deflate, first })
    }
}
