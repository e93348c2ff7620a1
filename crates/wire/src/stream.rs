//! A room as server-sent events (WHATWG HTML, section 9.2): what `EventSource` and `curl` follow. Each event's
//! id is its epoch and position, so that `Last-Event-ID` says where to go on.

use teahouse_core::Position;

use crate::api::{self, Epoch};

/// An event of history.
pub fn render_event(event: &api::Event, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("id: {}-{}\n", event.epoch, event.position).as_bytes());
    field("event", event, out);
}

/// A coming or going. It has no id: it is not history.
pub fn render_presence(presence: &api::Presence, out: &mut Vec<u8>) {
    field("presence", presence, out);
}

/// The first words: where one is, and whether what follows begins right after what one had.
pub fn render_begin(epoch: Epoch, at: Position, is_complete: bool, out: &mut Vec<u8>) {
    if !is_complete {
        // From here on the client goes on from a place that exists.
        out.extend_from_slice(format!("id: {epoch}-{at}\n").as_bytes());
    }
    let begin = serde_json::json!({ "epoch": epoch, "position": at.0, "complete": is_complete });
    field("begin", &begin, out);
}

/// The house tells everyone something.
pub fn render_notice(text: &str, out: &mut Vec<u8>) {
    field("notice", &serde_json::json!({ "text": text }), out);
}

/// Nothing, to see whether somebody is there.
pub fn render_ping(out: &mut Vec<u8>) {
    out.extend_from_slice(b":\n\n");
}

fn field(name: &str, value: &impl serde::Serialize, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("event: {name}\ndata: ").as_bytes());
    api::json_into(value, out);
    out.extend_from_slice(b"\n\n");
}

/// The place that a `Last-Event-ID` names.
#[must_use]
pub fn parse_id(id: &str) -> Option<(Epoch, Position)> {
    let (epoch, position) = id.split_once('-')?;
    Some((epoch.parse().ok()?, Position(position.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_nothing_else_is() {
        let epoch = Epoch([0, 1, 2, 3, 4, 5, 6, 0xFF]);
        assert_eq!(parse_id("00010203040506ff-17"), Some((epoch, Position(17))));
        for wrong in ["", "17", "00010203040506ff-", "00010203040506ff--1", "xx-17"] {
            assert_eq!(parse_id(wrong), None, "{wrong}");
        }
        let mut out = Vec::new();
        render_begin(epoch, Position(17), false, &mut out);
        let expected = "id: 00010203040506ff-17\nevent: begin\n\
                        data: {\"complete\":false,\"epoch\":\"00010203040506ff\",\"position\":17}\n\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
