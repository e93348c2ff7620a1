//! Layouts drawn as text: `.` is an empty cell, the second cell of a wide cluster is not drawn, and `|` is the caret.

use teahouse_editor::{Frame, Layout, Point, width, wrap};

const FRAME: Frame = Frame { columns: 6, rows_max: 9, prompt_columns: 2, top: 0 };

/// The window with the prompt as `>` and the caret before the cell that it is on.
fn draw_window(layout: &Layout<'_>, frame: &Frame) -> Vec<String> {
    let caret = layout.caret();
    let draw = |(index, row): (usize, &teahouse_editor::Row<'_>)| {
        let prompt = ">".repeat(row.column);
        let empty = ".".repeat(frame.columns - row.column - width(row.text));
        if index != caret.row {
            return format!("{prompt}{}{empty}", row.text);
        }
        let at = teahouse_editor::index_at(row.text, caret.column - row.column);
        let (before, after) = row.text.split_at(at);
        format!("{prompt}{before}|{after}{empty}")
    };
    layout.rows().iter().enumerate().map(draw).collect()
}

#[track_caller]
fn check(text: &str, frame: Frame, expected: &[&str]) {
    let caret = text.find('|').unwrap_or(text.len());
    let text = text.replacen('|', "", 1);
    let layout = Layout::new(&text, caret, &frame);
    assert_eq!(draw_window(&layout, &frame), expected);
}

#[test]
fn an_empty_line_is_a_prompt_and_a_caret() {
    check("|", FRAME, &[">>|...."]);
}

#[test]
fn text_continues_at_the_left_edge_of_the_next_row() {
    check("abcd|efgh", FRAME, &[">>abcd", "|efgh.."]);
    check("abc|defgh", FRAME, &[">>abc|d", "efgh.."]);
}

#[test]
fn a_wide_cluster_is_never_cut_by_the_right_edge() {
    check("abc你|好", FRAME, &[">>abc.", "你|好.."]);
    check("abc👩\u{200D}👩\u{200D}👧|", FRAME, &[">>abc.", "👩\u{200D}👩\u{200D}👧|...."]);
    check("か\u{3099}き\u{3099}か\u{3099}|", FRAME, &[">>か\u{3099}き\u{3099}", "か\u{3099}|...."]);
}

#[test]
fn the_caret_after_a_full_row_is_on_a_row_of_its_own() {
    check("abcd|", FRAME, &[">>abcd", "|......"]);
    check("abcd|\nx", FRAME, &[">>abcd", "|......", "x....."]);
}

#[test]
fn lines_of_text_are_rows_of_their_own() {
    check("a\n\nb|c\n", FRAME, &[">>a...", "......", "b|c....", "......"]);
}

#[test]
fn a_prompt_as_wide_as_the_window_has_its_row_to_itself() {
    check("ab|", Frame { prompt_columns: 80, ..FRAME }, &[">>>>>>", "ab|...."]);
    check("|", Frame { prompt_columns: 6, ..FRAME }, &[">>>>>>", "|......"]);
}

#[test]
fn a_window_of_one_column_is_laid_out_as_one_of_two() {
    let frame = Frame { columns: 1, prompt_columns: 0, ..FRAME };
    let layout = Layout::new("ab你", 0, &frame);
    let rows: Vec<_> = layout.all_rows().iter().map(|row| row.text).collect();
    assert_eq!(rows, ["ab", "你", ""]);
}

#[test]
fn the_window_scrolls_only_to_follow_the_caret() {
    let at = |caret, top| {
        let frame = Frame { rows_max: 2, top, ..FRAME };
        let layout = Layout::new("a\nb\nc\nd", caret, &frame);
        (layout.top(), layout.caret().row, layout.rows_below())
    };
    assert_eq!(at(0, 0), (0, 0, 2));
    assert_eq!(at(4, 0), (1, 1, 1));
    assert_eq!(at(4, 1), (1, 1, 1));
    assert_eq!(at(2, 1), (1, 0, 1));
    assert_eq!(at(0, 1), (0, 0, 2));
    assert_eq!(at(7, 99), (2, 1, 0));
}

#[test]
fn a_point_in_the_window_has_a_byte_in_the_text() {
    let layout = Layout::new("abc你好", 0, &FRAME);
    let at = |row, column| layout.index_at(Point { row, column });
    assert_eq!(at(0, 0), 0);
    assert_eq!(at(0, 3), 1);
    assert_eq!(at(1, 1), 3);
    assert_eq!(at(1, 2), 6);
    assert_eq!(at(9, 9), 9);
}

#[track_caller]
fn check_wrap(text: &str, columns: (usize, usize), expected: &[&str]) {
    let rows: Vec<_> = wrap(text, columns.0, columns.1).into_iter().map(|row| &text[row]).collect();
    assert_eq!(rows, expected);
}

#[test]
fn messages_break_between_words() {
    check_wrap("the tea is ready", (10, 10), &["the tea is", "ready"]);
    check_wrap("the tea  is", (7, 7), &["the tea", "is"]);
    check_wrap("a b", (80, 80), &["a b"]);
    check_wrap("", (80, 80), &[""]);
    check_wrap("a\n\n  b", (80, 80), &["a", "", "  b"]);
}

#[test]
fn a_word_longer_than_a_row_is_broken_where_it_must() {
    check_wrap("abcdefgh", (4, 4), &["abcd", "efgh"]);
    check_wrap("ab cdefghij", (4, 4), &["ab", "cdef", "ghij"]);
}

#[test]
fn a_word_that_does_not_fit_beside_the_nick_begins_below_it() {
    check_wrap("hello you", (3, 9), &["", "hello you"]);
    check_wrap("hi hello you", (3, 9), &["hi", "hello you"]);
}

#[test]
fn ideographs_break_anywhere_except_before_closing_and_after_opening_marks() {
    check_wrap("你好吗朋友", (4, 4), &["你好", "吗朋", "友"]);
    check_wrap("你好，朋友", (4, 4), &["你", "好，", "朋友"]);
    check_wrap("说「你好」", (4, 4), &["说", "「你", "好」"]);
    check_wrap("go去吧", (4, 4), &["go去", "吧"]);
    check_wrap("茶👩\u{200D}👩\u{200D}👧茶", (3, 3), &["茶", "👩\u{200D}👩\u{200D}👧", "茶"]);
    check_wrap("안녕 하세요", (8, 8), &["안녕", "하세요"]);
}

#[test]
fn a_variation_selector_stays_on_the_row_of_its_character() {
    let text = "\u{600}©\u{FE0F} ";
    let rows = wrap(text, 2, 2);
    let widths: Vec<usize> = rows.iter().map(|row| width(&text[row.clone()])).collect();
    assert_eq!(widths, [1, 2]);
}
