//! The effect of each command on a line. The caret is drawn as `|`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use teahouse_editor::{Candidate, Command, Direction, Editor, Full, Limits, Outcome};

use Command::{
    Backspace, Clear, Delete, DownOrNewer, KillToEnd, KillToStart, KillWordLeft, KillWordRight,
    MoveDown, MoveEnd, MoveHome, MoveLeft, MoveRight, MoveTextEnd, MoveTextStart, MoveUp,
    MoveWordLeft, MoveWordRight, NewLine, Newer, Older, Redo, SearchAccept, SearchCancel,
    SearchNewer, SearchOlder, Transpose, Undo, UpOrOlder, Yank, YankPop,
};

fn editor_at(drawing: &str) -> Editor {
    let (before, after) = drawing.split_once('|').unwrap();
    let mut editor = Editor::default();
    editor.set_history(["first", "tea at five", "茶 tea"]);
    if !drawing.eq("|") {
        assert_eq!(editor.apply(Command::Set(format!("{before}{after}"))), Outcome::Changed);
    }
    let _ignored: Outcome = editor.apply(Command::MoveTo(before.len()));
    editor
}

fn draw(editor: &Editor) -> String {
    let (before, after) = editor.text().split_at(editor.caret());
    format!("{before}|{after}")
}

fn typed(text: &str) -> Vec<Command> {
    text.chars().map(|c| Command::Insert(c.to_string())).collect()
}

fn apply(editor: &mut Editor, commands: impl IntoIterator<Item = Command>) -> Outcome {
    commands.into_iter().fold(Outcome::Nothing, |_, command| editor.apply(command))
}

#[track_caller]
fn check(before: &str, commands: impl IntoIterator<Item = Command>, after: &str) {
    let mut editor = editor_at(before);
    let _last: Outcome = apply(&mut editor, commands);
    assert_eq!(draw(&editor), after);
}

#[test]
fn the_caret_steps_over_whole_clusters() {
    let family = "👩\u{200D}👩\u{200D}👧";
    check(&format!("a{family}|b"), [MoveLeft], &format!("a|{family}b"));
    check(&format!("a|{family}b"), [MoveRight], &format!("a{family}|b"));
    check("か\u{3099}き\u{3099}|", [MoveLeft], "か\u{3099}|き\u{3099}");
    check("🇩🇪🇫🇷|", [MoveLeft], "🇩🇪|🇫🇷");
    check("|你好", [MoveRight], "你|好");
}

#[test]
fn erasing_deletes_whole_clusters() {
    check("x👩\u{200D}👩\u{200D}👧|", [Backspace], "x|");
    check("e\u{301}e\u{301}|", [Backspace], "e\u{301}|");
    check("❤\u{FE0F}|", [Backspace], "|");
    check("|🇩🇪!", [Delete], "|!");
    check("你|好", [Backspace, Delete], "|");
}

#[test]
fn a_mark_typed_after_a_letter_joins_it_and_the_caret_stays_outside() {
    check("|", typed("e\u{301}"), "e\u{301}|");
    check("👩|👧", [Command::Insert("\u{200D}".into())], "👩\u{200D}👧|");
    check("🇩|x🇪", [Delete], "🇩🇪|");
}

#[test]
fn words_are_stepped_over_and_killed() {
    check("say hello, wor|ld", [MoveWordLeft], "say hello, |world");
    check("say| hello, world", [MoveWordRight], "say hello|, world");
    check("say hello |", [KillWordLeft], "say |");
    check("say| hello you", [KillWordRight], "say| you");
    check("ok 👍🏽|", [KillWordLeft], "ok |");
    check("a\n|b", [MoveWordLeft], "|a\nb");
}

#[test]
fn home_and_end_stay_in_the_line_of_text() {
    check("one\ntw|o\nthree", [MoveHome], "one\n|two\nthree");
    check("one\ntw|o\nthree", [MoveEnd], "one\ntwo|\nthree");
    check("one\ntw|o\nthree", [MoveTextStart], "|one\ntwo\nthree");
    check("one\ntw|o\nthree", [MoveTextEnd], "one\ntwo\nthree|");
}

#[test]
fn up_and_down_keep_the_column_on_the_screen() {
    check("你好吗\nabc|d", [MoveUp], "你|好吗\nabcd");
    check("你好|吗\nabcdef", [MoveDown], "你好吗\nabcd|ef");
    check("abcd|e\nx\nabcde", [MoveDown, MoveDown], "abcde\nx\nabcd|e");
    check("abcde\nx|\nabcde", [MoveDown], "abcde\nx\na|bcde");
    check("one|\ntwo", [MoveUp], "one|\ntwo");
    check("abcd|\nx\nabcde", [MoveDown, MoveLeft, MoveDown], "abcd\nx\n|abcde");
}

#[test]
fn consecutive_kills_are_yanked_as_one_text() {
    check("one two three|", [KillWordLeft, KillWordLeft, MoveHome, Yank], "two three|one ");
    check("|one two", [KillWordRight, KillWordRight, Yank, Yank], "one twoone two|");
    check("one |two", [KillToEnd, KillToStart, Yank], "one two|");
    check("a\nb|", [KillToStart, KillToStart, Yank], "a\nb|");
    check("a|\nb", [KillToEnd, KillToEnd, Yank], "a\nb|");
    check("a |b", [Clear, Yank], "a b|");
}

#[test]
fn kills_with_another_command_between_them_are_separate_and_yank_pop_steps_through_them() {
    let kills = [KillWordLeft, MoveHome, MoveEnd, KillWordLeft];
    let with = |more: &[Command]| [&kills[..], more].concat();
    check("one two three|", with(&[Yank]), "one two |");
    check("one two three|", with(&[Yank, YankPop]), "one three|");
    check("one two three|", with(&[Yank, YankPop, YankPop]), "one two |");
    check("one two three|", with(&[Yank, YankPop, Undo]), "one |");
    check("one two three|", with(&[YankPop]), "one |");
}

#[test]
fn transposing_swaps_clusters_and_at_the_end_the_last_two() {
    check("te|a", [Transpose], "tae|");
    check("tea|", [Transpose], "tae|");
    check("你|好吗", [Transpose], "好你|吗");
    check("ab\n|cd", [Transpose], "ab\n|cd");
    check("a|", [Transpose], "a|");
}

#[test]
fn typing_is_undone_word_by_word_and_redone() {
    let hello = typed("hello you all");
    let with = |more: &[Command]| [&hello[..], more].concat();
    check("|", with(&[Undo]), "hello you |");
    check("|", with(&[Undo, Undo]), "hello |");
    check("|", with(&[Undo, Undo, Undo]), "|");
    check("|", with(&[Undo, Undo, Redo]), "hello you |");
    check("|", with(&[Undo, Command::Insert("!".into()), Redo]), "hello you !|");
}

#[test]
fn erasing_in_a_row_is_undone_together_and_the_caret_returns() {
    check("tea|", [Backspace, Backspace, Undo], "tea|");
    check("|tea", [Delete, Delete, Undo], "|tea");
    check("te|a", [Backspace, Delete, Undo], "t|a");
    check("tea|", [Backspace, MoveHome, MoveEnd, Backspace, Undo], "te|");
}

#[test]
fn a_paste_is_one_literal_harmless_text() {
    check("a|b", [Command::Paste("1\r\n2\r3\t4\u{1b}[0m".into())], "a1\n2\n3       4[0m|b");
    check("a|b", [Command::Paste("one two\n".into()), Undo], "a|b");
    let mut editor = editor_at("|");
    assert_eq!(editor.apply(Command::Paste("\u{1b}\u{7}".into())), Outcome::Nothing);
}

#[test]
fn a_new_line_begins_without_sending() {
    check("a|b", [NewLine], "a\n|b");
    check("a|b", [NewLine, Undo], "a|b");
}

#[test]
fn a_text_that_does_not_fit_is_refused_as_a_whole_with_its_size() {
    let limits = Limits { text_bytes_max: 6, text_lines_max: 2, ..Limits::default() };
    let mut editor = Editor::new(limits);
    assert_eq!(editor.apply(Command::Paste("你".into())), Outcome::Changed);
    let full = Outcome::Full(Full::Bytes { bytes: 9, max: 6 });
    assert_eq!(editor.apply(Command::Paste("好吗".into())), full);
    assert_eq!(editor.text(), "你");
    assert_eq!(editor.apply(NewLine), Outcome::Changed);
    let full = Outcome::Full(Full::Lines { lines: 3, max: 2 });
    assert_eq!(editor.apply(NewLine), full);
    assert_eq!(draw(&editor), "你\n|");
}

#[test]
fn at_the_edges_there_is_nothing_to_do() {
    let mut editor = Editor::default();
    let commands = [
        MoveLeft,
        MoveRight,
        MoveWordLeft,
        MoveWordRight,
        MoveUp,
        MoveDown,
        Backspace,
        Delete,
        KillToEnd,
        KillToStart,
        Clear,
        Yank,
        YankPop,
        Transpose,
        Undo,
        Redo,
        Older,
        Newer,
        UpOrOlder,
        DownOrNewer,
        SearchAccept,
        SearchCancel,
    ];
    for command in commands {
        assert_eq!(editor.apply(command.clone()), Outcome::Nothing, "{command:?}");
    }
}

#[test]
fn sent_lines_are_recalled_and_the_draft_is_kept() {
    check("dra|ft", [Older], "茶 tea|");
    check("dra|ft", [Older, Older, Older, Older], "first|");
    check("dra|ft", [Older, Older, Newer, Newer], "dra|ft");
    check("dra|ft", [Older, Newer, Undo], "|");
    check("|", [Newer], "|");
}

#[test]
fn a_recalled_line_that_was_changed_is_kept_until_the_next_is_sent() {
    check("|", [Older, Backspace, Older, Newer], "茶 te|");
    check("|", [Older, Backspace, Older, Newer, Undo], "茶 tea|");
    let mut editor = editor_at("|");
    let _last: Outcome = apply(&mut editor, [Older, Backspace, Older]);
    assert_eq!(editor.send(), "tea at five");
    assert_eq!(editor.history(), ["first", "tea at five", "茶 tea", "tea at five"]);
    let _last: Outcome = apply(&mut editor, [Older, Older]);
    assert_eq!(draw(&editor), "茶 tea|");
}

#[test]
fn past_the_limit_the_line_changed_first_loses_its_changes() {
    let mut editor = Editor::new(Limits { changed_lines_max: 1, ..Limits::default() });
    editor.set_history(["one", "two", "three"]);
    let _last: Outcome = apply(&mut editor, typed("draft"));
    let _last: Outcome = apply(&mut editor, [Older, Backspace, Older, Backspace, Older]);
    assert_eq!(editor.apply(Newer), Outcome::Changed);
    assert_eq!(draw(&editor), "tw|");
    assert_eq!(editor.apply(Newer), Outcome::Changed);
    assert_eq!(draw(&editor), "three|");
    assert_eq!(editor.apply(Newer), Outcome::Changed);
    assert_eq!(draw(&editor), "draft|");
}

#[test]
fn a_draft_replaced_by_a_sent_line_can_be_yanked() {
    let mut editor = editor_at("half a thou|ght");
    let _last: Outcome = editor.apply(Older);
    assert_eq!(editor.send(), "茶 tea");
    assert_eq!(draw(&editor), "|");
    assert_eq!(editor.apply(Yank), Outcome::Changed);
    assert_eq!(draw(&editor), "half a thought|");
}

#[test]
fn up_goes_to_older_lines_from_the_first_line_of_text_only() {
    check("a\nb|", [UpOrOlder], "a|\nb");
    check("a\nb|", [UpOrOlder, UpOrOlder], "茶 tea|");
    check("a\nb|", [UpOrOlder, UpOrOlder, DownOrNewer], "a|\nb");
    check("a|\nb", [DownOrNewer], "a\nb|");
}

#[test]
fn a_taken_text_leaves_an_empty_line_and_is_remembered_only_when_sent() {
    let mut editor = editor_at("/login se|cret");
    assert_eq!(editor.take(), "/login secret");
    assert_eq!(draw(&editor), "|");
    assert_eq!(editor.apply(Undo), Outcome::Nothing);
    assert_eq!(editor.history().len(), 3);
}

#[test]
fn a_search_shows_the_newest_match_and_goes_on_to_older_ones() {
    let search = [vec![SearchOlder], typed("TEA")].concat();
    let with = |more: &[Command]| [&search[..], more].concat();
    check("dra|ft", with(&[]), "茶 |tea");
    check("dra|ft", with(&[SearchOlder]), "|tea at five");
    check("dra|ft", with(&[SearchOlder, SearchNewer]), "茶 |tea");
    check("dra|ft", with(&[SearchOlder, SearchAccept, Older]), "first|");
    check("dra|ft", with(&[SearchOlder, SearchCancel]), "dra|ft");
    check("dra|ft", with(&[SearchOlder, MoveEnd]), "tea at five|");
    check("dra|ft", with(&[Backspace, Backspace, Backspace]), "dra|ft");
    check("dra|ft", with(&[SearchAccept, Newer]), "dra|ft");
}

#[test]
fn a_search_that_finds_nothing_says_so_and_keeps_the_last_match() {
    let mut editor = editor_at("|");
    let _last: Outcome = apply(&mut editor, [vec![SearchOlder], typed("tea")].concat());
    assert_eq!(editor.apply(Command::Insert("x".into())), Outcome::NotFound);
    let view = editor.search().unwrap();
    assert_eq!((view.pattern, view.is_found), ("teax", false));
    assert_eq!(draw(&editor), "茶 |tea");
    assert_eq!(editor.apply(Backspace), Outcome::Changed);
    assert!(editor.search().unwrap().is_found);
    assert_eq!(editor.apply(SearchOlder), Outcome::Changed);
    assert_eq!(editor.apply(SearchOlder), Outcome::NotFound);
    assert_eq!(draw(&editor), "|tea at five");
    let long = Command::Insert("x".repeat(Limits::SEARCH_BYTES_MAX));
    assert!(matches!(editor.apply(long), Outcome::Full(Full::Search { .. })));
}

#[test]
fn a_search_shows_the_same_text_once() {
    let mut editor = Editor::default();
    editor.set_history(["tea", "no", "tea"]);
    let _last: Outcome = apply(&mut editor, [vec![SearchOlder], typed("tea")].concat());
    assert_eq!(editor.apply(SearchOlder), Outcome::NotFound);
}

fn nicks(word: &str, is_first: bool) -> Vec<Candidate> {
    let suffix = if is_first { ": " } else { " " };
    ["ann", "anna", "小明"]
        .into_iter()
        .filter(|nick| nick.starts_with(word))
        .map(|nick| Candidate { word: nick.to_owned(), suffix: suffix.to_owned() })
        .collect()
}

#[track_caller]
fn check_completion(before: &str, directions: &[Direction], after: &str) {
    let mut editor = editor_at(before);
    for direction in directions {
        let _last: Outcome = editor.complete(*direction, nicks);
    }
    assert_eq!(draw(&editor), after);
}

#[test]
fn completion_goes_around_in_both_directions_with_the_right_suffix() {
    use Direction::{Backward, Forward};
    check_completion("an|", &[Forward], "ann: |");
    check_completion("an|", &[Forward, Forward], "anna: |");
    check_completion("an|", &[Forward, Forward, Forward], "ann: |");
    check_completion("an|", &[Backward], "anna: |");
    check_completion("an|", &[Forward, Backward], "anna: |");
    check_completion("hi 小|", &[Forward], "hi 小明 |");
    check_completion("hi 小|", &[Forward, Forward], "hi 小明 |");
    check_completion("hi an| there", &[Forward, Forward], "hi anna |there");
    check_completion("bob|", &[Forward], "bob|");
    check_completion("|", &[Backward], "小明: |");
    check_completion("|", &[Backward, Backward], "anna: |");
}

#[test]
fn a_completion_is_undone_as_one_and_ends_with_any_other_command() {
    let mut editor = editor_at("an|");
    assert_eq!(editor.complete(Direction::Forward, nicks), Outcome::Changed);
    assert_eq!(editor.complete(Direction::Forward, nicks), Outcome::Changed);
    assert_eq!(editor.choices().unwrap().index, 1);
    assert_eq!(editor.apply(Undo), Outcome::Changed);
    assert_eq!(draw(&editor), "an|");
    assert!(editor.choices().is_none());
}

#[test]
fn a_single_candidate_stays_and_of_too_many_the_first_are_kept() {
    let mut editor = editor_at("小|");
    assert_eq!(editor.complete(Direction::Forward, nicks), Outcome::Changed);
    assert_eq!(editor.complete(Direction::Forward, nicks), Outcome::Nothing);
    assert_eq!(draw(&editor), "小明: |");
    let mut editor = editor_at("|");
    let many = |_: &str, _: bool| {
        let candidate = |index: usize| Candidate { word: index.to_string(), suffix: String::new() };
        (0..1_000).map(candidate).collect()
    };
    assert_eq!(editor.complete(Direction::Forward, many), Outcome::Changed);
    assert_eq!(editor.choices().unwrap().candidates.len(), Limits::CANDIDATES_MAX);
}

#[test]
fn a_candidate_that_does_not_fit_leaves_the_one_before() {
    let mut editor = Editor::new(Limits { text_bytes_max: 5, ..Limits::default() });
    assert_eq!(editor.apply(Command::Insert("an".into())), Outcome::Changed);
    assert_eq!(editor.complete(Direction::Forward, nicks), Outcome::Changed);
    let full = Outcome::Full(Full::Bytes { bytes: 6, max: 5 });
    assert_eq!(editor.complete(Direction::Forward, nicks), full);
    assert_eq!(draw(&editor), "ann: |");
    assert_eq!(editor.apply(Undo), Outcome::Changed);
    assert_eq!(draw(&editor), "an|");
}

#[test]
fn a_yank_that_does_not_fit_leaves_the_one_before() {
    let mut editor = Editor::new(Limits { text_bytes_max: 4, ..Limits::default() });
    let commands = [Command::Set("long".into()), Clear, Command::Set("x".into()), Clear];
    let _last: Outcome = apply(&mut editor, commands);
    let _last: Outcome = apply(&mut editor, [Command::Insert("ab".into()), Yank]);
    let full = Outcome::Full(Full::Bytes { bytes: 6, max: 4 });
    assert_eq!(editor.apply(YankPop), full);
    assert_eq!(draw(&editor), "abx|");
}

#[test]
fn a_restored_history_is_the_same_and_harmless() {
    let mut editor = Editor::default();
    let lines = vec!["one".to_owned(), "two\nlines".to_owned()];
    editor.set_history(&lines);
    assert_eq!(editor.history(), lines);
    editor.set_history(["\u{1b}[2Jx", "x".repeat(20_000).as_str(), &"\n".repeat(200)]);
    assert_eq!(editor.history(), ["[2Jx"]);
}
