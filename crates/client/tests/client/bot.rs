//! The bot of the examples and the documentation.

use std::thread;

use teahouse_client::Config;

use crate::server::FakeServer;

#[path = "../../examples/echo_bot.rs"]
#[allow(dead_code, reason = "its `main` reads a command line")]
mod echo_bot;

#[test]
fn the_bot_answers_calls_since_its_start_also_after_a_break() {
    let server = FakeServer::open();
    server.say("tea", "echo: said before it came");
    let nick = Some("echo".parse().unwrap());
    let config =
        Config { nick, rooms: vec!["tea".parse().unwrap()], ..Config::new(server.server()) };
    // Runs until the test ends.
    thread::spawn(|| teahouse_client::run(echo_bot::serve(config)));
    server.until("it is there", |state| state.members("tea") == 1);
    server.say("tea", "not for it");
    server.say("tea", "echo: 你好");
    server.until("it has answered", |state| state.rooms["tea"].len() == 4);
    server.cut();
    server.say("tea", "echo: said during the break");
    server.until("it has answered again", |state| state.rooms["tea"].len() == 6);
    assert_eq!(
        server.words("tea")[2..],
        ["echo: 你好", "bob: 你好", "echo: said during the break", "bob: said during the break"]
    );
}

#[test]
fn the_bot_needs_only_the_client_crate() {
    for source in
        [include_str!("../../examples/echo_bot.rs"), include_str!("../../../../docs/bots.md")]
    {
        let crates: Vec<&str> = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("use "))
            .filter_map(|path| path.split("::").next())
            .filter(|name| *name != "std")
            .collect();
        assert!(
            !crates.is_empty() && crates.iter().all(|name| *name == "teahouse_client"),
            "{crates:?}"
        );
    }
}
