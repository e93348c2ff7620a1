//! The start of a server, on real files.

use std::path::Path;

use super::*;
use crate::settings::AdminSetting;
use crate::store::{DATABASE, Durability};

fn settings(directory: &Path) -> Settings {
    Settings {
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        admin: AdminSetting::Off,
        data: directory.to_owned(),
        ..Settings::default()
    }
}

fn database(directory: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(directory.join(DATABASE)).unwrap()
}

fn last_boot(directory: &Path) -> u32 {
    Store::open(directory, Durability::Sync, 0, drawn_epoch()).unwrap().loaded.last_boot
}

#[test]
fn a_start_that_cannot_be_recorded_fails_and_gives_out_no_boot() {
    let directory = tempfile::tempdir().unwrap();
    let opened = Store::open(directory.path(), Durability::Sync, 1, drawn_epoch()).unwrap();
    let other = database(directory.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (metrics, clock) = (HubMetrics::default(), SteadyClock::start());
    let settings = settings(directory.path());
    let Err(fault) = Threads::start(&settings, 2, opened, (&metrics, clock)) else {
        panic!("the server started before its start was recorded");
    };
    assert!(matches!(fault, Fault::NotOpened(Some(_))), "{fault:?}");
    assert_eq!(fault.to_string(), "cannot record the start of the server in the database");
    assert!(fault.hint().starts_with("free space on the disk, end other programs"));
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(last_boot(directory.path()), 0);
}

#[test]
fn a_history_gives_its_last_boot_and_is_then_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(Store::open(directory.path(), Durability::Sync, 0, drawn_epoch()).unwrap());
    let set = format!("UPDATE meta SET value = {} WHERE key = 'boot'", SessionId::BOOTS_MAX - 1);
    database(directory.path()).execute(&set, []).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = Server::open(settings(directory.path())).unwrap();
    runtime.block_on(server.threads.close(None)).unwrap();
    let Err(fault) = Server::open(settings(directory.path())) else { panic!("the server started") };
    assert!(matches!(fault, Fault::OpenedTooOften), "{fault:?}");
    assert_eq!(last_boot(directory.path()), SessionId::BOOTS_MAX);
}

#[test]
fn each_history_that_a_server_makes_has_an_epoch_of_its_own_and_keeps_it() {
    let epoch = |directory: &Path| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let server = Server::open(settings(directory)).unwrap();
        runtime.block_on(server.threads.close(None)).unwrap();
        Store::open(directory, Durability::Sync, 0, [0; 16]).unwrap().loaded.epoch
    };
    let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [first, second] = directories.each_ref().map(|directory| epoch(directory.path()));
    assert_ne!(first, second);
    assert_ne!(first, [0; 16]);
    assert_eq!(epoch(directories[0].path()), first);
}
