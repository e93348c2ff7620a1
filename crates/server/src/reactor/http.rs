//! HTTP: requests that are answered once ([`visit`]), rooms that are followed ([`follow`]), and WebSockets
//! ([`upgrade`]), which the connection's task serves after the upgrade.
//!
//! `hyper` reads and writes HTTP/1.1. The shard does not own a connection that speaks HTTP until it is upgraded; its
//! task holds its permit until then.

mod answer;
mod follow;
mod media;
mod prefixed;
mod response;
mod upgrade;
mod visit;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT,
};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use teahouse_core::{Bucket, Origin, Refusal, SteadyTime, Verdict};
use teahouse_wire::api::http::{self, Route};
use teahouse_wire::api::{Code, Failure, REQUEST_BYTES_MAX};
use teahouse_wire::tokens_of;
use tokio::net::TcpStream;
use tracing::debug;

use super::driven::Handle;
use crate::gate::{Account, Cost, Permit};
use crate::hosts::{self, NotOurs};
use crate::shard::HttpPermit;
use media::Coding;
use prefixed::Prefixed;
use response::{NotDone, Reply};
use upgrade::Accepted;
pub(super) use upgrade::Upgraded;

/// How long the head of a request may take, and how long a connection may be silent between two requests.
const HEAD_TIME: Duration = Duration::from_secs(15);
/// How long the body of a request may take.
const BODY_TIME: Duration = Duration::from_secs(15);
/// The most bytes of a request's head, and of a body that `hyper` buffers before the body is fetched.
const BUFFER_BYTES: usize = 16 * 1024;

/// The tokens of work that one request costs its address. To parse, route and answer a request takes as long as this
/// many lines.
const REQUEST_TOKENS: u32 = 8;

/// How often a connection reports that a browser is at its address, milliseconds.
const NOTE_EVERY_MS: u64 = 10_000;

/// One HTTP connection, as its requests see it.
struct Peer {
    reactor: Handle,
    socket: Arc<TcpStream>,
    /// Moves to the WebSocket or the follower that the connection becomes.
    permit: HttpPermit,
    origin: Origin,
    account: Arc<Account>,
    bucket: RefCell<Bucket>,
    /// When this connection last reported a browser.
    noted_at: Cell<Option<SteadyTime>>,
    /// An accepted WebSocket handshake. The socket is free once the answer is written.
    accepted: Cell<Option<Accepted>>,
}

/// Serves a connection that speaks HTTP, until it ends or has become a WebSocket.
pub(super) async fn serve(
    reactor: &Handle,
    (origin, permit): (Origin, Option<Permit>),
    socket: &Arc<TcpStream>,
    first: Bytes,
) -> Option<Upgraded> {
    // The connection has a permit, because every accepted socket has one.
    let account = Arc::clone(permit.as_ref()?.account());
    let peer = Rc::new(Peer {
        reactor: Rc::clone(reactor),
        socket: Arc::clone(socket),
        permit: Rc::new(RefCell::new(permit)),
        origin,
        account,
        bucket: RefCell::new(Bucket::default()),
        noted_at: Cell::new(None),
        accepted: Cell::new(None),
    });
    let service = service_fn(|request| {
        let peer = Rc::clone(&peer);
        async move { Ok::<_, Infallible>(peer.answer(request).await) }
    });
    // `hyper` requires that an upgraded stream can move to another thread: hence `Arc`.
    let stream = Prefixed { first, stream: Arc::clone(socket) };
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        // A client that has closed its side may still want the answer (RFC 9112, section 9.6), like `nc -N`.
        .half_close(true)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    debug!(error = served.err().map(tracing::field::display), "HTTP ended");
    let accepted = peer.accepted.take()?;
    let permit = peer.permit.borrow_mut().take();
    accepted.finish((origin, permit)).await
}

impl Peer {
    async fn answer(self: Rc<Self>, request: Request<Incoming>) -> Response<Reply> {
        self.wait_for_work().await;
        if let Err(not_done) = self.charge(Cost::REQUEST) {
            return response::not_done(&not_done);
        }
        self.wait_for_flood_control().await;
        self.note_browser(request.headers());
        let is_known = http::METHODS.contains(&request.method().as_str());
        let mut response = self.respond(request).await;
        if !is_known {
            // After such a request the connection may carry something other than HTTP (`CONNECT`).
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    async fn respond(self: &Rc<Self>, request: Request<Incoming>) -> Response<Reply> {
        if !http::METHODS.contains(&request.method().as_str()) {
            return response::other_method(&http::METHODS_TAKEN);
        }
        if !hosts::says_host_once(request.version(), request.headers()) {
            return response::failure(&http::bad_request(None, hosts::HOST_ONCE.to_owned()));
        }
        let settings = Arc::clone(&self.reactor.borrow().shard.context().settings);
        let is_of_no_page = hosts::is_of_no_page(request.method(), request.headers());
        let checked = hosts::check_host(request.uri(), request.headers(), &settings.hosts);
        if let Err(NotOurs(why)) = checked
            && !is_of_no_page
        {
            return failure(Code::WrongHost, why);
        }
        let path = request.uri().path().to_owned();
        match http::route(request.method().as_str(), &path) {
            Route::To(endpoint, room) => {
                let reads = matches!(*request.method(), Method::GET | Method::HEAD);
                let acts = !reads || endpoint == http::Endpoint::Socket;
                if acts && let Err(failure) = self.check_origin(&request) {
                    return response::failure(&failure);
                }
                self.serve(endpoint, room, request).await
            }
            Route::OtherMethod(methods) => response::other_method(&methods),
            Route::NoRoom(failure) => response::failure(&failure),
            Route::Nowhere => {
                let what = format!("there is no {path}; /api/v1/openapi.json lists what there is");
                failure(Code::NotFound, what)
            }
        }
    }

    /// Checks that a request which changes something comes from no web page, or from a page of this server.
    fn check_origin(&self, request: &Request<Incoming>) -> Result<(), Failure> {
        let settings = Arc::clone(&self.reactor.borrow().shard.context().settings);
        hosts::check_origin(request.uri(), request.headers(), &settings.hosts)
            .map_err(|NotOurs(why)| failed(Code::Forbidden, why))
    }

    /// Reports that a browser is at this address, for its connections that stay silent. Every browser calls itself
    /// `Mozilla/`, and programs that do not pretend to be one do not.
    fn note_browser(&self, headers: &HeaderMap) {
        let is_browser =
            headers.get(USER_AGENT).is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"));
        let reactor = self.reactor.borrow();
        let now = reactor.clock.now();
        let is_noted = |at: SteadyTime| now.ms_since(at) < NOTE_EVERY_MS;
        if is_browser && !self.noted_at.get().is_some_and(is_noted) {
            self.noted_at.set(Some(now));
            reactor.shard.context().browsers.note(self.origin, now);
        }
    }

    /// Charges the address, which has one account over all its connections. Beyond that account nothing is done.
    fn charge(&self, cost: Cost) -> Result<(), NotDone> {
        let now = self.reactor.borrow().clock.now();
        match self.account.charge(now, cost) {
            Verdict::Pass => Ok(()),
            Verdict::Wait { ms } => {
                let refusal =
                    Refusal::AddressTooFast { wait_s: ms.div_ceil(1000), text: String::new() };
                self.reactor.borrow_mut().shard.count_refusal(&refusal);
                Err(NotDone::refused(&refusal))
            }
        }
    }

    /// Charges the work of one request, which costs the same when it is refused. While the address has no tokens the
    /// request waits, and what follows on its connection is not read.
    async fn wait_for_work(&self) {
        loop {
            let now = self.reactor.borrow().clock.now();
            match self.account.work_wait_ms(now) {
                0 => return self.account.take(now, Cost::of_work(REQUEST_TOKENS)),
                ms => tokio::time::sleep(Duration::from_millis(ms.into())).await,
            }
        }
    }

    /// Reads a whole body, and charges its bytes.
    async fn body_of(&self, request: Request<Incoming>) -> Result<Bytes, Failure> {
        let body = body_of(request).await?;
        let now = self.reactor.borrow().clock.now();
        self.account.take(now, Cost::of_work(tokens_of(body.len())));
        Ok(body)
    }

    /// Flood control. The requests of one connection come one after the other, so each may simply wait.
    async fn wait_for_flood_control(&self) {
        loop {
            let (now, limit) = {
                let reactor = self.reactor.borrow();
                (reactor.clock.now(), reactor.shard.context().settings.limits.flood.of_connection())
            };
            let verdict = self.bucket.borrow_mut().take(now, limit);
            match verdict {
                Verdict::Pass => return,
                Verdict::Wait { ms } => {
                    tokio::time::sleep(Duration::from_millis(u64::from(ms))).await;
                }
            }
        }
    }
}

/// Reads a whole body, within bounds on bytes and time.
async fn body_of(request: Request<Incoming>) -> Result<Bytes, Failure> {
    let text = |value: &HeaderValue| value.to_str().unwrap_or("?").to_owned();
    // Codings in several header lines form one list (RFC 9110, section 5.3).
    let codings = request.headers().get_all(CONTENT_ENCODING).iter().map(text);
    let codings = codings.collect::<Vec<_>>().join(", ");
    let kind = request.headers().get(CONTENT_TYPE).map(text);
    let coding = Coding::of(&codings, kind.as_deref())?;
    if request.body().size_hint().lower() > REQUEST_BYTES_MAX as u64 {
        // Refused before any of the body comes, so that a client that asks first (`Expect: 100-continue`) need not send
        // it.
        return Err(too_big());
    }
    let body = Limited::new(request.into_body(), REQUEST_BYTES_MAX);
    match tokio::time::timeout(BODY_TIME, body.collect()).await {
        Ok(Ok(body)) => {
            let body = body.to_bytes();
            match coding.decode(&body)? {
                Cow::Borrowed(_) => Ok(body),
                Cow::Owned(unpacked) => Ok(unpacked.into()),
            }
        }
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_big()),
        Ok(Err(error)) => Err(http::bad_request(None, format!("the body broke off: {error}"))),
        Err(_) => Err(http::bad_request(None, "the body did not come in time".to_owned())),
    }
}

fn too_big() -> Failure {
    failed(Code::TooBig, format!("the body has more than {REQUEST_BYTES_MAX} bytes, the limit"))
}

fn failed(code: Code, message: String) -> Failure {
    Failure { code, message, field: None, id: None }
}

fn failure(code: Code, message: String) -> Response<Reply> {
    response::failure(&failed(code, message))
}
