//! The metrics that the server counts and serves.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::{PATIENCE, TestServer};
use crate::socket::Socket;
use crate::visitor::{Following, Visitor, get};

/// The value of a metric, summed over its labels; `None` when there is none of that name.
pub(crate) fn metric(server: &TestServer, name: &str) -> Option<f64> {
    let text = Visitor::scrape(server.admin_port());
    let values: Vec<f64> = text
        .lines()
        .filter(|line| {
            line.starts_with(&format!("{name} ")) || line.starts_with(&format!("{name}{{"))
        })
        .map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
        .collect();
    (!values.is_empty()).then(|| values.iter().sum())
}

/// Waits until a metric has this value.
pub(crate) fn wait_for(server: &TestServer, name: &str, wanted: f64) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let value = metric(server, name).unwrap_or(0.0);
        if (value - wanted).abs() < f64::EPSILON {
            return;
        }
        assert!(Instant::now() < deadline, "{name} is {value}, not {wanted}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn metrics_count_what_happens() {
    let server = TestServer::with(&["--shards", "2"]);
    let text = Visitor::scrape(server.admin_port());
    let mut families = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            families.push(rest.split_once(' ').unwrap());
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with("teahouse_"), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
            let (family, _) = families.last().unwrap();
            assert!(name.starts_with(family), "{line} stands under {family}");
        }
    }
    assert_eq!(text.lines().last(), Some("# EOF"));
    families.sort_unstable();
    let expected = [
        ("teahouse_batch_requests", "histogram"),
        ("teahouse_commit_seconds", "histogram"),
        ("teahouse_connections", "gauge"),
        ("teahouse_deliveries", "counter"),
        ("teahouse_events", "counter"),
        ("teahouse_gathered_requests", "gauge"),
        ("teahouse_hub_busy_seconds", "counter"),
        ("teahouse_log_chunks", "gauge"),
        ("teahouse_members", "gauge"),
        ("teahouse_members_behind", "gauge"),
        ("teahouse_queued_bytes", "gauge"),
        ("teahouse_refilled", "counter"),
        ("teahouse_scrapes", "counter"),
        ("teahouse_sent_bytes", "counter"),
        ("teahouse_sessions", "gauge"),
    ];
    for family in expected {
        assert!(families.contains(&family), "{family:?} is not among {families:?}");
    }

    let mut ann = server.join_as("ann");
    let mut bob = Socket::join(server.port, "bob", "lobby");
    ann.say("hello");
    bob.expect("event");
    let (_follower, _) = Following::events(server.port, "lobby", None);
    ann.say("/topic a\u{1}b");
    bob.ask(&json!({ "op": "leave", "room": "nowhere" }));
    bob.expect("error");
    wait_for(&server, "teahouse_events_total", 2.0);
    wait_for(&server, "teahouse_connections{protocol=\"line\"}", 1.0);
    wait_for(&server, "teahouse_connections{protocol=\"api\"}", 1.0);
    wait_for(&server, "teahouse_members{protocol=\"follow\"}", 1.0);
    wait_for(&server, "teahouse_refusals_total{reason=\"not_in_room\"}", 1.0);
    wait_for(&server, "teahouse_sessions", 2.0);
    assert!(metric(&server, "teahouse_deliveries_total").unwrap() >= 2.0);
    assert!(metric(&server, "teahouse_commit_seconds_count").unwrap() >= 1.0);
    assert!(metric(&server, "teahouse_sent_bytes_total").unwrap() > 100.0);
    assert!(metric(&server, "teahouse_scrapes_total").unwrap() > 1.0);
    let mut elsewhere = Visitor::connect(server.admin_port());
    elsewhere.ask("GET", "/api/v1/rooms", "", "");
    assert_eq!(elsewhere.answer(false).status, 404, "nothing else is there");
    let inside = get(server.port, "/metrics");
    assert_eq!(inside.status, 404, "the public port tells nothing: it is a room's name there");
}

#[test]
fn the_list_of_metrics_is_what_the_server_serves() {
    let server = TestServer::open();
    // A reason has no row before its first refusal.
    let mut ann = server.join();
    ann.say("/leave nowhere");
    ann.expect("you are not in #nowhere");
    let served: BTreeSet<String> = Visitor::scrape(server.admin_port())
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .map(|family| {
            let (name, kind) = family.split_once(' ').unwrap();
            let name = name.trim_end_matches("_total");
            format!("{name} {kind}")
        })
        .collect();
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
    let listed: BTreeSet<String> = std::fs::read_to_string(list)
        .unwrap()
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|row| {
            let (name, rest) = row["| `".len()..].split_once("` | ").unwrap();
            let kind = rest.split(" |").next().unwrap();
            let name = name.split('{').next().unwrap().trim_end_matches("_total");
            format!("{name} {kind}")
        })
        .collect();
    assert_eq!(listed, served, "docs/metrics.md against the server");
}
