//! Jobs for the reading threads: what delays them, which are dropped, and which rooms a search names.

use std::sync::Arc;
use std::time::Duration;

use teahouse_core::{HistorySpan, Origin, RequestId, RoomName, SessionId};
use tokio::sync::mpsc;

use super::*;
use crate::key::Key;
use crate::store::{Durability, Store};

const ROOM: RoomId = RoomId(1);
/// Of a history that begins: of no matter here.
const EPOCH: [u8; 16] = [1; 16];

fn search(origin: u64, waits: &Arc<()>) -> Job {
    let words = "tea".to_owned();
    let question = Question::Search { words, room: None, before: None, count: 1 };
    let granted = ReadGrant { question, scope: Scope::Everywhere };
    let wanted = Wanted::Asked(RequestId::default(), granted);
    let asker = Asker::Visitor(SessionId(origin));
    Job { shard: 0, asker, origin: Origin(origin), waits: Arc::downgrade(waits), wanted }
}

#[tokio::test]
async fn searches_do_not_delay_a_session_that_joins_a_room() {
    let directory = tempfile::tempdir().unwrap();
    let opened = Store::open(directory.path(), Durability::Memory, READERS, EPOCH).unwrap();
    let (stuck, _unread) = mpsc::channel(1);
    let (fine, mut pages) = mpsc::channel(1);
    let shards = [stuck, fine];
    let reply: Reply =
        Arc::new(move |shard: usize, page| shards[shard].blocking_send(page).is_ok());
    let (jobs, _threads) = start(opened.readers, &reply).unwrap();
    let here = Arc::new(());
    // The results of these are never received, so the searching thread stays busy.
    for origin in 1..9 {
        assert!(jobs.send(search(origin, &here)).is_ok());
    }
    let wanted = Wanted::Recent { room: ROOM, upto: Position::START, count: 1 };
    let (origin, waits) = (Origin(1), Arc::downgrade(&here));
    let asker = Asker::Connection(Key::new(0, 0));
    assert!(jobs.send(Job { shard: 1, asker, origin, waits, wanted }).is_ok());
    let page = tokio::time::timeout(Duration::from_secs(60), pages.recv()).await.unwrap();
    assert!(page.is_some());
}

#[test]
fn queued_searches_are_bounded_in_total_and_to_one_for_each_address() {
    let (sender, mut searches) = searches::open();
    let here = Arc::new(());
    let is_taken = |origin| sender.send(search(origin, &here)).is_ok();
    assert!(is_taken(1));
    assert!(!is_taken(1), "one for each address");
    let taken = (2..1000).filter(|origin| is_taken(*origin)).count();
    assert!((30..100).contains(&taken), "{taken}");
    assert_eq!(searches.next().unwrap().origin, Origin(1));
    assert!(is_taken(1), "the running search is not counted as queued");
}

#[test]
fn searches_of_disconnected_clients_are_dropped() {
    let (sender, mut searches) = searches::open();
    let here = Arc::new(());
    for _ in 0..300 {
        // These clients disconnect at once, and their searches take no slot.
        assert!(sender.send(search(1, &Arc::new(()))).is_ok());
    }
    assert!(sender.send(search(2, &here)).is_ok());
    assert!(sender.send(search(1, &here)).is_ok());
    assert_eq!(searches.next().unwrap().origin, Origin(2));
    assert_eq!(searches.next().unwrap().origin, Origin(1));
    drop(sender);
    assert!(searches.next().is_none());
}

#[test]
fn a_search_of_all_rooms_names_the_rooms_of_what_it_found() {
    let span =
        HistorySpan { room: ROOM, name: RoomName::parse("lobby").unwrap(), upto: Position::START };
    let directory = tempfile::tempdir().unwrap();
    let opened = Store::open(directory.path(), Durability::Memory, 1, EPOCH).unwrap();
    let mut wanted = search(1, &Arc::new(())).wanted;
    name_rooms(&opened.readers[0], &mut wanted, &[]).unwrap();
    let Wanted::Asked(_, granted) = wanted else { panic!("it was asked") };
    assert_eq!(granted.scope, Scope::Rooms(Vec::new()));
    assert_ne!(granted.scope, Scope::Rooms(vec![span]));
}
