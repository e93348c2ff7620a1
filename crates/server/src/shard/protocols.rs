//! The session for each protocol that sniffing finds: the only place of a shard that names protocols. A connection over
//! HTTP gets its session where HTTP is served.

use teahouse_wire::ProtocolSession;
use teahouse_wire::line::LineSession;
use teahouse_wire::protocol::ServerFacts;
use teahouse_wire::sniff::Protocol;

/// The session for a protocol. `None` for HTTP, and for a protocol that this server does not speak
/// ([`teahouse_wire::sniff::refusal`]).
pub(super) fn session_of(
    spoken: Protocol,
    server: &ServerFacts,
) -> Option<Box<dyn ProtocolSession>> {
    match spoken {
        Protocol::Line | Protocol::Telnet => {
            Some(Box::new(LineSession::new(server.first_room.clone())))
        }
        Protocol::Http
        | Protocol::Http2
        | Protocol::LikeHttp
        | Protocol::Irc
        | Protocol::Ssh
        | Protocol::Tls
        | Protocol::Proxy
        | Protocol::Smtp
        | Protocol::Socks4
        | Protocol::Socks5
        | Protocol::Redis
        | Protocol::Binary => None,
    }
}

/// The session for a silent peer: a person who types lines may be waiting for a greeting.
pub(super) fn session_of_silent(server: &ServerFacts) -> Box<dyn ProtocolSession> {
    Box::new(LineSession::new(server.first_room.clone()))
}
