//! What the generator sends to each kind of server: just enough to join, say lines and recognise received ones.

/// The room that all members join, unless a scenario has several.
pub(crate) const ROOM: &str = "lobby";

/// The protocol of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Bytes go to every other member as they are; nothing is shown on joining.
    Raw,
    /// Teahouse's line protocol.
    Line,
    /// Teahouse's api: JSON over a WebSocket.
    Api,
    /// IRC (RFC 1459).
    Irc,
    /// NATS core publish and subscribe.
    Nats,
}

impl Dialect {
    /// The first bytes that a member sends, to join its room.
    pub(crate) fn hello(self, member: usize, room: &str) -> Vec<u8> {
        match self {
            Self::Raw => Vec::new(),
            Self::Line if room == ROOM => Vec::new(),
            Self::Line => format!("/join {room}\n/leave {ROOM}\n").into_bytes(),
            Self::Api => b"GET /api/v1/socket HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\n\
                Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                .to_vec(),
            Self::Irc => format!("NICK m{member}\r\nUSER m 0 * :m\r\n").into_bytes(),
            Self::Nats => {
                format!("CONNECT {{\"verbose\":false,\"echo\":false}}\r\nSUB {room} 1\r\nPING\r\n")
                    .into_bytes()
            }
        }
    }

    /// The reply of a member once the server has shown this part of its greeting.
    pub(crate) fn reply(self, room: &str) -> Option<(&'static [u8], Vec<u8>)> {
        match self {
            Self::Irc => Some((b" 001 ", format!("JOIN #{room}\r\n").into_bytes())),
            Self::Api => {
                let mut asked = Vec::new();
                frame(r#"{"op":"hello"}"#, &mut asked);
                frame(&format!(r#"{{"op":"join","room":"{room}"}}"#), &mut asked);
                Some((b" 101 ", asked))
            }
            Self::Raw | Self::Line | Self::Nats => None,
        }
    }

    /// The bytes that show that a member is in its room; `None` where there are none.
    pub(crate) fn joined(self, room: &str) -> Option<Vec<u8>> {
        match self {
            Self::Raw => None,
            Self::Line if room == ROOM => Some(format!("you are in #{room}").into_bytes()),
            Self::Line => Some(format!("you left #{ROOM}").into_bytes()),
            Self::Api => Some(br#""type":"joined""#.to_vec()),
            Self::Irc => Some(b" 366 ".to_vec()),
            Self::Nats => Some(b"PONG".to_vec()),
        }
    }

    /// Appends the bytes that say one line in a room.
    pub(crate) fn say(self, room: &str, words: &str, out: &mut Vec<u8>) {
        let parts: [&[u8]; 4] = match self {
            Self::Raw | Self::Line => [words.as_bytes(), b"\n", b"", b""],
            Self::Api => {
                let request = format!(r#"{{"op":"say","room":"{room}","text":"{words}"}}"#);
                return frame(&request, out);
            }
            Self::Irc => [b"PRIVMSG #", room.as_bytes(), b" :", words.as_bytes()],
            Self::Nats => {
                let head = format!("PUB {room} {}\r\n", words.len());
                out.extend_from_slice(head.as_bytes());
                [words.as_bytes(), b"\r\n", b"", b""]
            }
        };
        for part in parts {
            out.extend_from_slice(part);
        }
        if self == Self::Irc {
            out.extend_from_slice(b"\r\n");
        }
    }

    /// The byte that ends a received message: a line feed, or the end of a JSON object.
    pub(crate) fn end(self) -> u8 {
        match self {
            Self::Raw | Self::Line | Self::Irc | Self::Nats => b'\n',
            Self::Api => b'}',
        }
    }

    /// How many of these bytes one received message has. An event has a sender object within it.
    pub(crate) fn ends_per_message(self) -> u64 {
        match self {
            Self::Raw | Self::Line | Self::Irc => 1,
            Self::Nats | Self::Api => 2,
        }
    }
}

/// A client's text frame (RFC 6455, section 5.2), masked with zeros: the cost of masking is not measured.
fn frame(text: &str, out: &mut Vec<u8>) {
    out.push(0x81);
    match u8::try_from(text.len()) {
        Ok(length @ 0..=125) => out.push(0x80 | length),
        _ => {
            out.push(0x80 | 126);
            let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
            out.extend_from_slice(&length.to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_says_a_line() {
        let said = |dialect: Dialect| {
            let mut out = Vec::new();
            dialect.say("tea", "hi", &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(said(Dialect::Raw), "hi\n");
        assert_eq!(said(Dialect::Line), "hi\n");
        let mut framed = Vec::new();
        Dialect::Api.say("tea", "hi", &mut framed);
        assert_eq!(framed[..6], [0x81, 0x80 | 37, 0, 0, 0, 0]);
        assert_eq!(framed[6..], *br#"{"op":"say","room":"tea","text":"hi"}"#);
        assert_eq!(said(Dialect::Irc), "PRIVMSG #tea :hi\r\n");
        assert_eq!(said(Dialect::Nats), "PUB tea 2\r\nhi\r\n");
    }

    #[test]
    fn each_dialect_joins_its_room() {
        let hello = |dialect: Dialect, room| String::from_utf8(dialect.hello(3, room)).unwrap();
        assert_eq!(hello(Dialect::Line, ROOM), "");
        assert_eq!(hello(Dialect::Line, "tea"), "/join tea\n/leave lobby\n");
        assert_eq!(hello(Dialect::Irc, ROOM), "NICK m3\r\nUSER m 0 * :m\r\n");
        assert!(hello(Dialect::Nats, "tea").contains("SUB tea 1\r\n"));
        assert_eq!(Dialect::Raw.joined(ROOM), None);
        assert_eq!(Dialect::Line.joined(ROOM), Some(b"you are in #lobby".to_vec()));
        assert_eq!(Dialect::Line.joined("tea"), Some(b"you left #lobby".to_vec()));
    }
}
