//! Which requests the server answers over HTTP: those for a name of its own (a page whose owner points a name at the
//! server gets nothing), and those from pages of its own, also behind a real nginx that changes `Host`.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::raw;
use crate::server::{PATIENCE, TestServer};
use crate::visitor::{Answer, Visitor, get};

/// One request with the given head.
fn ask(port: u16, head: &str) -> Answer {
    let mut visitor = Visitor::connect(port);
    visitor.send(head.as_bytes());
    visitor.answer(false)
}

fn refusal_of(answer: &Answer) -> (u16, String, String) {
    let body: Value = answer.json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (answer.status, text("code"), text("message"))
}

#[test]
fn a_request_for_a_foreign_name_is_always_refused() {
    let server = TestServer::with(&[]);
    let rebound = "Host: rebound.example:5000\r\n";
    let socket = raw::handshake("Origin: http://rebound.example:5000\r\n")
        .replace("Host: localhost\r\n", rebound);
    for head in [
        format!("GET /healthz HTTP/1.1\r\n{rebound}\r\n"),
        format!("GET /api/v1/rooms HTTP/1.1\r\n{rebound}\r\n"),
        "GET http://rebound.example/lobby HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        format!("POST /lobby HTTP/1.1\r\n{rebound}Content-Length: 2\r\n\r\nhi"),
        format!("PUT /lobby HTTP/1.1\r\n{rebound}Content-Length: 2\r\n\r\nhi"),
        socket,
    ] {
        let (status, code, message) = refusal_of(&ask(server.port, &head));
        assert_eq!((status, code.as_str()), (421, "wrong_host"), "{head}");
        assert!(message.starts_with("rebound.example"), "{message}");
        assert!(message.contains("`hosts`"), "{message}");
    }
    let metrics = ask(server.admin_port(), &format!("GET /metrics HTTP/1.1\r\n{rebound}\r\n"));
    assert_eq!(metrics.status, 421);
    assert!(metrics.text().starts_with("rebound.example:5000 is not a name"), "{metrics:?}");
    let page = get(server.port, "/api/v1/rooms/lobby/messages");
    assert!(page.status == 404 || page.json()["events"] == serde_json::json!([]), "{page:?}");

    // Our own clients are not pages: they send no origin and may use any name.
    let plain = raw::handshake("").replace("Host: localhost\r\n", rebound);
    let mut visitor = Visitor::connect(server.port);
    visitor.send(plain.as_bytes());
    assert_eq!(visitor.head().status, 101);

    let server = TestServer::with(&["--hosts", "rebound.example,.tea.test"]);
    for host in ["rebound.example:5000", "a.tea.test", "127.0.0.1", "[::1]:5000", "localhost"] {
        let head = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(ask(server.port, &head).text(), "ok\n", "{host}");
        let head = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(ask(server.admin_port(), &head).text(), "ok\n", "{host}");
    }
    assert_eq!(
        ask(server.port, "GET /healthz HTTP/1.0\r\n\r\n").text(),
        "ok\n",
        "no host is given"
    );
    assert_eq!(ask(server.port, "GET /healthz HTTP/1.1\r\n\r\n").status, 400, "it must be");
}

/// A real nginx in front of a server.
struct Proxy {
    child: Child,
    port: u16,
    directory: tempfile::TempDir,
}

impl Proxy {
    /// A proxy with more lines in its `location`.
    fn of(server: &TestServer, more: &str) -> Self {
        // A port that is free when the test asks for it may be taken a moment later.
        let deadline = Instant::now() + PATIENCE;
        std::iter::from_fn(|| (Instant::now() < deadline).then(|| Self::try_of(server, more)))
            .find_map(|proxy| proxy)
            .expect("nginx does not listen")
    }

    fn try_of(server: &TestServer, more: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().display();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let configuration = format!(
            "daemon off; master_process off; pid {at}/pid; error_log {at}/error.log;
             events {{ worker_connections 64; }}
             http {{
                 access_log off;
                 client_body_temp_path {at}/body; proxy_temp_path {at}/proxy;
                 fastcgi_temp_path {at}/fastcgi; uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;
                 server {{
                     listen 127.0.0.1:{port};
                     location / {{
                         proxy_pass http://127.0.0.1:{};
                         proxy_http_version 1.1;
                         proxy_set_header Upgrade $http_upgrade;
                         proxy_set_header Connection $connection_upgrade;
                         {more}
                     }}
                 }}
                 map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
             }}",
            server.port
        );
        let path = directory.path().join("nginx.conf");
        std::fs::write(&path, configuration).unwrap();
        let child = Command::new("/usr/sbin/nginx")
            .args(["-e", "stderr", "-p"])
            .arg(directory.path())
            .arg("-c")
            .arg(&path)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut proxy = Self { child, port, directory };
        // nginx writes its process number when it listens.
        while !proxy.directory.path().join("pid").exists() {
            if proxy.child.try_wait().unwrap().is_some() {
                return None;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(proxy)
    }

    /// The answer to a page of that origin that says something.
    fn say(&self, host: &str, more: &str) -> Answer {
        let head = format!(
            "POST /lobby?nick=page HTTP/1.1\r\nHost: {host}\r\n{more}Content-Length: 2\r\n\r\nhi"
        );
        ask(self.port, &head)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn pages_behind_a_proxy_that_changes_the_host_may_post_and_others_are_told_what_was_compared() {
    let server = TestServer::with(&[]);
    let proxy = Proxy::of(&server, "");
    // nginx sends the address that it forwards to; the browser says whether page and server have one origin.
    let own = "Origin: https://tea.example\r\nSec-Fetch-Site: same-origin\r\n";
    assert_eq!(proxy.say("tea.example", own).status, 200);
    let foreign = "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n";
    let (status, code, message) = refusal_of(&proxy.say("tea.example", foreign));
    assert_eq!((status, code.as_str()), (403, "forbidden"));
    assert!(
        message.contains("cross-site") && message.contains("https://evil.example"),
        "{message}"
    );
    // A browser that does not say so (over plain HTTP): the server compares the two names.
    let silent = "Origin: http://tea.example\r\n";
    let (status, _, message) = refusal_of(&proxy.say("tea.example", silent));
    assert_eq!(status, 403);
    let compared = format!(
        "the page is of http://tea.example and the request is for 127.0.0.1:{}",
        server.port
    );
    assert!(message.contains(&compared), "{message}");
    assert!(message.contains("proxy"), "{message}");
    let mut visitor = Visitor::connect(proxy.port);
    visitor.send(raw::handshake(own).as_bytes());
    assert_eq!(visitor.head().status, 101, "a WebSocket through the proxy");

    // A proxy that passes the host on needs its name in `hosts`; then everything is allowed.
    let passing = "proxy_set_header Host $host;";
    let proxy = Proxy::of(&server, passing);
    assert_eq!(refusal_of(&proxy.say("tea.example", own)).0, 421);
    let server = TestServer::with(&["--hosts", "tea.example"]);
    for configuration in [passing, ""] {
        let proxy = Proxy::of(&server, configuration);
        for origin in ["http://tea.example", "https://tea.example", "https://tea.example:443"] {
            let answer = proxy.say("tea.example", &format!("Origin: {origin}\r\n"));
            assert_eq!(answer.status, 200, "{origin} with {configuration:?}");
        }
        assert_eq!(refusal_of(&proxy.say("tea.example", "Origin: http://evil.example\r\n")).0, 403);
    }
}
