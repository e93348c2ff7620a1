//! Protocols know neither each other nor the shard, and a shard names them in one place.

use super::file::File;

/// The protocols, and the names that each may not use.
const OTHERS: &[(&str, &[&str])] = &[
    ("crates/wire/src/line", &["crate::api", "crate::stream", "crate::websocket"]),
    ("crates/wire/src/api", &["crate::line", "crate::stream"]),
    // Server-sent events of a room contain values of the api.
    ("crates/wire/src/stream", &["crate::line", "crate::websocket"]),
    ("crates/wire/src/protocol", &["crate::api", "crate::line", "crate::stream"]),
];
/// The place that makes protocol sessions from the first bytes of a connection.
const SESSIONS: &str = "crates/server/src/shard/protocols.rs";

/// Finds names of protocols where they may not be, outside tests.
pub(super) fn are_apart(file: &File) -> Vec<(usize, String)> {
    if file.is_test() {
        return Vec::new();
    }
    let is_code = |line: &str| !line.trim_start().starts_with("//");
    for (protocol, others) in OTHERS {
        let rest = file.path.strip_prefix(protocol);
        if rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/')) {
            let is_named = |line: &str| others.iter().any(|other| line.contains(other));
            return file.lines_where(|line| is_code(line) && is_named(line), str::to_owned);
        }
    }
    let is_shard = file.path.starts_with("crates/server/src/shard") && file.path != SESSIONS;
    if !is_shard {
        return Vec::new();
    }
    let is_session = |line: &str| {
        ["LineSession", "LineFollower", "ApiSession", "StreamSession"]
            .iter()
            .any(|session| line.contains(session))
    };
    let found = |line: &str| format!("{line}: sessions are made in {SESSIONS}");
    file.lines_where(|line| is_code(line) && is_session(line), found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_or_shard_that_names_another_protocol_is_found() {
        let found = |path: &str, text: &str| {
            let file = File { path: path.to_owned(), text: text.to_owned() };
            are_apart(&file).into_iter().map(|(line, _)| line).collect::<Vec<_>>()
        };
        let text = "//! crate::api\nuse crate::api::Message;\nuse crate::Clock;\n";
        assert_eq!(found("crates/wire/src/line/render.rs", text), [2]);
        assert_eq!(found("crates/wire/src/line.rs", text), [2]);
        assert_eq!(found("crates/wire/src/line/tests.rs", text), [0; 0]);
        assert_eq!(found("crates/wire/src/stream.rs", text), [0; 0]);
        let text = "use teahouse_wire::line::LineSession;\n";
        assert_eq!(found("crates/server/src/shard/rooms.rs", text), [1]);
        assert_eq!(found(SESSIONS, text), [0; 0]);
    }
}
