//! Who wrote what can be seen on every screen, without colours: no text has the look of another message, or of
//! words of the server.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use teahouse_core::Nick;
use teahouse_wire::api::{Change, Message};

use super::played::{Played, event, nick};
use crate::screen::model::entry::display_nick;
use crate::screen::model::flow::{Grid, RowKind};
use crate::screen::{Charset, Key, Press};

/// What one person says.
const FORGED: &str = "hello all\nann: I quit\n01:33 carl: me too\nnobody here is called eve";

#[test]
fn a_text_of_many_lines_is_one_persons_where_nicks_have_no_column() {
    let mut played = Played::in_tea(40, 12);
    played.said(93, "mallory", FORGED);
    played.change(Change::Entered { nick: nick("dora") });
    played.type_in("/help who\n");
    played.check(&[
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
fn a_text_of_many_lines_is_one_persons_where_they_have_one() {
    let mut played = Played::in_tea(60, 8);
    played.said(93, "mallory", FORGED);
    played.check(&[
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
fn who_fills_the_screen_is_named_at_its_top() {
    let long = (1..=40).map(|number| format!("ann: line {number}")).collect::<Vec<_>>().join("\n");
    let mut played = Played::in_tea(60, 6);
    played.said(93, "mallory", &long);
    assert_eq!(played.rows()[1], "▌           mallory  ann: line 38");
    assert_eq!(played.rows()[2], "▌                    ann: line 39");
    let mut played = Played::in_tea(40, 6);
    played.said(93, "mallory", &long);
    assert_eq!(played.rows()[1], "▌ma…ry │ ann: line 38");
    assert_eq!(played.rows()[2], "▌      │ ann: line 39");
}

/// Nicks that look like signs, bars and rules.
const SIGNS: [&str; 16] =
    ["⇄", "│", "─────", "▌x", "·", "❢", "❗", "✱", "⚹", "🞄", "˗", "❘", "￨", "𝄀", "丨", "一一一"];

#[test]
fn who_goes_on_is_named_where_nothing_stands_beside_texts() {
    let mut played = Played::in_tea(24, 8);
    let long = (1..=9).map(|number| format!("ann: line {number}")).collect::<Vec<_>>().join("\n");
    played.said(1, "mallory", &long);
    played.check(&[
        " #tea  tea and what go…",
        "▌mallory: …",
        "▌│ ann: line 6",
        "▌│ ann: line 7",
        "▌│ ann: line 8",
        "▌│ ann: line 9",
        "─ ● ann ────────────────",
        "› |",
    ]);
    // What makes way for the nick can be read further up.
    played.press(Press::shift(Key::Up));
    assert!(played.rows()[2..6].contains(&"▌│ ann: line 5".to_owned()), "{:#?}", played.rows());
    let mut played = Played::in_tea(24, 8);
    played.type_in("/help history\n");
    played.type_in("/help nick\n");
    let rows = played.rows();
    assert_eq!(
        (rows[1].as_str(), rows[2].as_str()),
        (" · N messages, or those", " │ before 10:32,")
    );
}

#[test]
fn a_nick_that_is_a_sign_of_ours_stands_in_brackets() {
    for columns in [40, 60] {
        let mut played = Played::in_tea(columns, 6);
        for (position, who) in (1..).zip(SIGNS) {
            played.said(position, who, "ann left");
            let rows = played.rows();
            let row = rows.iter().rfind(|row| row.contains("ann left")).unwrap();
            assert!(row.contains(&format!("<{who}>")), "{row}");
        }
    }
    for who in ["ann", "_ann", "小明", "一诺", "Ольга", "김철수", "๑ann", "[bob]"] {
        assert_eq!(display_nick(who), who);
    }
}

#[test]
fn nor_does_a_nick_look_like_a_sign_where_there_is_only_ascii() {
    let begins = |who: &str| Nick::parse(who).is_ok() && !display_nick(who).starts_with('<');
    for sign in ["⇄", "·", "!", "*", "#", "│"] {
        let ascii = Charset::Ascii.render(sign);
        assert!(!begins(&ascii), "{sign} is {ascii}");
        assert!(!begins(&format!("{ascii}x")), "{sign} is {ascii}");
    }
}

#[test]
fn nicks_that_begin_alike_are_told_apart() {
    let (one, other) = ("christopher_of_the_north", "christopher_of_the_south");
    let mut played = Played::in_tea(60, 10);
    played.said(1, one, "tea?");
    played.said(2, one, "anyone?");
    played.said(3, other, "no");
    played.check(&[
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
    played.said(4, other, "really no");
    played.input(crate::screen::Input::Resize(crate::screen::Size { columns: 60, rows: 4 }));
    assert_eq!(played.rows()[1], " 10:04 christ…south  really no");
}

#[test]
fn a_topic_that_was_set_is_no_deed_that_says_so() {
    for columns in [40, 70] {
        let mut played = Played::in_tea(columns, 8);
        let mut set = event("tea", 1, "bob", "milk");
        set.kind = teahouse_wire::api::Kind::Topic;
        let mut acted = event("tea", 2, "bob", "set the topic: milk");
        acted.kind = teahouse_wire::api::Kind::Acted;
        played.receive(Message::Event(set));
        played.receive(Message::Event(acted));
        let rows = played.rows();
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

/// Every row of the messages has before its text what its kind has there, whatever the text is.
fn check_rows(played: &mut Played) {
    let (buffer, _) = played.drawn();
    let area = played.model.areas().messages;
    let flow = played.model.flow();
    let grid: Grid = flow.grid;
    let left = usize::from(area.x);
    let rows = flow.screen(usize::from(area.height));
    let first = area.bottom() - u16::try_from(rows.len()).unwrap();
    for (y, (_, row)) in (first..).zip(&rows) {
        let before = cells(&buffer, y, left + 1..left + grid.text_at());
        match &row.kind {
            // At the top it is said who goes on.
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

fn forging() -> impl Strategy<Value = String> {
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
        texts in proptest::collection::vec(forging(), 1..4),
        columns in 4_u16..130,
        rows in 4_u16..40,
        with_members in any::<bool>(),
    ) {
        let mut played = Played::in_tea(columns, rows);
        if with_members {
            played.press(Press::of(Key::F(3)));
        }
        for (position, (who, words)) in (1..).zip(["mallory", "christopher_of_the_north", "小明"].iter().zip(&texts)) {
            if teahouse_core::Text::parse(words).is_ok() {
                played.said(position, who, words);
            }
        }
        played.change(Change::Entered { nick: nick("dora") });
        played.type_in("/help topic\n");
        check_rows(&mut played);
    }
}
