//! Parts of rendered lines.

use teahouse_core::harmless::harmless_line;
use teahouse_core::{Nick, RoomName};

use crate::Input;

/// Appends the room's name in brackets, if the line has to name its room.
pub(super) fn begin_with_room(room: Option<&RoomName>, out: &mut Vec<u8>) {
    if let Some(room) = room {
        push(out, &[b"[#", room.as_str().as_bytes(), b"] "]);
    }
}

pub(super) fn push(out: &mut Vec<u8>, parts: &[&[u8]]) {
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// Appends one line from the server, and makes the text harmless.
pub fn render_notice(text: &str, out: &mut Vec<u8>) {
    push(out, &[b"-- ", harmless_line(text).as_bytes(), b"\n"]);
}

/// `ann, bob and 7 others`, or `9` when there are no nicks.
pub(super) fn some_of(nicks: &[Nick], count: usize) -> String {
    let named: Vec<&str> = nicks.iter().map(Nick::as_str).collect();
    match (named.as_slice(), count - nicks.len().min(count)) {
        ([], others) => others.to_string(),
        ([only], 0) => (*only).to_owned(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (all, 1) => format!("{} and 1 other", all.join(", ")),
        (all, others) => format!("{} and {others} others", all.join(", ")),
    }
}

pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// Lines from the server as a reply to one session.
pub(super) fn notice(lines: &[String]) -> Input {
    let mut reply = Vec::new();
    lines.iter().for_each(|line| render_notice(line, &mut reply));
    Input::Reply(reply)
}
