//! For any inputs in any order on a screen of any size: no panic, the caret is on the screen, the limits hold, and
//! nothing that arrives changes the line.

use proptest::prelude::*;
use teahouse_wire::api::{Cause, Change, Message};

use super::harness::{Harness, event, nick, numbered, room, setup, text};
use crate::link::{Happening, Stage, State};
use crate::screen::limits::{ENTRIES_MAX, ENTRY_BYTES_MAX, TALKS_MAX};
use crate::screen::{Input, Key, Mouse, MouseDoes, Press, Setup, Size};

#[derive(Clone, Debug)]
enum Step {
    Press(Press),
    Type(String),
    Paste(String),
    Point(Mouse),
    Resize(Size),
    Focus(bool),
    Wait(u64),
    Message(u64, String),
    Presence(bool, String),
    Outgoing(u8, bool),
    Joined(String, u64, bool),
    Left(String),
    Offline,
    PrivateMessage(String),
    Answer,
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{1,40}",
        "[你好茶，。 a\n]{1,30}",
        Just("👩\u{200D}👩\u{200D}👧 e\u{301} ❤\u{FE0F} 🇩🇪 ᄀᄀᄀ".to_owned()),
        Just("see https://tea.example/茶 ann!".to_owned()),
        Just("x".repeat(300)),
        "\\PC{1,20}",
    ]
}

fn key() -> impl Strategy<Value = Key> {
    let keys = [
        Key::Enter,
        Key::Tab,
        Key::Backspace,
        Key::Delete,
        Key::Esc,
        Key::Up,
        Key::Down,
        Key::Left,
        Key::Right,
        Key::Home,
        Key::End,
        Key::PageUp,
        Key::PageDown,
        Key::F(1),
        Key::F(2),
        Key::F(3),
        Key::F(7),
    ];
    prop_oneof![
        proptest::sample::select(keys.to_vec()),
        proptest::char::range('a', 'z').prop_map(Key::Char),
        Just(Key::Char('1')),
        Just(Key::Char('/')),
    ]
}

fn size() -> impl Strategy<Value = Size> {
    (0_u16..130, 0_u16..40).prop_map(|(columns, rows)| Size { columns, rows })
}

fn step() -> impl Strategy<Value = Step> {
    let name = || proptest::sample::select(vec!["tea", "lobby", "茶室"]).prop_map(str::to_owned);
    let press = (key(), any::<bool>(), any::<bool>(), any::<bool>());
    let does = [MouseDoes::Press, MouseDoes::WheelUp, MouseDoes::WheelDown];
    let mouse = (0_u16..140, 0_u16..45, proptest::sample::select(does.to_vec()));
    prop_oneof![
        6 => press.prop_map(|(key, ctrl, alt, shift)| Step::Press(Press { key, ctrl, alt, shift })),
        3 => words().prop_map(Step::Type),
        1 => words().prop_map(Step::Paste),
        2 => mouse.prop_map(|(column, row, does)| Step::Point(Mouse { column, row, does })),
        2 => size().prop_map(Step::Resize),
        1 => any::<bool>().prop_map(Step::Focus),
        1 => (0_u64..6_000).prop_map(Step::Wait),
        6 => (1_u64..400, words()).prop_map(|(position, words)| Step::Message(position, words)),
        2 => (any::<bool>(), "[a-e]").prop_map(|(has_entered, who)| Step::Presence(has_entered, who)),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(id, kept)| Step::Outgoing(id, kept)),
        1 => (name(), 0_u64..400, any::<bool>()).prop_map(|(name, at, c)| Step::Joined(name, at, c)),
        1 => name().prop_map(Step::Left),
        1 => Just(Step::Offline),
        1 => "[a-e]{1,3}".prop_map(Step::PrivateMessage),
        2 => Just(Step::Answer),
    ]
}

/// Performs a step. Returns whether it is the user's own.
fn perform(harness: &mut Harness, step: Step) -> bool {
    match step {
        Step::Press(press) => harness.press(press),
        Step::Type(words) => harness.type_in(&words),
        Step::Paste(words) => harness.input(Input::Paste(words)),
        Step::Point(mouse) => harness.input(Input::Mouse(mouse)),
        Step::Resize(size) => {
            harness.input(Input::Resize(size));
            return false;
        }
        Step::Focus(is_here) => {
            harness.input(Input::Focus(is_here));
            return false;
        }
        // A held return may be released, which is the user's own.
        Step::Wait(ms) => harness.wait(ms),
        other @ (Step::Message(..)
        | Step::Presence(..)
        | Step::Outgoing(..)
        | Step::Joined(..)
        | Step::Left(_)
        | Step::Offline
        | Step::PrivateMessage(_)
        | Step::Answer) => {
            receive(harness, other);
            return false;
        }
    }
    true
}

fn receive(harness: &mut Harness, step: Step) {
    match step {
        Step::Message(position, words) => {
            if teahouse_core::Text::parse(&words).is_ok() {
                harness.receive(Message::Event(event("tea", position, "bob", &words)));
            }
        }
        Step::Presence(true, who) => harness.receive_presence(Change::Entered { nick: nick(&who) }),
        Step::Presence(false, who) => {
            harness.receive_presence(Change::Offline { nick: nick(&who), cause: Cause::Lost });
        }
        Step::Outgoing(id, true) => {
            harness.report_outgoing(id, "mine", Stage::Kept { position: 1 })
        }
        Step::Outgoing(id, false) => harness.report_outgoing(id, "mine", Stage::Waiting),
        Step::Joined(name, position, complete) => {
            harness.receive_joined_as(&name, position, complete)
        }
        Step::Left(name) => harness.receive(Message::Left { room: room(&name) }),
        Step::Offline => {
            let retry_in = std::time::Duration::from_secs(2);
            harness.link(Happening::State(State::Offline { why: "x".to_owned(), retry_in }));
            harness.connect();
        }
        Step::PrivateMessage(who) => {
            let message = Message::Told { time_ms: 0, from: nick(&who), text: text("psst") };
            harness.receive(message);
        }
        Step::Answer => harness.answer_history(&(100..150).map(numbered).collect::<Vec<_>>(), 400),
        Step::Press(_)
        | Step::Type(_)
        | Step::Paste(_)
        | Step::Point(_)
        | Step::Resize(_)
        | Step::Focus(_)
        | Step::Wait(_) => {}
    }
}

fn check(harness: &mut Harness) {
    let (buffer, caret) = harness.draw();
    let area = *buffer.area();
    assert_eq!(caret.is_none(), area.is_empty());
    assert!(caret.is_none_or(|caret| area.contains(caret)), "{caret:?} in {area:?}");
    assert!(harness.model.talks.len() <= TALKS_MAX);
    for talk in &harness.model.talks {
        assert!(talk.window.len() <= ENTRIES_MAX);
        let bytes: usize = talk.window.entries().map(|entry| entry.what.bytes()).sum();
        assert!(bytes <= ENTRY_BYTES_MAX);
    }
}

/// Checks that ticks alone come to an end: after a tick at `wake_at`, the next `wake_at` is later or `None`.
fn check_rest(harness: &mut Harness) {
    while let Some(wake_at) = harness.model.wake_at() {
        let now = harness.now.since_start_ms;
        assert!(wake_at > now, "it would wake at {wake_at} and it is {now}");
        harness.wait(wake_at - now);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn anything_goes(has_bursts in any::<bool>(), size in size(), steps in proptest::collection::vec(step(), 1..60)) {
        let setup = Setup { has_bursts, ..setup() };
        let mut harness = Harness::begin(size.columns, size.rows, setup);
        harness.connect();
        harness.receive_joined("tea", 200);
        for step in steps {
            let before = (harness.model.current, harness.line());
            let is_own = perform(&mut harness, step.clone());
            check(&mut harness);
            let is_same_room = before.0 == harness.model.current;
            // Only rooms that close or are joined may change the line; nothing else that arrives.
            if !is_own && is_same_room && !matches!(step, Step::Left(_) | Step::Joined(..)) {
                prop_assert_eq!(before.1, harness.line());
            }
        }
        check_rest(&mut harness);
    }
}
