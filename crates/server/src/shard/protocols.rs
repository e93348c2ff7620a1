//! Which session speaks with a peer that has said with its first bytes what it speaks: the one place of a shard that
//! names protocols. What comes by HTTP gets its session where that is served.

use teahouse_wire::ProtocolSession;
use teahouse_wire::line::LineSession;
use teahouse_wire::protocol::ServerFacts;
use teahouse_wire::sniff::Protocol;

/// The session for a peer that speaks this. `None` for HTTP, and for what is not spoken here
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

/// The session for a peer that has said nothing: a person with nothing but lines may wait for a greeting.
pub(super) fn session_of_silent(server: &ServerFacts) -> Box<dyn ProtocolSession> {
    Box::new(LineSession::new(server.first_room.clone()))
}
