//! Decides which HTTP requests are answered: the request must be for a name of this server, and must come from no page
//! or from a page of this server.
//!
//! A browser sends the name that it looked up in `Host` (RFC 9110, section 7.2). An attacker can point a name at our
//! address (DNS rebinding); such a name is not ours. Ours are IP addresses, `localhost`, this machine's own names and
//! those in the setting `hosts`. A browser marks a request of another site's page in `Sec-Fetch-Site` (Fetch Metadata)
//! and, if it does not send that, in `Origin` (RFC 6454).

use std::net::{IpAddr, Ipv6Addr};
use std::sync::OnceLock;

use hyper::header::{HOST, HeaderMap, ORIGIN};
use hyper::{Method, Uri, Version};
use teahouse_core::harmless::excerpt;

/// Characters of a received name that an error text repeats.
const SHOWN_CHARS_MAX: usize = 100;

/// Why a request is not answered, in words for people.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotOurs(pub(crate) String);

/// A host and an optional port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Authority<'a> {
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Authority<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            // An IPv6 address has its colons in brackets.
            Some((host, port)) if !port.contains(']') => (host, Some(port.parse().ok()?)),
            Some(_) | None => (text, None),
        };
        Some(Self { host: host.strip_suffix('.').unwrap_or(host), port })
    }

    fn is_address(self) -> bool {
        let v6 = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        match v6 {
            Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
            None => self.host.parse::<IpAddr>().is_ok_and(|address| address.is_ipv4()),
        }
    }
}

/// The error text for a request with no `Host` or several.
pub(crate) const HOST_ONCE: &str =
    "an HTTP/1.1 request says its Host, once (RFC 9112, section 3.2)";

/// Whether a request has exactly one `Host`, as HTTP/1.1 requires; before HTTP/1.1 it may have none.
pub(crate) fn says_host_once(version: Version, headers: &HeaderMap) -> bool {
    match headers.get_all(HOST).iter().count() {
        0 => version < Version::HTTP_11,
        1 => true,
        _ => false,
    }
}

/// Checks that a request is for this server.
///
/// # Errors
/// When it is for another name; the text says what to do.
pub(crate) fn check_host(uri: &Uri, headers: &HeaderMap, hosts: &[String]) -> Result<(), NotOurs> {
    let Some(asked) = asked_for(uri, headers) else { return Ok(()) };
    let is_ours = Authority::parse(asked).is_some_and(|asked| {
        let is = |name: &str| asked.host.eq_ignore_ascii_case(name);
        asked.is_address()
            || is("localhost")
            || asked.host.to_ascii_lowercase().ends_with(".localhost")
            || own_names().iter().any(|name| is(name))
            || hosts.iter().any(|name| is_named(asked.host, name))
    });
    if is_ours {
        return Ok(());
    }
    let asked = excerpt(asked, SHOWN_CHARS_MAX);
    Err(NotOurs(format!(
        "{asked} is not a name of this server as far as it knows: it answers to addresses, localhost, its \
         machine's own name and the names in the setting `hosts`; add this one there if it is right"
    )))
}

/// Checks that a request with an effect comes from no page, or from a page of this server.
///
/// # Errors
/// When it comes from another site's page; the text names what was compared.
pub(crate) fn check_origin(
    uri: &Uri,
    headers: &HeaderMap,
    hosts: &[String],
) -> Result<(), NotOurs> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let origin = text(ORIGIN.as_str());
    match (text("sec-fetch-site"), origin) {
        // The browser's own comparison is better than ours: a proxy may have changed `Host`.
        (Some("same-origin"), _) | (Some("none") | None, None) => return Ok(()),
        (Some("none") | None, Some(_)) => {}
        (Some(site), _) => {
            let page = origin.map_or_else(
                || "another site".to_owned(),
                |origin| excerpt(origin, SHOWN_CHARS_MAX),
            );
            return Err(NotOurs(format!(
                "a page of another site may not act here: its browser says that this is a {} request of a page \
                 of {page}",
                excerpt(site, SHOWN_CHARS_MAX)
            )));
        }
    }
    let origin = origin.unwrap_or_default();
    let asked = asked_for(uri, headers).unwrap_or_default();
    if is_same(origin, asked, hosts) {
        return Ok(());
    }
    Err(NotOurs(format!(
        "a page of another site may not act here: the page is of {} and the request is for {}; a proxy in front \
         has to pass `Host` on, or the page's name has to be in the setting `hosts`",
        excerpt(origin, SHOWN_CHARS_MAX),
        excerpt(asked, SHOWN_CHARS_MAX)
    )))
}

/// Whether a request opens a WebSocket and cannot come from a page: a browser always names the page in `Origin`
/// (RFC 6455, section 4.1, item 8). Such a request may be for any name, because our clients use the name they know.
pub(crate) fn is_of_no_page(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::GET
        && headers.contains_key("sec-websocket-key")
        && !headers.contains_key(ORIGIN)
}

/// The name that a request is for (RFC 9112, section 3.2); `None` if it has none, as before HTTP/1.1.
fn asked_for<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let host = || headers.get(HOST).map(|host| host.to_str().unwrap_or("?"));
    uri.authority().map(hyper::http::uri::Authority::as_str).or_else(host).filter(|h| !h.is_empty())
}

fn is_same(origin: &str, asked: &str, hosts: &[String]) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let usual = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    let Some(page) = Authority::parse(authority) else { return false };
    let port = page.port.unwrap_or(usual);
    let is_asked = Authority::parse(asked).is_some_and(|asked| {
        asked.host.eq_ignore_ascii_case(page.host) && asked.port.unwrap_or(usual) == port
    });
    // Behind a proxy: the page's name is in the setting `hosts`, and the port is the default of its scheme.
    is_asked || (port == usual && hosts.iter().any(|name| name != "*" && is_named(page.host, name)))
}

/// Whether a host matches an entry of the setting `hosts`: `tea.example`, `.tea.example` and all names below it, `*`.
fn is_named(host: &str, name: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let name = name.to_ascii_lowercase();
    match name.strip_prefix('.') {
        Some(parent) => host == parent || host.ends_with(&name),
        None => name == "*" || host == name,
    }
}

/// The names of this machine: its own, and its name in the local network (RFC 6762).
fn own_names() -> &'static [String] {
    static OWN: OnceLock<Vec<String>> = OnceLock::new();
    OWN.get_or_init(|| {
        let Some(name) = machine_name().filter(|name| !name.is_empty()) else { return Vec::new() };
        let first = name.split('.').next().unwrap_or_default().to_owned();
        vec![format!("{first}.local"), first, name]
    })
}

#[cfg(unix)]
fn machine_name() -> Option<String> {
    Some(rustix::system::uname().nodename().to_string_lossy().into_owned())
}

#[cfg(not(unix))]
fn machine_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn addresses_names_of_this_machine_and_names_in_the_setting_are_ours() {
        let hosts = ["tea.example".to_owned(), ".tea.test".to_owned()];
        let takes = |host| {
            let host = [("host", host)];
            check_host(&Uri::from_static("/"), &headers(&host), &hosts).is_ok()
        };
        for host in [
            "127.0.0.1:5000",
            "192.0.2.7",
            "[::1]:5000",
            "[2001:db8::1]",
            "localhost",
            "LOCALHOST:81",
            "a.localhost:5000",
            "localhost.",
            "tea.example",
            "Tea.Example:5000",
            "tea.test",
            "a.b.tea.test:1",
        ] {
            assert!(takes(host), "{host}");
        }
        for host in [
            "evil.example",
            "tea.example.evil.example",
            "xtea.test",
            "1.2.3.4.evil.example",
            "localhost.evil.example",
            "tea.example:x",
            "::1",
            "[evil.example]",
            "0x7f000001",
            "127.1",
        ] {
            assert!(!takes(host), "{host}");
        }
        let own: Vec<HeaderMap> = own_names()
            .iter()
            .map(|name| HeaderMap::from_iter([(HOST, name.parse().unwrap())]))
            .collect();
        assert!(own.iter().all(|own| check_host(&Uri::from_static("/"), own, &[]).is_ok()));
        let none = HeaderMap::new();
        assert_eq!(
            check_host(&Uri::from_static("/"), &none, &[]),
            Ok(()),
            "HTTP/1.0 needs no Host"
        );
        let local = headers(&[("host", "localhost")]);
        let absolute = Uri::from_static("http://evil.example/lobby");
        assert!(check_host(&absolute, &local, &[]).is_err(), "the target overrides the header");
        let any = ["*".to_owned()];
        assert_eq!(check_host(&absolute, &local, &any), Ok(()));
        let NotOurs(why) = check_host(&absolute, &local, &[]).unwrap_err();
        assert!(why.starts_with("evil.example is not a name of this server"), "{why}");
        assert!(why.contains("`hosts`"), "{why}");
    }

    #[test]
    fn a_page_of_another_site_is_recognised_by_its_browsers_headers() {
        let hosts = ["tea.example".to_owned()];
        let from = |pairs: &[(&'static str, &'static str)]| {
            check_origin(&Uri::from_static("/lobby"), &headers(pairs), &hosts)
        };
        let site = "sec-fetch-site";
        for own in [
            &[("host", "a:5000")][..],
            &[("host", "a"), ("origin", "https://A")],
            &[("host", "a:443"), ("origin", "https://a")],
            &[("host", "a"), ("origin", "https://a:443")],
            &[("host", "a:80"), ("origin", "http://a")],
            &[("host", "a:5000"), ("origin", "http://a:5000")],
            &[("host", "a:5000"), ("origin", "http://a:5000"), (site, "same-origin")],
            // A proxy changed the host: the browser's own comparison or the setting decides.
            &[("host", "127.0.0.1:5000"), ("origin", "https://b"), (site, "same-origin")],
            &[("host", "127.0.0.1:5000"), ("origin", "https://tea.example")],
            &[("host", "a"), (site, "none")],
        ] {
            assert_eq!(from(own), Ok(()), "{own:?}");
        }
        for foreign in [
            &[("host", "a"), ("origin", "https://evil.example")][..],
            &[("host", "a:5000"), ("origin", "http://a:5001")],
            &[("host", "a:5000"), ("origin", "http://a")],
            &[("host", "a:443"), ("origin", "http://a")],
            &[("host", "a"), ("origin", "null")],
            &[("host", "a"), ("origin", "file://a")],
            &[("host", "127.0.0.1:5000"), ("origin", "https://tea.example:8443")],
            &[("host", "a"), ("origin", "http://a"), (site, "cross-site")],
            &[("host", "a"), (site, "cross-site")],
            &[("host", "a"), (site, "same-site")],
        ] {
            assert!(from(foreign).is_err(), "{foreign:?}");
        }
        let NotOurs(why) = from(&[("host", "a"), ("origin", "http://b")]).unwrap_err();
        assert!(why.contains("the page is of http://b and the request is for a;"), "{why}");
    }
}
