//! Metrics for operators, in the Prometheus text format, on a listener of their own (`--admin`).
//!
//! The hub counts once per batch. Each shard counts for itself and is asked for its figures at a scrape
//! ([`Inbox::Measure`]). No scrape delays a message.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::AbortHandle;
use tracing::{debug, warn};

use crate::figures::{Figures, PROTOCOLS};
use crate::hosts::{self, NotOurs};
use crate::inbox::Inbox;
use crate::space::LowSpace;

/// Connections at once. Past the limit the oldest is closed, so that silent connections cannot keep others out.
const OPEN_MAX: usize = 64;
/// Scrapes answered at once; further ones wait.
const SCRAPES_MAX: usize = 4;
/// How long a scraper may take for its request, and a shard for its answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// OpenMetrics 1.0.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The text format of Prometheus, 0.0.4: for scrapers that do not ask for OpenMetrics.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";

/// The hub's metrics.
#[derive(Clone, Debug)]
pub(crate) struct HubMetrics {
    /// Time from handing a batch to the store until it is committed, seconds.
    pub(crate) commit_seconds: Histogram,
    /// Requests in a batch: proposals, queries and signals.
    pub(crate) batch_requests: Histogram,
    /// Events stored.
    pub(crate) events: Counter,
    /// Time spent applying, committing and handing out, seconds.
    pub(crate) busy_seconds: Counter<f64, AtomicU64>,
    /// Sessions, including suspended ones.
    pub(crate) sessions: Gauge,
    /// Chunks that were still queued in the log after the last batch was taken.
    pub(crate) log_chunks: Gauge,
    /// Why messages cannot be stored at the moment.
    pub(crate) not_storing: NotStoring,
    /// Time in which the hub waited for a shard, seconds.
    pub(crate) shard_wait_seconds: Family<ByShard, Counter<f64, AtomicU64>>,
}

/// The reason why messages cannot be stored at the moment, if they cannot. Changed and read rarely.
#[derive(Clone, Debug, Default)]
pub(crate) struct NotStoring(Arc<Mutex<Option<Arc<str>>>>);

impl NotStoring {
    pub(crate) fn set(&self, why: Option<Arc<str>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    fn why(&self) -> Option<Arc<str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Default for HubMetrics {
    fn default() -> Self {
        Self {
            // 0.1 ms to 1.6 s.
            commit_seconds: Histogram::new(exponential_buckets(0.000_1, 2.0, 15)),
            // 1 to 8192.
            batch_requests: Histogram::new(exponential_buckets(1.0, 2.0, 14)),
            events: Counter::default(),
            busy_seconds: Counter::default(),
            sessions: Gauge::default(),
            log_chunks: Gauge::default(),
            not_storing: NotStoring::default(),
            shard_wait_seconds: Family::default(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByProtocol {
    protocol: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByReason {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ByShard {
    pub(crate) shard: usize,
}

/// All metrics, and the listener's state.
#[derive(Clone)]
pub(crate) struct Metrics {
    hub: HubMetrics,
    /// Why new messages are refused, if the disk is nearly full.
    low_space: NotStoring,
    shards: Vec<mpsc::Sender<Inbox>>,
    scrapes: Arc<Semaphore>,
    /// The setting `hosts`.
    hosts: Arc<Mutex<Vec<String>>>,
    /// Number of scrapes.
    answered: Arc<AtomicU64>,
}

impl Metrics {
    pub(crate) fn new(hub: HubMetrics, shards: Vec<mpsc::Sender<Inbox>>) -> Self {
        let scrapes = Arc::new(Semaphore::new(SCRAPES_MAX));
        let low_space = NotStoring::default();
        Self { hub, low_space, shards, scrapes, hosts: Arc::default(), answered: Arc::default() }
    }

    /// Records whether the disk is nearly full.
    pub(crate) fn set_low_space(&self, low: Option<LowSpace>) {
        self.low_space.set(low.map(|low| low.to_string().into()));
    }

    /// Sets the names under which scrapers may reach the listener.
    pub(crate) fn set_hosts(&self, hosts: Vec<String>) {
        *self.hosts.lock().unwrap_or_else(PoisonError::into_inner) = hosts;
    }

    /// Answers scrapes until dropped.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let listener = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => return warn!(%error, "metrics cannot be served"),
        };
        // The oldest first. A proper scraper is answered and gone long before its connection is the oldest.
        let mut open: VecDeque<AbortHandle> = VecDeque::new();
        loop {
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    debug!(%error, "cannot accept a scraper");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            open.retain(|conversation| !conversation.is_finished());
            if open.len() >= OPEN_MAX
                && let Some(oldest) = open.pop_front()
            {
                oldest.abort();
            }
            let me = self.clone();
            let conversation = tokio::spawn(async move { me.converse(stream, peer).await });
            open.push_back(conversation.abort_handle());
        }
    }

    async fn converse(&self, stream: tokio::net::TcpStream, peer: SocketAddr) {
        let service = service_fn(|request| self.answer(request));
        let served = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .keep_alive(false)
            // A client such as `nc -N` closes its sending side and still waits for the answer.
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service)
            .await;
        if let Err(error) = served {
            debug!(%peer, %error, "a scraper ended early");
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let checked = hosts::check_host(request.uri(), request.headers(), &hosts);
        let (status, kind, body) = match (request.method(), request.uri().path()) {
            _ if !hosts::says_host_once(request.version(), request.headers()) => {
                (StatusCode::BAD_REQUEST, PLAIN, format!("{}\n", hosts::HOST_ONCE))
            }
            _ if let Err(NotOurs(why)) = checked => {
                (StatusCode::MISDIRECTED_REQUEST, PLAIN, format!("{why}\n"))
            }
            (&Method::GET | &Method::HEAD, "/metrics") if takes_openmetrics(request.headers()) => {
                (StatusCode::OK, OPENMETRICS, self.text().await)
            }
            (&Method::GET | &Method::HEAD, "/metrics") => {
                (StatusCode::OK, TEXT, as_text(&self.text().await))
            }
            (&Method::GET | &Method::HEAD, "/healthz") => {
                let (status, body) =
                    match self.hub.not_storing.why().or_else(|| self.low_space.why()) {
                        None => (StatusCode::OK, "ok\n".to_owned()),
                        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
                    };
                (status, PLAIN, body)
            }
            _ => {
                let body = "metrics are at /metrics\n".to_owned();
                (StatusCode::NOT_FOUND, PLAIN, body)
            }
        };
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        Ok(response)
    }

    async fn text(&self) -> String {
        // The semaphore is never closed.
        let _turn = self.scrapes.acquire().await;
        self.answered.fetch_add(1, Ordering::Relaxed);
        let mut registry = Registry::with_prefix("teahouse");
        self.register_hub(&mut registry);
        register_shards(&mut registry, &self.figures().await);
        let mut text = String::new();
        if encode(&mut text, &registry).is_err() {
            warn!("metrics cannot be written");
        }
        text
    }

    async fn figures(&self) -> Vec<Figures> {
        let mut all = Vec::with_capacity(self.shards.len());
        for shard in &self.shards {
            let (sender, receiver) = oneshot::channel();
            let asked = async {
                shard.send(Inbox::Measure(sender)).await.ok()?;
                receiver.await.ok()
            };
            match tokio::time::timeout(PATIENCE, asked).await {
                Ok(Some(figures)) => all.push(*figures),
                Ok(None) | Err(_) => debug!("a shard did not answer with its figures"),
            }
        }
        all
    }

    fn register_hub(&self, registry: &mut Registry) {
        let HubMetrics {
            commit_seconds,
            batch_requests,
            events,
            busy_seconds,
            sessions,
            log_chunks,
            not_storing,
            shard_wait_seconds,
        } = self.hub.clone();
        let seconds = || Unit::Seconds;
        registry.register_with_unit("commit", "Time of a commit", seconds(), commit_seconds);
        registry.register("batch_requests", "Requests in one batch", batch_requests);
        registry.register("events", "Events stored in the history", events);
        registry.register_with_unit("hub_busy", "Time the hub was busy", seconds(), busy_seconds);
        registry.register("sessions", "Sessions, including suspended ones", sessions);
        registry.register("log_chunks", "Chunks queued for the hub", log_chunks);
        let storing = Gauge::<i64>::default();
        storing.set(i64::from(not_storing.why().is_none()));
        registry.register("storing", "1 while messages are stored, 0 while they wait", storing);
        for shard in 0..self.shards.len() {
            // A shard for which the hub never waited is listed as 0.
            drop(shard_wait_seconds.get_or_create(&ByShard { shard }));
        }
        registry.register_with_unit(
            "shard_wait",
            "Time the hub waited because a shard had too much work in flight",
            seconds(),
            shard_wait_seconds,
        );
        let answered = Counter::<u64>::default();
        answered.inc_by(self.answered.load(Ordering::Relaxed));
        registry.register("scrapes", "Scrapes of these metrics", answered);
    }
}

fn takes_openmetrics(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|accept| accept.to_str().ok())
        .any(|accept| accept.contains("application/openmetrics-text"))
}

/// Converts OpenMetrics to the text format 0.0.4, in which a counter's family has the name of its sample (`…_total`)
/// and the lines `UNIT` and `EOF` do not exist.
fn as_text(openmetrics: &str) -> String {
    let mut text = String::with_capacity(openmetrics.len());
    let mut counters: Vec<&str> = Vec::new();
    for line in openmetrics.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ").and_then(|t| t.strip_suffix(" counter"))
        {
            counters.push(family);
        }
    }
    for line in openmetrics.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("UNIT" | "EOF"), ..) => {}
            (Some("#"), Some(what), Some(family), Some(rest)) if counters.contains(&family) => {
                text += &format!("# {what} {family}_total {rest}\n");
            }
            _ => {
                text += line;
                text.push('\n');
            }
        }
    }
    text
}

fn register_shards(registry: &mut Registry, all: &[Figures]) {
    let sum = |of: fn(&Figures) -> u64| all.iter().map(of).sum::<u64>();
    let counters: [(&str, &str, u64); 4] = [
        ("deliveries", "Events and announcements sent to members", sum(|f| f.counts.deliveries)),
        ("refilled", "Events sent from history to slow readers", sum(|f| f.counts.refilled)),
        ("sent_bytes", "Bytes written to sockets or queued for them", sum(|f| f.counts.bytes)),
        ("writes", "Writes to sockets", sum(|f| f.counts.writes)),
    ];
    for (name, help, value) in counters {
        let counter = Counter::<u64>::default();
        counter.inc_by(value);
        registry.register(name, help, counter);
    }
    let behind = Gauge::<i64>::default();
    behind.set(signed(sum(|f| f.behind)));
    registry.register("members_behind", "Memberships that now get events from history", behind);
    let by_shard = |of: fn(&Figures) -> u64| {
        let family = Family::<ByShard, Gauge>::default();
        for (shard, figures) in all.iter().enumerate() {
            family.get_or_create(&ByShard { shard }).set(signed(of(figures)));
        }
        family
    };
    let queued = by_shard(|f| f.queued_bytes);
    registry.register("queued_bytes", "Bytes queued for slow sockets", queued);
    let gathered = by_shard(|f| f.gathered);
    registry.register("gathered_requests", "Requests not yet handed to the hub", gathered);
    let by_protocol = |of: fn(&Figures) -> &BTreeMap<&'static str, u64>| {
        let family = Family::<ByProtocol, Gauge>::default();
        for protocol in PROTOCOLS {
            // A protocol without connections is listed as 0.
            drop(family.get_or_create(&ByProtocol { protocol }));
        }
        for (protocol, count) in all.iter().flat_map(|figures| of(figures).iter()) {
            family.get_or_create(&ByProtocol { protocol }).inc_by(signed(*count));
        }
        family
    };
    let connections = by_protocol(|f| &f.connections);
    registry.register("connections", "Connections by protocol", connections);
    registry.register("members", "Memberships by protocol", by_protocol(|f| &f.members));
    let refusals = Family::<ByReason, Counter>::default();
    for (reason, count) in all.iter().flat_map(|figures| figures.counts.refusals.iter()) {
        refusals.get_or_create(&ByReason { reason }).inc_by(*count);
    }
    registry.register("refusals", "Requests refused by reason", refusals);
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
