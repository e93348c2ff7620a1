//! The address of a server, as people write it: `HOST`, `HOST:PORT`, `[::1]:5000` or a URL.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use teahouse_wire::api::SOCKET_PATH;
use thiserror::Error;

/// The default port of a server.
pub const PORT: u16 = 5000;

/// The protocol of a connection to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The api over a WebSocket, which resumes and loses nothing.
    Api,
    /// Plain lines, which every line server understands.
    Line,
}

/// The address of a server and the protocol to use with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The protocol.
    pub protocol: Protocol,
    /// A host name or an IP address; an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path of the WebSocket; empty for [`Protocol::Line`].
    pub path: String,
}

/// Why an address could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// The address is empty.
    #[error("the server's address is empty")]
    Empty,
    /// The address asks for TLS, which this client does not support yet.
    #[error("cannot connect to {address}: TLS is not spoken yet")]
    Tls {
        /// As given.
        address: String,
        /// The same address without TLS.
        plain: String,
    },
    /// The scheme of the URL is unknown.
    #[error("cannot connect to {address}: {scheme}:// is not known")]
    Scheme {
        /// As given.
        address: String,
        /// The text before `://`.
        scheme: String,
    },
    /// The port is not a number from 1 to 65535.
    #[error("the port in {address} is not a number from 1 to 65535: {port:?}")]
    Port {
        /// As given.
        address: String,
        /// The text in the place of the port.
        port: String,
    },
    /// The host is not a valid host name or IP address.
    #[error("the host in {address} cannot be one: {host:?}")]
    Host {
        /// As given.
        address: String,
        /// The text in the place of the host.
        host: String,
    },
    /// The address has a part that an address cannot have, such as a query.
    #[error("{address} has more than a host, a port and a path: {extra:?}")]
    Extra {
        /// As given.
        address: String,
        /// The part that is not allowed.
        extra: String,
    },
}

impl AddressError {
    /// What the person can do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Tls { plain, .. } => format!("on a network you trust, use {plain}"),
            Self::Empty
            | Self::Scheme { .. }
            | Self::Port { .. }
            | Self::Host { .. }
            | Self::Extra { .. } => format!(
                "write HOST, HOST:PORT, [IPV6]:PORT, ws://HOST:PORT or tcp://HOST:PORT; \
                 the port is {PORT} if you leave it out"
            ),
        }
    }
}

impl FromStr for Server {
    type Err = AddressError;

    fn from_str(address: &str) -> Result<Self, AddressError> {
        Self::parse(address)
    }
}

impl Server {
    /// Reads an address as people write it. Without a port, also in a URL, the port is [`PORT`].
    ///
    /// # Errors
    /// When the address is not valid, or needs TLS.
    pub fn parse(address: &str) -> Result<Self, AddressError> {
        let address = address.trim();
        if address.is_empty() {
            return Err(AddressError::Empty);
        }
        let Some((scheme, rest)) = address.split_once("://") else {
            return Parts::of(address, address)?.server(Protocol::Api, |_| SOCKET_PATH.to_owned());
        };
        let scheme = scheme.to_ascii_lowercase();
        let parts = Parts::of(address, rest)?;
        match scheme.as_str() {
            "http" => parts.server(Protocol::Api, |path| format!("{path}{SOCKET_PATH}")),
            "ws" => parts.server(Protocol::Api, |path| match path {
                "" => SOCKET_PATH.to_owned(),
                path => path.to_owned(),
            }),
            "tcp" if parts.path.trim_matches('/').is_empty() => {
                parts.server(Protocol::Line, |_| String::new())
            }
            "tcp" => Err(parts.extra(parts.path)),
            "https" | "wss" => {
                let plain = if scheme == "https" { "http" } else { "ws" };
                let plain = format!("{plain}://{rest}");
                Err(AddressError::Tls { address: address.to_owned(), plain })
            }
            _ => Err(AddressError::Scheme { address: address.to_owned(), scheme }),
        }
    }

    /// `HOST:PORT`, with brackets around an IPv6 address.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The URL of the WebSocket.
    #[must_use]
    pub fn socket_url(&self) -> String {
        format!("ws://{}{}", self.authority(), self.path)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol {
            Protocol::Line => write!(f, "tcp://{}", self.authority()),
            Protocol::Api if self.path == SOCKET_PATH => f.write_str(&self.authority()),
            Protocol::Api => f.write_str(&self.socket_url()),
        }
    }
}

/// The parts of an address.
struct Parts<'a> {
    address: &'a str,
    host: &'a str,
    port: u16,
    path: &'a str,
}

impl<'a> Parts<'a> {
    fn of(address: &'a str, rest: &'a str) -> Result<Self, AddressError> {
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
            match rest.split_once(']') {
                Some((host, "")) => (host, None),
                Some((host, port)) => (host, Some(port.strip_prefix(':').unwrap_or(port))),
                None => (authority, None),
            }
        } else if authority.parse::<Ipv6Addr>().is_ok() {
            (authority, None)
        } else {
            authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)))
        };
        let port = match port {
            None => PORT,
            Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                AddressError::Port { address: address.to_owned(), port: port.to_owned() }
            })?,
        };
        let parts = Self { address, host, port, path };
        if let Some(extra) = ["?", "#"].iter().find(|mark| rest.contains(**mark)) {
            return Err(parts.extra(extra));
        }
        parts.check_host()?;
        Ok(parts)
    }

    fn check_host(&self) -> Result<(), AddressError> {
        let is_host = if self.host.contains(':') {
            self.host.split('%').next().is_some_and(|host| host.parse::<Ipv6Addr>().is_ok())
        } else {
            let is_allowed = |c: char| c.is_alphanumeric() || "-._".contains(c);
            !self.host.is_empty() && self.host.chars().all(is_allowed)
        };
        let (address, host) = (self.address.to_owned(), self.host.to_owned());
        if is_host { Ok(()) } else { Err(AddressError::Host { address, host }) }
    }

    fn extra(&self, extra: &str) -> AddressError {
        AddressError::Extra { address: self.address.to_owned(), extra: extra.to_owned() }
    }

    fn server(
        &self,
        protocol: Protocol,
        path: impl FnOnce(&str) -> String,
    ) -> Result<Server, AddressError> {
        let is_url = self.address.contains("://");
        if !is_url && !self.path.is_empty() {
            return Err(self.extra(self.path));
        }
        let path = path(self.path.trim_end_matches('/'));
        Ok(Server { protocol, host: self.host.to_lowercase(), port: self.port, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> String {
        match Server::parse(address) {
            Ok(Server { protocol: Protocol::Line, host, port, .. }) => {
                format!("lines {host} {port}")
            }
            Ok(server) => server.socket_url(),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let cases = [
            ("localhost", "ws://localhost:5000/api/v1/socket"),
            ("Tea.Example:80", "ws://tea.example:80/api/v1/socket"),
            ("127.0.0.1:6000", "ws://127.0.0.1:6000/api/v1/socket"),
            ("::1", "ws://[::1]:5000/api/v1/socket"),
            ("[::1]", "ws://[::1]:5000/api/v1/socket"),
            ("[::1]:6000", "ws://[::1]:6000/api/v1/socket"),
            ("http://tea/", "ws://tea:5000/api/v1/socket"),
            ("http://tea:80/house/", "ws://tea:80/house/api/v1/socket"),
            ("ws://tea:6000", "ws://tea:6000/api/v1/socket"),
            ("WS://tea:6000/other", "ws://tea:6000/other"),
            ("tcp://tea:23", "lines tea 23"),
            ("tcp://[::1]", "lines ::1 5000"),
        ];
        for (address, expected) in cases {
            assert_eq!(read(address), expected, "{address}");
        }
    }

    #[test]
    fn an_invalid_address_is_rejected_with_a_reason_and_a_hint() {
        let cases = [
            ("", "error: the server's address is empty"),
            ("tea:", "error: the port in tea: is not a number from 1 to 65535: \"\""),
            ("tea:0", "error: the port in tea:0 is not a number from 1 to 65535: \"0\""),
            ("tea:x", "error: the port in tea:x is not a number from 1 to 65535: \"x\""),
            ("a b", "error: the host in a b cannot be one: \"a b\""),
            ("ann@tea:80", "error: the host in ann@tea:80 cannot be one: \"ann@tea\""),
            ("tea/x", "error: tea/x has more than a host, a port and a path: \"/x\""),
            (
                "ws://tea/?a=1",
                "error: ws://tea/?a=1 has more than a host, a port and a path: \"?\"",
            ),
            ("ftp://tea", "error: cannot connect to ftp://tea: ftp:// is not known"),
            ("wss://tea:443", "error: cannot connect to wss://tea:443: TLS is not spoken yet"),
            ("https://tea", "error: cannot connect to https://tea: TLS is not spoken yet"),
        ];
        for (address, expected) in cases {
            assert_eq!(read(address), expected, "{address}");
        }
        let error = Server::parse("https://tea:6000").unwrap_err();
        assert_eq!(error.hint(), "on a network you trust, use http://tea:6000");
    }

    #[test]
    fn a_displayed_address_reads_as_the_same_server() {
        for address in ["tea", "[::1]:80", "tcp://tea:23", "ws://tea:1/x", "http://tea/house"] {
            let server = Server::parse(address).unwrap();
            assert_eq!(Server::parse(&server.to_string()), Ok(server));
        }
    }
}
