//! From an HTTP request to a WebSocket (RFC 6455, section 4.2): the handshake here, then the socket becomes a
//! connection of the shard.

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use teahouse_core::Origin;
use teahouse_wire::api::{ApiSession, http};
use teahouse_wire::websocket::{self, EXTENSION};
use tokio::net::TcpStream;
use tracing::debug;

use super::super::connection::{Sink, Stage};
use super::super::speaker::Speaker;
use super::super::{Key, Shard, intake};
use super::prefixed::Prefixed;
use super::{Peer, Reply, answer};
use crate::gate::Permit;

/// Answers the handshake and has the socket taken over once that answer is written.
pub(super) fn to_socket(peer: &Rc<Peer>, mut request: Request<Incoming>) -> Response<Reply> {
    let headers = request.headers();
    if request.method() != Method::GET || !asks_for_websocket(headers) {
        return not_a_handshake();
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
        // Where it ends and the first message begins, not every proxy between sees alike.
        return wrong_handshake("it has no body");
    }
    let takes_deflate = headers
        .get_all(SEC_WEBSOCKET_EXTENSIONS)
        .iter()
        .any(|offer| offer.to_str().is_ok_and(websocket::offers_deflate));
    let upgrade = hyper::upgrade::on(&mut request);
    let taker = Rc::clone(peer);
    peer.shard.borrow().spawn(move || take_over(taker, upgrade, takes_deflate));

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
    response
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

/// It is meant for a WebSocket and is wrong (RFC 6455, section 4.2.1).
fn wrong_handshake(what: &str) -> Response<Reply> {
    let why = format!("not a WebSocket handshake (RFC 6455, section 4.2.1): {what}");
    let mut response = answer::failure(&http::bad_request(None, why));
    // What comes behind it would be frames.
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn not_a_handshake() -> Response<Reply> {
    let what = "this is a WebSocket (RFC 6455, version 13): connect with a WebSocket client";
    let mut response = answer::failure(&http::bad_request(None, what.to_owned()));
    *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
    let headers = response.headers_mut();
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    response
}

async fn take_over(peer: Rc<Peer>, upgrade: OnUpgrade, takes_deflate: bool) {
    match upgrade.await.map(Upgraded::downcast::<TokioIo<Prefixed>>) {
        Ok(Ok(parts)) => {
            let Prefixed { first, stream } = parts.io.into_inner();
            let Ok(stream) = Arc::try_unwrap(stream) else {
                return debug!("an upgraded socket is still in use");
            };
            let permit = peer.permit.borrow_mut().take();
            let from = (peer.origin, permit);
            let key = peer.shard.borrow_mut().adopt(stream, from, takes_deflate);
            if let Some(key) = key {
                // What the client sent behind its handshake: first what hyper had taken already.
                let mut shard = peer.shard.borrow_mut();
                shard.hear(key, &parts.read_buf);
                shard.hear(key, &first);
            }
        }
        Ok(Err(_)) => debug!("an upgraded connection is of another kind"),
        Err(error) => debug!(%error, "not upgraded"),
    }
}

impl Shard {
    /// Takes a WebSocket in as a connection.
    fn adopt(
        &mut self,
        stream: TcpStream,
        (origin, permit): (Origin, Option<Permit>),
        takes_deflate: bool,
    ) -> Option<Key> {
        let me = self.me.upgrade()?;
        if self.is_closing {
            return None;
        }
        let stream = Rc::new(stream);
        let session = self.session_id(self.serial + 1).0;
        let speaker = Speaker::Api(Box::new(ApiSession::new(session, takes_deflate)));
        let sink = Sink::Socket(Rc::clone(&stream));
        let key = self.insert((sink, origin, permit), (speaker, Stage::Outside));
        let task = self.spawn(move || intake::run(me, key, stream));
        self.connections[key.index].intake = Some(task);
        self.watch(key);
        Some(key)
    }

    /// Gives up a connection that turned out to speak HTTP, without closing its socket.
    pub(super) fn hand_over(&mut self, key: Key) -> Option<(Origin, Option<Permit>)> {
        self.connection(key)?;
        let mut connection = self.connections.remove(key.index);
        // Its reading task goes on as the task that serves HTTP.
        connection.intake = None;
        Some((connection.origin, connection.permit))
    }
}
