//! A snapshot taken at any point, serialized and restored, continues as the original. A damaged snapshot is refused
//! with a message.

use serde_json::{Value, json};
use teahouse_core::{Snapshot, SnapshotError};

use super::*;

fn step(chat: &mut Chat, (moment, proposal): &(Moment, Proposal)) -> Vec<Effect> {
    let mut effects = Vec::new();
    chat.advance(*moment, &mut effects);
    chat.apply(proposal.clone(), &mut effects);
    chat.check().unwrap();
    effects
}

fn chat_after(log: &[(Moment, Proposal)]) -> Chat {
    let mut chat = configured_chat(limits(), History::default());
    for entry in log {
        step(&mut chat, entry);
    }
    chat
}

fn through_json(snapshot: &Snapshot) -> Snapshot {
    serde_json::from_str(&serde_json::to_string(snapshot).unwrap()).unwrap()
}

fn through_postcard(snapshot: &Snapshot) -> Snapshot {
    postcard::from_bytes(&postcard::to_stdvec(snapshot).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn a_chat_restored_at_any_point_continues_as_the_original(
        log in logs(),
        cut in any::<prop::sample::Index>(),
        is_settled in any::<bool>(),
    ) {
        let (before, after) = log.split_at(cut.index(log.len() + 1));
        let mut chat = chat_after(before);
        if is_settled {
            chat.mark_committed();
        }
        let snapshot = chat.snapshot();
        prop_assert_eq!(&through_json(&snapshot), &snapshot);
        let mut restored = Chat::restore(through_postcard(&snapshot)).unwrap();
        restored.check().unwrap();
        prop_assert_eq!(restored.snapshot(), snapshot);
        for entry in after {
            prop_assert_eq!(restored.to_recall(&entry.1), chat.to_recall(&entry.1));
            prop_assert_eq!(step(&mut restored, entry), step(&mut chat, entry));
        }
        restored.check().unwrap();
        prop_assert_eq!(restored.snapshot(), chat.snapshot());
    }

    #[test]
    fn a_damaged_snapshot_is_refused_or_is_consistent(
        log in logs(),
        damages in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..4),
    ) {
        let mut written = serde_json::to_value(chat_after(&log).snapshot()).unwrap();
        for (target, how) in damages {
            damage(&mut written, target, how);
        }
        let Ok(snapshot) = serde_json::from_value::<Snapshot>(written) else { return Ok(()) };
        let Ok(mut chat) = Chat::restore(snapshot) else { return Ok(()) };
        for entry in &log {
            step(&mut chat, entry);
        }
        chat.check().unwrap();
    }
}

/// Changes one value: a number, or how often an entry is in its list.
fn damage(written: &mut Value, target: prop::sample::Index, how: u8) {
    let mut paths = Vec::new();
    collect(written, &mut String::new(), &mut paths);
    let Some(found) = written.pointer_mut(&paths[target.index(paths.len())]) else { return };
    match found {
        Value::Number(number) => {
            let numbers =
                [0, 1, 2, 3, u64::from(u32::MAX), i64::MAX as u64, u64::MAX - 1, u64::MAX];
            *number = numbers[usize::from(how)].into();
        }
        Value::Array(entries) if how.is_multiple_of(2) => drop(entries.pop()),
        Value::Array(entries) => entries.extend(entries.first().cloned()),
        Value::Bool(is) => *is = !*is,
        Value::Null | Value::String(_) | Value::Object(_) => *found = Value::Null,
    }
}

fn collect(value: &Value, path: &mut String, paths: &mut Vec<String>) {
    paths.push(path.clone());
    let inner: Vec<(String, &Value)> = match value {
        Value::Array(entries) => {
            entries.iter().enumerate().map(|(index, entry)| (index.to_string(), entry)).collect()
        }
        Value::Object(fields) => fields.iter().map(|(key, field)| (key.clone(), field)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (key, value) in inner {
        let length = path.len();
        path.push('/');
        path.push_str(&key);
        collect(value, path, paths);
        path.truncate(length);
    }
}

fn entered(session: u64, nick: &str, key: Option<[u8; 16]>) -> (Moment, Proposal) {
    let (nick, room) = (Nick::parse(nick).ok(), RoomName::parse("lobby").ok());
    let resume_key = key.map(|key| ResumeKeyHash::of(&key));
    let action = Action::Enter { nick, room, resume_key };
    proposed(session, action)
}

fn proposed(session: u64, action: Action) -> (Moment, Proposal) {
    let (session, origin, request) = (SessionId(session), Origin(1), RequestId::default());
    (Moment::default(), Proposal { session, origin, request, action })
}

/// A snapshot with ann and bob in the lobby, bob with a resume key; both have sent a message.
fn two_people() -> Value {
    let say = |words: &str| Action::Say {
        room: RoomName::parse("lobby").unwrap(),
        text: Text::parse(words).unwrap(),
        acted: false,
        id: None,
    };
    let log = [
        entered(1, "ann", None),
        entered(2, "bob", Some([7; 16])),
        proposed(1, say("hello")),
        proposed(2, say("hi")),
    ];
    serde_json::to_value(chat_after(&log).snapshot()).unwrap()
}

#[test]
fn the_error_names_what_a_snapshot_contradicts() {
    let refused = |path: &str, value: Value| -> String {
        let mut written = two_people();
        *written.pointer_mut(path).unwrap() = value;
        match serde_json::from_value::<Snapshot>(written) {
            Ok(snapshot) => {
                let error: SnapshotError = Chat::restore(snapshot).unwrap_err();
                error.to_string()
            }
            Err(error) => error.to_string(),
        }
    };
    let bob = || two_people().pointer("/sessions/1").unwrap().clone();
    let lobby = || two_people().pointer("/rooms/0").unwrap().clone();
    let cases = [
        ("/format", json!(1), "a snapshot of format 1, and this version reads format 2 only"),
        ("/sessions/0", bob(), "SessionId(2) is there twice"),
        ("/sessions/0/nick", json!("B0B"), "two are called bob, or look so"),
        (
            "/sessions/0/resume",
            bob()["resume"].clone(),
            "SessionId(2) has the seat of somebody else",
        ),
        ("/sessions/0/rooms/0/room", json!(9), "SessionId(1) is in RoomId(9): no room"),
        (
            "/sessions/0/rooms/0/is_attached",
            json!(7),
            "invalid type: integer `7`, expected a boolean",
        ),
        ("/followers", json!([[7, 9]]), "SessionId(7) follows RoomId(9): no room"),
        ("/followers", json!([[7, 1], [7, 1]]), "SessionId(7) follows twice"),
        ("/followers", json!([[1, 1]]), "SessionId(1) is inside and follows"),
        ("/rooms", json!([lobby(), lobby()]), "#lobby or its number 1 is there twice"),
        ("/rooms/0/name", json!("tea"), "there is no #lobby, the first room"),
        ("/rooms/0/head", json!(u64::MAX), "#lobby has 18446744073709551615 events"),
        ("/rooms/0/first", json!(4), "#lobby has 2 events and begins at 4"),
        ("/last_room", json!(u32::MAX), "4294967295 rooms have been made"),
        ("/nodes", json!([[1, 1], [1, 2]]), "NodeId(1) takes part twice"),
        (
            "/nodes",
            json!([[1, 1], [2, 1]]),
            "not all of {NodeId(1): 1, NodeId(2): 1} are boots of one server",
        ),
        (
            "/rooms/0/id",
            json!(u32::MAX),
            "room 4294967295 is kept, and only 1 rooms have been made",
        ),
        ("/nodes", json!([[1, 2]]), "not all of {NodeId(1): 2} are boots of one server"),
        ("/last_boot", json!(1 << 20), "1048576 boots were given out"),
        ("/guests", json!(u64::MAX), "18446744073709551615 guests have come"),
        (
            "/sessions/1/resume/suspension",
            json!({"cause": "Lost", "since": 0}),
            "SessionId(2) is suspended and hears a room",
        ),
    ];
    for (path, value, expected) in cases {
        let error = refused(path, value);
        assert!(error.ends_with(expected), "{path}: {error}");
    }
}

#[test]
fn a_snapshot_contains_no_resume_key() {
    let key: [u8; 16] = *b"a secret of bob ";
    let log = [entered(1, "ann", None), entered(2, "bob", Some(key))];
    let snapshot = chat_after(&log).snapshot();
    let written = postcard::to_stdvec(&snapshot).unwrap();
    let hash = postcard::to_stdvec(&ResumeKeyHash::of(&key)).unwrap();
    let has = |wanted: &[u8]| written.windows(16).any(|bytes| bytes == wanted);
    assert!(has(&hash), "it has the hash of bob's key");
    assert!(!has(&key));
}
