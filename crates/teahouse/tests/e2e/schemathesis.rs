//! The description of the api tested against the server by an independent program: `schemathesis`, fetched into the
//! build directory, sends every kind of request that the description allows.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::server::TestServer;
use crate::visitor::post;

const PACKAGE: &str = "schemathesis";
const VERSION: &str = "4.32.5";
/// What each answer is checked for. That the server refuses everything else is not among it: it accepts names of every
/// script.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance,positive_data_acceptance";
/// Addresses whose answers do not end.
const ENDLESS: [&str; 3] = ["Events", "FollowText", "Socket"];
/// Seconds that the program may send requests.
const SECONDS: &str = "25";

/// The program, which is fetched once.
fn program() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{PACKAGE}-{VERSION}"));
    let program = directory.join("bin").join(PACKAGE);
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let is_whole = directory.join("whole");
    if !is_whole.exists() {
        run(Path::new("python3"), &["-m", "venv", "--clear", directory.to_str().unwrap()]);
        let package = format!("{PACKAGE}=={VERSION}");
        run(&directory.join("bin/pip"), &["install", "--quiet", &package]);
        std::fs::write(&is_whole, "").unwrap();
    }
    program
}

#[test]
fn everything_the_description_allows_is_accepted() {
    let server = TestServer::open();
    for room in ["/lobby", "/0", "/a"] {
        post(server.port, room, "so that there is a room");
    }
    let mut command = Command::new(program());
    command
        .arg("run")
        .arg(format!("http://127.0.0.1:{}/api/v1/openapi.json", server.port))
        .args(["--checks", CHECKS, "--phases", "coverage,fuzzing", "--seed", "1"])
        .args(["--max-examples", "30", "--max-time", SECONDS, "--request-timeout", "20"])
        .args(["--continue-on-failure", "--suppress-health-check", "all", "--no-color"])
        // A directory of its own for what it remembers of runs.
        .current_dir(server.data());
    for operation in ENDLESS {
        command.args(["--exclude-operation-id", operation]);
    }
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("8 selected / 11 total"), "{told}");
}
