//! Random commands in random order against a reference that is simpler than the product: a list of clusters that is
//! made anew after every step. And properties of every text on every screen.

use proptest::prelude::*;
use teahouse_editor::{
    Candidate, Command, Direction, Editor, Frame, Layout, Limits, Outcome, expand_tabs, harmless,
    index_at, truncate, width, wrap,
};
use unicode_segmentation::UnicodeSegmentation;

/// Parts that make difficult clusters: marks, joiners, halves of flags, jamo, selectors, controls.
const DIFFICULT: [&str; 32] = [
    "a", "b", " ", " ", "\n", ".", "你", "好", "が", "か", "\u{3099}", "e", "\u{301}", "👩", "👧",
    "\u{200D}", "🇩", "🇪", "❤", "\u{FE0F}", "🏽", "ᄀ", "ᅡ", "क", "\u{94D}", "\u{903}", "\u{600}",
    "\u{200B}", "\r", "\t", "\u{1b}", "©",
];

fn text() -> impl Strategy<Value = String> {
    let difficult = proptest::collection::vec(proptest::sample::select(&DIFFICULT[..]), 0..12);
    prop_oneof![9 => difficult.prop_map(|parts| parts.concat()), 1 => any::<String>()]
}

fn key() -> impl Strategy<Value = String> {
    proptest::sample::select(&DIFFICULT[..]).prop_map(str::to_owned)
}

fn modelled() -> impl Strategy<Value = Command> {
    use Command as C;
    prop_oneof![
        6 => key().prop_map(C::Insert),
        2 => text().prop_map(C::Paste),
        6 => proptest::sample::select(vec![
            C::NewLine, C::MoveLeft, C::MoveRight, C::MoveHome, C::MoveEnd, C::MoveTextStart,
            C::MoveTextEnd, C::MoveUp, C::MoveDown, C::Backspace, C::Delete, C::KillToStart,
            C::KillToEnd, C::Clear, C::Transpose, C::Yank,
        ]),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    use Command as C;
    prop_oneof![
        4 => modelled(),
        1 => text().prop_map(C::Set),
        1 => (0_usize..40).prop_map(C::MoveTo),
        6 => proptest::sample::select(vec![
            C::MoveWordLeft, C::MoveWordRight, C::KillWordLeft, C::KillWordRight, C::YankPop, C::Undo,
            C::Redo, C::Older, C::Newer, C::UpOrOlder, C::DownOrNewer, C::SearchOlder, C::SearchNewer,
            C::SearchAccept, C::SearchCancel,
        ]),
    ]
}

/// Clusters in a list, and how many of them are before the caret.
#[derive(Default)]
struct Reference {
    clusters: Vec<String>,
    caret: usize,
    goal: Option<usize>,
    killed: Option<String>,
    is_after_kill: bool,
}

impl Reference {
    /// Lists the clusters anew, with the caret before the first that starts at this byte or after it.
    fn list(&mut self, text: &str, caret: usize) {
        self.clusters = text.graphemes(true).map(str::to_owned).collect();
        let starts = text.grapheme_indices(true).map(|(start, _)| start);
        self.caret = starts.filter(|start| *start < caret).count();
    }

    fn before(&self) -> String {
        self.clusters[..self.caret].concat()
    }

    fn after(&self) -> String {
        self.clusters[self.caret..].concat()
    }

    fn insert(&mut self, text: &str) {
        let before = self.before() + text;
        self.list(&(before.clone() + &self.after()), before.len());
    }

    fn remove(&mut self, from: usize, to: usize) -> String {
        let removed = self.clusters.drain(from..to).collect();
        let caret = self.clusters[..from].concat().len();
        self.list(&self.clusters.concat(), caret);
        removed
    }

    fn line_start(&self) -> usize {
        let before = &self.clusters[..self.caret];
        before.iter().rposition(|cluster| cluster == "\n").map_or(0, |end| end + 1)
    }

    fn line_end(&self) -> usize {
        let after = &self.clusters[self.caret..];
        let more = after.iter().position(|cluster| cluster == "\n").unwrap_or(after.len());
        self.caret + more
    }

    fn move_line(&mut self, is_up: bool) {
        let column = self.clusters[self.line_start()..self.caret].iter().map(|c| width(c)).sum();
        let goal = *self.goal.get_or_insert(column);
        let edge = if is_up { self.line_start().checked_sub(1) } else { Some(self.line_end() + 1) };
        let Some(edge) = edge.filter(|edge| *edge <= self.clusters.len()) else { return };
        self.caret = edge;
        let (start, end) = (self.line_start(), self.line_end());
        self.caret = start;
        let mut taken = 0;
        while self.caret < end && taken + width(&self.clusters[self.caret]) <= goal {
            taken += width(&self.clusters[self.caret]);
            self.caret += 1;
        }
    }

    fn kill(&mut self, from: usize, to: usize) {
        if from == to {
            return;
        }
        let is_left = to == self.caret;
        let text = self.remove(from, to);
        let before = self.killed.take().filter(|_| self.is_after_kill).unwrap_or_default();
        self.killed = Some(if is_left { text + &before } else { before + &text });
        self.is_after_kill = true;
    }

    fn apply(&mut self, command: &Command) {
        use Command as C;
        let keeps_goal = matches!(command, C::MoveUp | C::MoveDown);
        let keeps_kill = matches!(command, C::KillToStart | C::KillToEnd | C::Clear);
        self.goal = self.goal.filter(|_| keeps_goal);
        self.is_after_kill &= keeps_kill;
        let (caret, count) = (self.caret, self.clusters.len());
        let (start, end) = (self.line_start(), self.line_end());
        if let C::Paste(text) = command {
            let before = self.clusters[start..caret].iter().map(|cluster| width(cluster)).sum();
            self.insert(&harmless(&expand_tabs(text, before)));
        } else if let C::Insert(text) = command {
            self.insert(&harmless(text));
        } else if matches!(command, C::Clear) {
            self.caret = 0;
            self.kill(0, count);
        } else if matches!(command, C::NewLine) {
            self.insert("\n");
        } else if matches!(command, C::MoveLeft) {
            self.caret = caret.saturating_sub(1);
        } else if matches!(command, C::MoveRight) {
            self.caret = count.min(caret + 1);
        } else if matches!(command, C::MoveHome) {
            self.caret = start;
        } else if matches!(command, C::MoveEnd) {
            self.caret = end;
        } else if matches!(command, C::MoveTextStart) {
            self.caret = 0;
        } else if matches!(command, C::MoveTextEnd) {
            self.caret = count;
        } else if matches!(command, C::MoveUp | C::MoveDown) {
            self.move_line(matches!(command, C::MoveUp));
        } else if matches!(command, C::Backspace) {
            let _removed: String = self.remove(caret.saturating_sub(1), caret);
        } else if matches!(command, C::Delete) {
            let _removed: String = self.remove(caret, count.min(caret + 1));
        } else if matches!(command, C::KillToStart) {
            self.kill(if start == caret { caret.saturating_sub(1) } else { start }, caret);
        } else if matches!(command, C::KillToEnd) {
            self.kill(caret, if end == caret { count.min(caret + 1) } else { end });
        } else if matches!(command, C::Transpose) {
            let right = if caret == end { caret.saturating_sub(1) } else { caret };
            if start < end && right > start {
                self.clusters.swap(right - 1, right);
                self.caret = right + 1;
                self.list(&self.clusters.concat(), self.before().len());
            }
        } else if matches!(command, C::Yank) {
            let killed = self.killed.clone().unwrap_or_default();
            self.insert(&killed);
        } else {
            panic!("{command:?} is not modelled");
        }
    }
}

fn candidates(word: &str, _is_first: bool) -> Vec<Candidate> {
    let candidate = |end: &str| Candidate { word: format!("{word}{end}"), suffix: " ".to_owned() };
    vec![candidate("你"), candidate("\u{301}\n"), candidate("")]
}

fn is_boundary(text: &str, at: usize) -> bool {
    at == text.len() || text.grapheme_indices(true).any(|(start, _)| start == at)
}

fn is_space(text: &str) -> bool {
    text.chars().all(|c| matches!(c, ' ' | '\n' | '\u{3000}'))
}

/// Small enough that the limits are reached.
fn narrow() -> Limits {
    Limits {
        text_bytes_max: 60,
        text_lines_max: 4,
        kill_entries_max: 3,
        kill_bytes_max: 50,
        undo_bytes_max: 2_000,
        history_entries_max: 4,
        history_bytes_max: 100,
        changed_lines_max: 2,
    }
}

/// One character of three columns (`៘`, `⸻`): no narrower row can be made of it.
fn is_one_wide(row: &str) -> bool {
    row.chars().filter(|c| width(&c.to_string()) > 0).count() == 1 && width(row) == 3
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_commands_do_what_the_reference_does(commands in proptest::collection::vec(modelled(), 0..60)) {
        let mut editor = Editor::default();
        let mut reference = Reference::default();
        for command in commands {
            let full = matches!(editor.apply(command.clone()), Outcome::Full(_));
            prop_assume!(!full);
            reference.apply(&command);
            prop_assert_eq!(editor.text(), reference.clusters.concat(), "{:?}", command);
            prop_assert_eq!(editor.caret(), reference.before().len(), "{:?}", command);
        }
    }

    #[test]
    fn nothing_breaks_the_text_the_caret_or_the_limits(
        commands in proptest::collection::vec((any_command(), 0_u8..12), 0..80),
    ) {
        let mut editor = Editor::new(narrow());
        editor.set_history(["a你", "e\u{301}b", "two\nlines"]);
        for (command, also) in commands {
            let before = (editor.text().to_owned(), editor.caret());
            let outcome = editor.apply(command.clone());
            let after = (editor.text().to_owned(), editor.caret());
            match outcome {
                Outcome::Full(_) | Outcome::Nothing | Outcome::NotFound => prop_assert_eq!(before, after),
                Outcome::Moved => prop_assert!(before.0 == after.0 && before.1 != after.1),
                Outcome::Changed => {}
            }
            if also < 2 {
                let direction = if also == 0 { Direction::Forward } else { Direction::Backward };
                let _outcome: Outcome = editor.complete(direction, candidates);
            } else if also == 2 {
                let sent = editor.send();
                prop_assert!(editor.text().is_empty() && sent.len() <= 60);
            }
            let text = editor.text();
            prop_assert!(is_boundary(text, editor.caret()), "{:?} {:?}", command, text);
            prop_assert_eq!(&harmless(text), text);
            prop_assert!(text.len() <= 60 && text.matches('\n').count() < 4);
            prop_assert!(editor.history().len() <= 4);
            prop_assert!(editor.history().concat().len() <= 100);
        }
    }

    #[test]
    fn undone_all_the_way_is_the_start_and_redone_all_the_way_the_end(
        start in text(),
        commands in proptest::collection::vec(modelled(), 0..60),
    ) {
        let mut editor = Editor::default();
        editor.set_history([start]);
        let _outcome: Outcome = editor.apply(Command::Older);
        let first = editor.text().to_owned();
        for command in commands {
            let _outcome: Outcome = editor.apply(command);
        }
        let last = editor.text().to_owned();
        while editor.apply(Command::Undo) == Outcome::Changed {
            prop_assert!(is_boundary(editor.text(), editor.caret()));
        }
        prop_assert_eq!(editor.text(), first);
        while editor.apply(Command::Redo) == Outcome::Changed {
            prop_assert!(is_boundary(editor.text(), editor.caret()));
        }
        prop_assert_eq!(editor.text(), last);
    }

    #[test]
    fn a_layout_shows_all_of_the_text_inside_the_window_with_the_caret(
        input in text(),
        caret in 0_usize..60,
        columns in 0_usize..12,
        rows_max in 0_usize..6,
        prompt_columns in 0_usize..14,
        top in 0_usize..9,
    ) {
        let text = harmless(&input);
        let layout = Layout::new(&text, caret, &Frame { columns, rows_max, prompt_columns, top });
        let columns = columns.max(2);
        let whole: String = layout
            .all_rows()
            .iter()
            .map(|row| format!("{}{}", row.text, if row.ends_line { "\n" } else { "" }))
            .collect();
        prop_assert_eq!(&whole, &text);
        for row in layout.all_rows() {
            let fits = row.column + width(row.text) <= columns;
            prop_assert!(fits || is_one_wide(row.text), "{:?}", row);
        }
        let shown = layout.rows();
        prop_assert!((1..=rows_max.max(1)).contains(&shown.len()));
        prop_assert_eq!(layout.top() + shown.len() + layout.rows_below(), layout.all_rows().len());
        let place = layout.caret();
        prop_assert!(place.row < shown.len() && place.column < columns, "{:?}", place);
        let caret = (caret..).find(|at| *at >= text.len() || is_boundary(&text, *at));
        let caret = caret.map_or(0, |at| at.min(text.len()));
        let row = shown[place.row];
        prop_assert_eq!(place.column, row.column + width(&row.text[..caret - row.start]));
    }

    #[test]
    fn wrapped_rows_fit_and_leave_out_only_spaces_and_line_ends(
        input in text(),
        first_columns in 0_usize..12,
        columns in 2_usize..12,
    ) {
        let text = harmless(&input);
        let rows = wrap(&text, first_columns, columns);
        let mut end = 0;
        for (index, row) in rows.iter().enumerate() {
            let may_have = if index == 0 { first_columns.min(columns) } else { columns };
            let shown = &text[row.clone()];
            prop_assert!(width(shown) <= may_have || is_one_wide(shown), "{shown:?}");
            prop_assert!(is_space(&text[end..row.start]));
            end = row.end;
        }
        prop_assert!(is_space(&text[end..]));
    }

    #[test]
    fn a_truncated_text_fits_and_one_cluster_more_would_not(text in any::<String>(), columns in 0_usize..20) {
        let front = truncate(&text, columns);
        prop_assert!(text.starts_with(front) && width(front) <= columns);
        prop_assert_eq!(index_at(&text, columns), front.len());
        if let Some(next) = text[front.len()..].graphemes(true).next() {
            prop_assert!(width(front) + width(next) > columns);
        }
    }
}
