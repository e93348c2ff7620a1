//! Searches on real SQLite files: what looks the same is found, pages can be read to the end, and what takes
//! too much work is refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use teahouse_core::{
    Effect, Event, EventKind, Excerpt, LogPosition, Nick, Position, RoomId, RoomName, Sequence,
    SessionId, Text, Time, TooWide,
};
use teahouse_server::store::{Durability, Opened, ReadError, Store};

/// Where in the log batches stand: of no matter here.
const AT: LogPosition = LogPosition(1);
const LOBBY: RoomId = RoomId(1);
/// Of a history that begins: of no matter here.
const EPOCH: [u8; 16] = [1; 16];

fn said(position: u64, words: &str) -> Effect {
    Effect::Event(Event {
        room: LOBBY,
        position: Position(position),
        time: Time(0),
        session: SessionId(1),
        nick: Nick::parse("ann").unwrap(),
        kind: EventKind::Said,
        text: Some(Text::parse(words).unwrap()),
        id: None,
        author: None,
    })
}

/// A lobby where these were said, in order.
fn lobby(directory: &Path, words: &[String]) -> Opened {
    let mut opened = Store::open(directory, Durability::Async, 1, EPOCH).unwrap();
    let name = RoomName::parse("lobby").unwrap();
    let mut effects = vec![Effect::RoomCreated { room: LOBBY, name, time: Time(1) }];
    effects.extend(words.iter().zip(1..).map(|(words, position)| said(position, words)));
    opened.store.commit(AT, &effects).unwrap();
    opened
}

fn search(opened: &Opened, words: &str, before: Option<Sequence>) -> Result<Excerpt, ReadError> {
    opened.readers[0].search(Some(&[(LOBBY, Position(u64::MAX))]), words, before, 20)
}

fn positions(excerpt: &Excerpt) -> Vec<u64> {
    excerpt.events.iter().map(|event| event.position.0).collect()
}

#[test]
fn a_search_finds_texts_that_look_the_same_however_they_are_typed() {
    let directory = tempfile::tempdir().unwrap();
    let said = [
        "café olé",
        "ＡＢＣ１２３",
        "ﾃｽﾄです",
        "ฉันอยากดื่มน้ำชา",
        "ຂ້ອຍຢາກດື່ມຊາ",
        "ខ្ញុំចង់ផឹកតែ",
        "مُحَمَّد",
        "हिन्दी चाय",
        "☕\u{fe0f} later",
        "ångström",
        "well done⭐ at ⏰ 7",
        "Νίκος, ёлка, مؤمن",
        "melting 🫠🪿👍🏽 ฿ 5",
    ];
    let opened = lobby(directory.path(), &said.map(str::to_owned));
    let find = |words: &str| positions(&search(&opened, words, None).unwrap());
    // As macOS writes names of files, and as other programs do.
    assert_eq!(find("cafe\u{301}"), [1]);
    assert_eq!(find("CAFE"), [1]);
    assert_eq!(find("a\u{30a}ngstro\u{308}m"), [10]);
    assert_eq!(find("abc123"), [2]);
    assert_eq!(find("ＡＢＣ*"), [2]);
    assert_eq!(find("テスト"), [3]);
    assert_eq!(find("ﾃｽﾄ"), [3]);
    assert_eq!(find("ชา"), [4], "a word inside unspaced Thai");
    assert_eq!(find("น้ำชา"), [4]);
    assert_eq!(find("ดื่ม"), [4]);
    assert_eq!(find("ดม"), [0; 0], "other vowels make another word");
    assert_eq!(find("ຊາ"), [5], "Lao");
    assert_eq!(find("តែ"), [6], "Khmer");
    assert_eq!(find("محمد"), [7]);
    assert_eq!(find("चाय"), [8]);
    assert_eq!(find("☕"), [9]);
    assert_eq!((find("⭐"), find("done ⏰")), (vec![11], vec![11]));
    assert_eq!(find("🫠"), [13], "a younger emoji");
    assert_eq!((find("👍"), find("👍🏽 ฿")), (vec![13], vec![13]));
    assert_eq!(find("ΝΙΚΟΣ Ёлка елка مومن"), [12], "accents that people leave out");
    assert_eq!(find("❨ done ・"), [11], "what is no word is passed over");
}

#[test]
fn typed_words_are_never_syntax_and_every_message_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let Opened { store, readers, .. } = lobby(directory.path(), &[]);
    let reader = &readers[0];
    let find = |words: &str| reader.search(Some(&[(LOBBY, Position(u64::MAX))]), words, None, 20);
    let (store, position) = (RefCell::new(store), Cell::new(0));
    let typed = "(\\PC|[\\x00-\\x7F]|\\p{M}|NEAR|OR|text|room|[:{}^+*()\"']){1,12}";
    proptest!(|(typed in typed, word in "(\\p{L}\\p{M}?|\\p{N}|\\p{So}|\\p{P}){1,8}")| {
        let anything = find(&typed);
        prop_assert!(!matches!(anything, Err(ReadError::Fault(_))), "{typed:?}: {anything:?}");
        if Text::parse(&word).is_ok() && !word.contains(['*', '＊', '﹡']) {
            position.set(position.get() + 1);
            store.borrow_mut().commit(AT, &[said(position.get(), &word)]).unwrap();
            let found = positions(&find(&word).unwrap());
            let has_letter = word.chars().any(char::is_alphanumeric);
            prop_assert!(!has_letter || found.contains(&position.get()), "{word:?}");
        }
    });
}

#[test]
fn a_search_that_is_cut_says_so_and_its_next_page_can_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let said: Vec<String> = (1..=45).map(|number| format!("tea {number}")).collect();
    let opened = lobby(directory.path(), &said);
    let first = search(&opened, "tea", None).unwrap();
    assert_eq!(positions(&first), (26..=45).rev().collect::<Vec<_>>());
    let second = search(&opened, "tea", Some(first.more.unwrap())).unwrap();
    assert_eq!(positions(&second), (6..=25).rev().collect::<Vec<_>>());
    let third = search(&opened, "tea", Some(second.more.unwrap())).unwrap();
    assert_eq!((positions(&third), third.more), ((1..=5).rev().collect(), None));
    let exact = search(&opened, "tea", Some(Sequence(21))).unwrap();
    assert_eq!((exact.events.len(), exact.more), (20, None), "a full page need not be cut");
    // Long messages fill a page before their number does.
    let directory = tempfile::tempdir().unwrap();
    let long: Vec<String> =
        (1..=9).map(|number| format!("{number} {}", "tea ".repeat(4000))).collect();
    let opened = lobby(directory.path(), &long);
    let page = search(&opened, "tea", None).unwrap();
    assert!(page.events.len() < 9 && page.more.is_some(), "{}", page.events.len());
}

#[test]
fn a_search_that_takes_too_much_work_is_refused_in_time() {
    let directory = tempfile::tempdir().unwrap();
    // Every message has hundreds of words of its own that begin alike.
    let said: Vec<String> = (0..600)
        .map(|message| {
            let words: Vec<String> =
                (0..1000).map(|word| format!("tea{:x}", message * 1000 + word)).collect();
            words.join(" ")
        })
        .collect();
    let opened = lobby(directory.path(), &said);
    let all_begin_so = ["tea*"; 7].join(" ");
    let begun = Instant::now();
    let refused = search(&opened, &format!("{all_begin_so} unheard"), None);
    let refused = refused.map(|excerpt| positions(&excerpt));
    assert!(matches!(refused, Err(ReadError::TooWide(TooWide::Work))), "{refused:?}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    // The next search has a budget of its own.
    assert_eq!(positions(&search(&opened, "tea3e8", None).unwrap()), [2]);
    let words = search(&opened, "1 2 3 4 5 6 7 8 9", None);
    assert!(matches!(words, Err(ReadError::TooWide(TooWide::Words { max: 8 }))));
    let short = search(&opened, "t*", None);
    assert!(matches!(short, Err(ReadError::TooWide(TooWide::Prefix { chars_min: 2 }))));
}

#[test]
fn the_write_ahead_log_stays_small_while_others_read_without_a_pause() {
    let directory = tempfile::tempdir().unwrap();
    let mut opened = lobby(directory.path(), &["x".to_owned()]);
    let database = directory.path().join("teahouse.db");
    let is_over = AtomicBool::new(false);
    let mut largest = 0;
    std::thread::scope(|scope| {
        // At every moment at least one of them is in the middle of reading.
        for begin_ms in [0, 20, 40] {
            let (database, is_over) = (&database, &is_over);
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(begin_ms));
                let reader = rusqlite::Connection::open(database).unwrap();
                while !is_over.load(Ordering::Relaxed) {
                    reader.execute_batch("BEGIN").unwrap();
                    let _: i64 = reader
                        .query_row("SELECT max(seq) FROM event", [], |row| row.get(0))
                        .unwrap();
                    std::thread::sleep(Duration::from_millis(60));
                    reader.execute_batch("COMMIT").unwrap();
                }
            });
        }
        let words = "x".repeat(16_000);
        for first in (2..8_400).step_by(200) {
            let batch: Vec<Effect> =
                (first..first + 200).map(|position| said(position, &words)).collect();
            opened.store.commit(AT, &batch).unwrap();
            let log = std::fs::metadata(directory.path().join("teahouse.db-wal")).unwrap().len();
            largest = largest.max(log);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(largest < 100 * 1024 * 1024, "{largest} bytes");
}
