//! A real browser: Chromium, driven by `playwright-core`, which is fetched into the build directory.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::server::TestServer;
use crate::visitor::get;

/// The package that drives the browser. Its own browsers are not fetched: Debian's is used.
const DRIVER: &str = "playwright-core@1.65.1";
/// Starts the browser with an empty profile (a private window connects to nothing in advance), runs a script in
/// it, and closes it.
const START: &str = r#"
const [driver, profile, script, server] = process.argv.slice(2);
const { chromium } = require(driver);
(async () => {
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  browser.setDefaultTimeout(60000);
  await require(script).run(browser, server);
  await browser.close();
  process.exit(0);
})().catch((error) => { console.error(error); process.exit(1); });
"#;

/// The directory of the driver, which is fetched once.
fn driver() -> &'static Path {
    static DRIVEN: OnceLock<PathBuf> = OnceLock::new();
    DRIVEN.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
        let (name, version) = DRIVER.split_once('@').unwrap();
        let driver = directory.join("node_modules").join(name);
        let fetched = std::fs::read_to_string(driver.join("package.json")).unwrap_or_default();
        if !fetched.contains(&format!("\"version\": \"{version}\"")) {
            std::fs::create_dir_all(&directory).unwrap();
            let fetch = Command::new("npm")
                .args(["install", "--no-audit", "--no-fund", "--prefix"])
                .args([directory.as_os_str(), DRIVER.as_ref()])
                .output()
                .unwrap();
            assert!(fetch.status.success(), "{}", String::from_utf8_lossy(&fetch.stderr));
        }
        driver
    })
}

/// Runs a script in a new browser against a server; returns what it prints.
fn run(script: &str, server: &TestServer) -> String {
    let script = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/browser")).join(script);
    let profile = tempfile::tempdir().unwrap();
    let start = profile.path().join("start.js");
    std::fs::write(&start, START).unwrap();
    let output = Command::new("node")
        .args([start.as_path(), driver(), &profile.path().join("profile"), &script])
        .arg(format!("http://127.0.0.1:{}", server.port))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The texts said in the lobby.
fn texts_in_lobby(server: &TestServer) -> Vec<String> {
    let page = get(server.port, "/api/v1/rooms/lobby/messages").json();
    let events = page["events"].as_array().unwrap().iter();
    events.map(|event| event["text"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_page_of_another_site_does_nothing_through_a_silent_connection() {
    let server = TestServer::with(&[]);
    let mut bob = server.join_as("bob");
    let printed = run("attack.js", &server);
    // The first connection had been greeted when its request came. The second was not greeted, because a browser is
    // known to be there; its request was read, and refused because of its origin.
    assert_eq!(printed, "mallory failed\ntrudy opaque\n");
    bob.say("the end");
    bob.say("/who");
    loop {
        let line = bob.line().unwrap();
        for forged in ["mallory", "trudy", "psst", "HTTP", "Host"] {
            assert!(!line.contains(forged), "{line:?} came of it");
        }
        if line.contains("in #lobby") {
            break;
        }
    }
    assert_eq!(texts_in_lobby(&server), ["the end"]);
}

#[test]
fn opening_the_address_in_a_browser_shows_no_person() {
    let server = TestServer::with(&[]);
    let mut bob = server.join_as("bob");
    let printed = run("visit.js", &server);
    let usage = "This is a teahouse: people talk here.";
    assert_eq!(printed, format!("first {usage}\nagain {usage}\nsaid 200\n"));
    let line = bob.line().unwrap();
    assert_eq!(line, "<page> said by a page of the server", "it is the first message");
    bob.say("the end");
    assert_eq!(texts_in_lobby(&server), ["said by a page of the server", "the end"]);
}
