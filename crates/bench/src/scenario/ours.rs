//! The kinds of our own server that scenarios compare.

use crate::server::Kind;

pub(super) fn ours() -> Vec<Kind> {
    vec![
        Kind::teahouse("teahouse, 1 shard, memory", &["--shards", "1", "--durability", "memory"]),
        Kind::teahouse("teahouse, 1 shard, sync", &["--shards", "1"]),
        as_it_comes(),
    ]
}

/// Our server with all members on WebSockets.
pub(super) fn on_sockets() -> Vec<Kind> {
    vec![
        Kind::api(
            "teahouse, WebSocket, 1 shard, memory",
            &["--shards", "1", "--durability", "memory"],
        ),
        Kind::api("teahouse, WebSocket, as it comes", &[]),
    ]
}

/// Our server with more than one shard, as on machines with more cores.
pub(super) fn with_shards() -> Vec<Kind> {
    let kind = |shards: &str| {
        let name = format!("teahouse, {shards} shards, memory");
        Kind::teahouse(&name, &["--shards", shards, "--durability", "memory"])
    };
    vec![kind("2"), kind("4")]
}

pub(super) fn as_it_comes() -> Kind {
    Kind::teahouse("teahouse, as it comes", &[])
}
