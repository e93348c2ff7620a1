//! What the generator says to each kind of server: just enough to come in, say lines and hear them.

/// The room everyone talks in.
pub(crate) const ROOM: &str = "lobby";

/// A way to talk to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Bytes go to every other member as they are; nothing is said on coming in.
    Raw,
    /// Teahouse's line protocol.
    Line,
    /// IRC (RFC 1459).
    Irc,
    /// NATS core publish and subscribe.
    Nats,
}

impl Dialect {
    /// What a member sends first to come into its room.
    pub(crate) fn hello(self, member: usize, room: &str) -> Vec<u8> {
        match self {
            Self::Raw => Vec::new(),
            Self::Line if room == ROOM => Vec::new(),
            Self::Line => format!("/join {room}\n/leave {ROOM}\n").into_bytes(),
            Self::Irc => format!("NICK m{member}\r\nUSER m 0 * :m\r\n").into_bytes(),
            Self::Nats => {
                format!("CONNECT {{\"verbose\":false,\"echo\":false}}\r\nSUB {room} 1\r\nPING\r\n")
                    .into_bytes()
            }
        }
    }

    /// What is sent when the server has shown this part of its greeting.
    pub(crate) fn reply(self, room: &str) -> Option<(&'static [u8], Vec<u8>)> {
        match self {
            Self::Irc => Some((b" 001 ", format!("JOIN #{room}\r\n").into_bytes())),
            Self::Raw | Self::Line | Self::Nats => None,
        }
    }

    /// What shows that a member is in its room; `None` where there is nothing to see.
    pub(crate) fn joined(self, room: &str) -> Option<Vec<u8>> {
        match self {
            Self::Raw => None,
            Self::Line if room == ROOM => Some(format!("you are in #{room}").into_bytes()),
            Self::Line => Some(format!("you left #{ROOM}").into_bytes()),
            Self::Irc => Some(b" 366 ".to_vec()),
            Self::Nats => Some(b"PONG".to_vec()),
        }
    }

    /// Says one line in a room.
    pub(crate) fn say(self, room: &str, words: &str, out: &mut Vec<u8>) {
        let parts: [&[u8]; 4] = match self {
            Self::Raw | Self::Line => [words.as_bytes(), b"\n", b"", b""],
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

    /// Line feeds in what a member hears for one message.
    pub(crate) fn feeds_per_message(self) -> u64 {
        match self {
            Self::Raw | Self::Line | Self::Irc => 1,
            Self::Nats => 2,
        }
    }
}
