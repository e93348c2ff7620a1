//! The author of every row is visible on every screen, without colours: no text looks like another message, or like
//! words of the server.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use teahouse_core::Nick;
use teahouse_wire::api::{Change, Message};

use super::harness::{Harness, event, nick};
use crate::screen::model::entry::display_nick;
use crate::screen::model::flow::{Grid, RowKind};
use crate::screen::{Charset, Key, Press};

/// A text by one person that imitates other messages.
const FORGED: &str = "hello all\nann: I quit\n01:33 carl: me too\nnobody here is called eve";

#[test]
fn every_line_of_a_text_belongs_to_its_author_without_a_column_of_nicks() {
    let mut harness = Harness::in_tea(40, 12);
    harness.receive_message(93, "mallory", FORGED);
    harness.receive_presence(Change::Entered { nick: nick("dora") });
    harness.type_in("/help who\n");
    harness.check(&[
        " #tea  tea and what goes with it",
        "",
        " ────── Monday, 23 November 2026 ──────",
        "▌11:33 mallory: hello all",
        "▌      │ ann: I quit",
        "▌      │ 01:33 carl: me too",
        "▌      │ nobody here is called eve",
        "       ⇄ dora came",
        "       · /who [ROOM] [PAGE]: list who",
        "       │ is in this room, or in ROOM",
        "─ ● ann ────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn every_line_of_a_text_belongs_to_its_author_with_a_column_of_nicks() {
    let mut harness = Harness::in_tea(60, 8);
    harness.receive_message(93, "mallory", FORGED);
    harness.check(&[
        " #tea  tea and what goes with it",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        "▌11:33      mallory  hello all",
        "▌                    ann: I quit",
        "▌                    01:33 carl: me too",
        "▌                    nobody here is called eve",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn the_author_of_a_text_that_fills_the_screen_is_named_at_its_top() {
    let long = (1..=40).map(|number| format!("ann: line {number}")).collect::<Vec<_>>().join("\n");
    let mut harness = Harness::in_tea(60, 6);
    harness.receive_message(93, "mallory", &long);
    assert_eq!(harness.rows()[1], "▌           mallory  ann: line 38");
    assert_eq!(harness.rows()[2], "▌                    ann: line 39");
    let mut harness = Harness::in_tea(40, 6);
    harness.receive_message(93, "mallory", &long);
    assert_eq!(harness.rows()[1], "▌ma…ry │ ann: line 38");
    assert_eq!(harness.rows()[2], "▌      │ ann: line 39");
}

/// Nicks that look like signs, bars and rules.
const SIGNS: [&str; 16] =
    ["⇄", "│", "─────", "▌x", "·", "❢", "❗", "✱", "⚹", "🞄", "˗", "❘", "￨", "𝄀", "丨", "一一一"];

#[test]
fn the_author_replaces_the_top_row_where_nothing_stands_beside_texts() {
    let mut harness = Harness::in_tea(24, 8);
    let long = (1..=9).map(|number| format!("ann: line {number}")).collect::<Vec<_>>().join("\n");
    harness.receive_message(1, "mallory", &long);
    harness.check(&[
        " #tea  tea and what go…",
        "▌mallory: …",
        "▌│ ann: line 6",
        "▌│ ann: line 7",
        "▌│ ann: line 8",
        "▌│ ann: line 9",
        "─ ● ann ────────────────",
        "› |",
    ]);
    // The replaced row becomes visible after scrolling up.
    harness.press(Press::shift(Key::Up));
    assert!(harness.rows()[2..6].contains(&"▌│ ann: line 5".to_owned()), "{:#?}", harness.rows());
    let mut harness = Harness::in_tea(24, 8);
    harness.type_in("/help history\n");
    harness.type_in("/help nick\n");
    let rows = harness.rows();
    assert_eq!(
        (rows[1].as_str(), rows[2].as_str()),
        (" · N messages, or those", " │ before 10:32,")
    );
}

#[test]
fn a_nick_that_looks_like_a_sign_is_put_in_brackets() {
    for columns in [40, 60] {
        let mut harness = Harness::in_tea(columns, 6);
        for (position, who) in (1..).zip(SIGNS) {
            harness.receive_message(position, who, "ann left");
            let rows = harness.rows();
            let row = rows.iter().rfind(|row| row.contains("ann left")).unwrap();
            assert!(row.contains(&format!("<{who}>")), "{row}");
        }
    }
    for who in ["ann", "_ann", "小明", "一诺", "Ольга", "김철수", "๑ann", "[bob]"] {
        assert_eq!(display_nick(who), who);
    }
}

#[test]
fn no_nick_looks_like_a_sign_in_ascii() {
    let begins = |who: &str| Nick::parse(who).is_ok() && !display_nick(who).starts_with('<');
    for sign in ["⇄", "·", "!", "*", "#", "│"] {
        let ascii = Charset::Ascii.render(sign);
        assert!(!begins(&ascii), "{sign} is {ascii}");
        assert!(!begins(&format!("{ascii}x")), "{sign} is {ascii}");
    }
}

#[test]
fn nicks_with_the_same_beginning_can_be_distinguished() {
    let (one, other) = ("christopher_of_the_north", "christopher_of_the_south");
    let mut harness = Harness::in_tea(60, 10);
    harness.receive_message(1, one, "tea?");
    harness.receive_message(2, one, "anyone?");
    harness.receive_message(3, other, "no");
    harness.check(&[
        " #tea  tea and what goes with it",
        "",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:01 christopher_of_the_north",
        "                     tea?",
        " 10:02               anyone?",
        " 10:03 christopher_of_the_south",
        "                     no",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
    harness.receive_message(4, other, "really no");
    harness.input(crate::screen::Input::Resize(crate::screen::Size { columns: 60, rows: 4 }));
    assert_eq!(harness.rows()[1], " 10:04 christ…south  really no");
}

#[test]
fn a_topic_change_differs_from_an_action_with_the_same_words() {
    for columns in [40, 70] {
        let mut harness = Harness::in_tea(columns, 8);
        let mut set = event("tea", 1, "bob", "milk");
        set.kind = teahouse_wire::api::Kind::Topic;
        let mut acted = event("tea", 2, "bob", "set the topic: milk");
        acted.kind = teahouse_wire::api::Kind::Acted;
        harness.receive(Message::Event(set));
        harness.receive(Message::Event(acted));
        let rows = harness.rows();
        let sign = |row: &String| row.split("bob").next().unwrap().trim_end().chars().next_back();
        let signs: Vec<_> = rows.iter().filter(|row| row.contains("bob")).map(sign).collect();
        assert_eq!(signs, [Some('#'), Some('*')]);
    }
}

/// The cells of a row from one column to another.
fn cells(buffer: &Buffer, y: u16, columns: std::ops::Range<usize>) -> String {
    let columns = columns.map(|x| u16::try_from(x).unwrap()).filter(|x| *x < buffer.area().width);
    columns.map(|x| buffer[(x, y)].symbol().to_owned()).collect()
}

/// Checks the columns before the text of every row: they depend on the kind of row only, and not on the text.
fn check_rows(harness: &mut Harness) {
    let (buffer, _) = harness.draw();
    let area = harness.model.areas().messages;
    let flow = harness.model.flow();
    let grid: Grid = flow.grid;
    let left = usize::from(area.x);
    let rows = flow.screen(usize::from(area.height));
    let first = area.bottom() - u16::try_from(rows.len()).unwrap();
    for (y, (_, row)) in (first..).zip(&rows) {
        let before = cells(&buffer, y, left + 1..left + grid.text_at());
        match &row.kind {
            // The topmost row names the author of a continued text.
            RowKind::More if y == first && grid.is_apart => assert_ne!(before.trim(), ""),
            RowKind::More if y == first && flow.replaces_top_row(&rows) => {
                let named = cells(&buffer, y, left + 1..left + grid.columns);
                assert!(['m', 'c', '小', '…'].iter().any(|c| named.starts_with(*c)), "{named}");
                assert!(named.trim_end().ends_with('…'), "{named}");
            }
            RowKind::More if y == first => {
                let before = before.trim();
                assert!(["│", "·", "⇄"].iter().any(|sign| before.ends_with(sign)), "{before}");
            }
            RowKind::More if grid.is_apart => assert_eq!(before.trim(), "", "row {y}"),
            RowKind::More => assert_eq!(before.trim(), "│", "row {y}"),
            RowKind::First { .. } | RowKind::Name { .. } => {
                let nick = &before[before.char_indices().nth(grid.nick_at() - 1).unwrap().0..];
                let is_ours = nick.starts_with('│') || nick.starts_with('─');
                assert!(!is_ours, "row {y}: {before}");
            }
            RowKind::Day(_) | RowKind::New => assert!(before.starts_with('─'), "row {y}"),
        }
    }
}

fn forged_text() -> impl Strategy<Value = String> {
    let parts = proptest::sample::select(vec![
        "ann: hi",
        "\n",
        "\n",
        "│ ",
        "⇄ ",
        "· ",
        "* bob waves",
        "10:01 ",
        " 10:01          bob  ",
        "────",
        "▌",
        "\u{3000}",
        " ",
        "x",
        "你好",
        "e\u{301}",
        "👩\u{200D}👩\u{200D}👧",
        "ᄀᄀᄀᄀᄀᄀᄀᄀ",
        "שלום",
        "\t",
    ]);
    let forged = proptest::collection::vec(parts, 1..30).prop_map(|parts| parts.concat());
    prop_oneof![4 => forged, 1 => "\\PC{1,60}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_row_of_a_text_looks_like_the_beginning_of_another(
        texts in proptest::collection::vec(forged_text(), 1..4),
        columns in 4_u16..130,
        rows in 4_u16..40,
        with_members in any::<bool>(),
    ) {
        let mut harness = Harness::in_tea(columns, rows);
        if with_members {
            harness.press(Press::of(Key::F(3)));
        }
        for (position, (who, words)) in (1..).zip(["mallory", "christopher_of_the_north", "小明"].iter().zip(&texts)) {
            if teahouse_core::Text::parse(words).is_ok() {
                harness.receive_message(position, who, words);
            }
        }
        harness.receive_presence(Change::Entered { nick: nick("dora") });
        harness.type_in("/help topic\n");
        check_rows(&mut harness);
    }
}
