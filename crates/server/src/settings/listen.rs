//! The setting `listen`: addresses as people write them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One entry of `listen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ListenSetting {
    /// Every address of this machine, IPv4 and IPv6: `:5000`, `5000`, `*:5000`, `[::]:5000`.
    All(u16),
    /// The loopback addresses, IPv4 and IPv6, which only programs on this machine reach: `localhost:5000`.
    Localhost(u16),
    /// One address: `192.0.2.7:5000`, `[2001:db8::7]:5000`, `0.0.0.0:5000` for every IPv4 address.
    At(SocketAddr),
}

impl ListenSetting {
    /// The addresses that the entry stands for; a machine may lack one of the two families.
    #[must_use]
    pub fn addresses(self) -> Vec<SocketAddr> {
        match self {
            Self::All(port) => vec![
                SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)),
                SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)),
            ],
            Self::Localhost(port) => vec![
                SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
                SocketAddr::from((Ipv6Addr::LOCALHOST, port)),
            ],
            Self::At(address) => vec![address],
        }
    }
}

impl FromStr for ListenSetting {
    type Err = String;

    fn from_str(input: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{input}` is not a place to listen on: write `:5000` or `5000` for every address, \
                 `localhost:5000` for this machine only, or an address like 192.0.2.7:5000 or [::1]:5000"
            )
        };
        if let Ok(mut address) = input.parse::<SocketAddr>() {
            // Our IPv6 sockets accept IPv6 only, so an IPv4-mapped address becomes the IPv4 address.
            address.set_ip(address.ip().to_canonical());
            let is_all = address.ip() == Ipv6Addr::UNSPECIFIED;
            return Ok(if is_all { Self::All(address.port()) } else { Self::At(address) });
        }
        let (host, port) = input.rsplit_once(':').unwrap_or(("", input));
        let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|_| is_number).ok_or_else(wrong)?;
        match host {
            "" | "*" => Ok(Self::All(port)),
            _ if host.eq_ignore_ascii_case("localhost") => Ok(Self::Localhost(port)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for ListenSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(port) => write!(f, ":{port}"),
            Self::Localhost(port) => write!(f, "localhost:{port}"),
            Self::At(address) => address.fmt(f),
        }
    }
}

impl TryFrom<String> for ListenSetting {
    type Error = String;
    fn try_from(input: String) -> Result<Self, String> {
        input.parse()
    }
}

impl From<ListenSetting> for String {
    fn from(setting: ListenSetting) -> Self {
        setting.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_can_be_written_in_many_ways() {
        let read = |input: &str| input.parse::<ListenSetting>();
        for input in ["5000", ":5000", "*:5000", "[::]:5000"] {
            assert_eq!(read(input), Ok(ListenSetting::All(5000)), "{input}");
        }
        assert_eq!(read("LocalHost:5000"), Ok(ListenSetting::Localhost(5000)));
        for input in ["0.0.0.0:5000", "192.0.2.7:0", "[::1]:5000"] {
            assert_eq!(read(input).unwrap().to_string(), input);
        }
        assert_eq!(read("[::ffff:192.0.2.7]:5000").unwrap().to_string(), "192.0.2.7:5000");
        for input in ["", ":", "nowhere", "nowhere:5000", "::1", "1.2.3.4", ":70000", ":+5", "a:b"]
        {
            let error = read(input).unwrap_err();
            assert!(error.contains("`:5000`"), "{error}");
        }
    }
}
