//! The table of all keys. Keys are handled and the help is drawn from it.

mod action;

use teahouse_editor::{Command, Direction};

use super::key::{Key, Press};

pub(super) use action::{Action, Context, Go, ListMove, Part, Scroll};

/// Keys with the same action.
pub(super) struct Row {
    /// The keys; each of them has the action.
    pub keys: &'static [Press],
    /// The action.
    pub action: Action,
    /// The text of the help.
    pub help: &'static str,
}

/// Rows that belong together.
pub(super) struct Section {
    /// The title in the help.
    pub title: &'static str,
    /// The contexts in which the rows apply.
    pub contexts: &'static [Context],
    /// The rows.
    pub rows: &'static [Row],
}

const fn row(keys: &'static [Press], action: Action, help: &'static str) -> Row {
    Row { keys, action, help }
}

const fn of(key: Key) -> Press {
    Press::of(key)
}

const fn ctrl(c: char) -> Press {
    Press::ctrl(Key::Char(c))
}

const fn alt(c: char) -> Press {
    Press::alt(Key::Char(c))
}

const fn alt_key(key: Key) -> Press {
    Press::alt(key)
}

const fn edit(command: Command) -> Action {
    Action::Edit(command)
}

/// Ctrl-_, as older terminals send it.
const CTRL_UNDERSCORE: [Press; 3] = [ctrl('_'), ctrl('7'), ctrl('/')];

/// The table. An earlier row wins.
pub(super) static SECTIONS: &[Section] = &[
    Section {
        title: "At a question",
        contexts: &[Context::Question],
        rows: &[row(&[of(Key::Char('y'))], Action::Yes, "yes; any other key: no")],
    },
    Section {
        title: "In a list",
        contexts: &[Context::List],
        rows: &[
            row(
                &[of(Key::Enter)],
                Action::List(ListMove::Choose),
                "go there, open it, or enter it",
            ),
            row(&[of(Key::Up), ctrl('p')], Action::List(ListMove::Up), "up"),
            row(&[of(Key::Down), ctrl('n')], Action::List(ListMove::Down), "down"),
            row(&[of(Key::PageUp)], Action::List(ListMove::PageUp), "a page up"),
            row(&[of(Key::PageDown)], Action::List(ListMove::PageDown), "a page down"),
            row(&[of(Key::Esc), ctrl('c'), ctrl('g')], Action::Escape, "close the list"),
        ],
    },
    Section {
        title: "In this help",
        contexts: &[Context::Help],
        rows: &[
            row(&[of(Key::Up)], Action::List(ListMove::Up), "up"),
            row(&[of(Key::Down)], Action::List(ListMove::Down), "down"),
            row(&[of(Key::PageUp)], Action::List(ListMove::PageUp), "a page up"),
            row(&[of(Key::PageDown)], Action::List(ListMove::PageDown), "a page down"),
            row(
                &[of(Key::Esc), of(Key::F(1)), of(Key::Enter), of(Key::Char('q')), ctrl('c')],
                Action::Escape,
                "close the help",
            ),
        ],
    },
    Section {
        title: "While searching messages",
        contexts: &[Context::Find],
        rows: &[
            row(&[of(Key::Enter)], Action::Send, "search"),
            row(
                &[of(Key::Tab), ctrl('f')],
                Action::Scope,
                "in this room only, or in all your rooms",
            ),
            row(&[of(Key::Esc), ctrl('c'), ctrl('g')], Action::Escape, "back to your line"),
        ],
    },
    Section {
        title: "While searching sent lines",
        contexts: &[Context::Recall],
        rows: &[
            row(&[of(Key::Enter), of(Key::Tab)], edit(Command::SearchAccept), "take the line"),
            row(&[ctrl('r'), of(Key::Up)], edit(Command::SearchOlder), "the next older one"),
            row(&[ctrl('s'), of(Key::Down)], edit(Command::SearchNewer), "the next newer one"),
            row(
                &[of(Key::Esc), ctrl('g'), ctrl('c')],
                edit(Command::SearchCancel),
                "back to what you had",
            ),
        ],
    },
    Section {
        title: "Reading",
        contexts: &[Context::Line],
        rows: &[
            row(&[of(Key::PageUp)], Action::Scroll(Scroll::PageUp), "older messages, without end"),
            row(&[of(Key::PageDown)], Action::Scroll(Scroll::PageDown), "newer messages"),
            row(&[Press::shift(Key::Up)], Action::Scroll(Scroll::Up), "some rows up"),
            row(&[Press::shift(Key::Down)], Action::Scroll(Scroll::Down), "some rows down"),
            row(
                &[Press::ctrl(Key::End), alt_key(Key::End)],
                Action::Scroll(Scroll::End),
                "to the newest message",
            ),
            row(&[ctrl('f'), of(Key::F(4))], Action::Find, "search, and go to what was found"),
            row(&[ctrl('o'), of(Key::F(5))], Action::Links, "the links in this room, to open one"),
        ],
    },
    Section {
        title: "Rooms",
        contexts: &[Context::Line],
        rows: &[
            row(&[alt_key(Key::Up), ctrl('p')], Action::Go(Go::Previous), "the room above"),
            row(&[alt_key(Key::Down), ctrl('n')], Action::Go(Go::Next), "the room below"),
            row(
                &[alt('a'), of(Key::F(6))],
                Action::Go(Go::Unread),
                "the next room with something new",
            ),
            row(
                &[
                    alt('1'),
                    alt('2'),
                    alt('3'),
                    alt('4'),
                    alt('5'),
                    alt('6'),
                    alt('7'),
                    alt('8'),
                    alt('9'),
                ],
                Action::Go(Go::Digit),
                "the first room, the second, …",
            ),
            row(&[of(Key::F(2))], Action::Toggle(Part::Rooms), "show or hide the rooms"),
            row(
                &[of(Key::F(3)), alt('m')],
                Action::Toggle(Part::Members),
                "show or hide who is here",
            ),
        ],
    },
    Section {
        title: "Your line",
        contexts: &[Context::Line],
        rows: &[
            row(
                &[
                    alt_key(Key::Enter),
                    Press::shift(Key::Enter),
                    Press::ctrl(Key::Enter),
                    ctrl('j'),
                ],
                edit(Command::NewLine),
                "begin a new line",
            ),
            row(&[of(Key::Enter)], Action::Send, "send"),
            row(
                &[of(Key::Tab)],
                Action::Complete(Direction::Forward),
                "complete a nick, a room or a command",
            ),
            row(
                &[Press::shift(Key::Tab)],
                Action::Complete(Direction::Backward),
                "the completion before",
            ),
            row(&[of(Key::Up)], edit(Command::UpOrOlder), "a line up, or the line sent before"),
            row(
                &[of(Key::Down)],
                edit(Command::DownOrNewer),
                "a line down, or the line sent after",
            ),
            row(&[ctrl('r')], edit(Command::SearchOlder), "search the lines you sent"),
        ],
    },
    Section {
        title: "Moving and changing",
        contexts: &[Context::Line, Context::Find],
        rows: &[
            row(&[of(Key::Left), ctrl('b')], edit(Command::MoveLeft), "left"),
            row(&[of(Key::Right)], edit(Command::MoveRight), "right"),
            row(
                &[Press::ctrl(Key::Left), alt_key(Key::Left), alt('b')],
                edit(Command::MoveWordLeft),
                "a word left",
            ),
            row(
                &[Press::ctrl(Key::Right), alt_key(Key::Right), alt('f')],
                edit(Command::MoveWordRight),
                "a word right",
            ),
            row(&[of(Key::Home), ctrl('a')], edit(Command::MoveHome), "to the start of the line"),
            row(&[of(Key::End), ctrl('e')], edit(Command::MoveEnd), "to the end of the line"),
            row(
                &[Press::ctrl(Key::Home), alt('<')],
                edit(Command::MoveTextStart),
                "to the start of all",
            ),
            row(&[alt('>')], edit(Command::MoveTextEnd), "to the end of all"),
            row(&[of(Key::Backspace), ctrl('h')], edit(Command::Backspace), "rub out to the left"),
            row(&[of(Key::Delete)], edit(Command::Delete), "rub out to the right"),
            row(
                &[ctrl('w'), alt_key(Key::Backspace), Press::ctrl(Key::Backspace)],
                edit(Command::KillWordLeft),
                "cut the word to the left",
            ),
            row(
                &[alt('d'), Press::ctrl(Key::Delete)],
                edit(Command::KillWordRight),
                "cut the word to the right",
            ),
            row(&[ctrl('u')], edit(Command::KillToStart), "cut to the start of the line"),
            row(&[ctrl('k')], edit(Command::KillToEnd), "cut to the end of the line"),
            row(&[ctrl('y')], edit(Command::Yank), "put back what was cut"),
            row(&[alt('y')], edit(Command::YankPop), "… what was cut before that"),
            row(&[ctrl('t')], edit(Command::Transpose), "swap two characters"),
            row(&CTRL_UNDERSCORE, edit(Command::Undo), "undo"),
            row(&[alt('_'), alt('/')], edit(Command::Redo), "redo"),
        ],
    },
    Section {
        title: "The rest",
        contexts: &[Context::Line, Context::Find],
        rows: &[
            row(&[of(Key::F(1))], Action::Help, "this help"),
            row(&[of(Key::Esc)], Action::Escape, "close what is open, else to the newest message"),
            row(&[of(Key::F(7))], Action::Toggle(Part::Mouse), "the mouse here, or to select text"),
            row(&[ctrl('l')], Action::Redraw, "draw everything again"),
            row(&[ctrl('z')], Action::Suspend, "back to the shell for a while"),
            row(&[ctrl('c')], Action::ClearOrQuit, "clear the line; twice on an empty one: leave"),
            row(&[ctrl('d')], Action::DeleteOrQuit, "leave, when the line is empty"),
        ],
    },
];

/// The action of a key in a context.
#[must_use]
pub(super) fn find(context: Context, press: Press) -> Option<&'static Action> {
    let sections = SECTIONS.iter().filter(|section| section.contexts.contains(&context));
    let mut rows = sections.flat_map(|section| section.rows);
    rows.find(|row| row.keys.contains(&press)).map(|row| &row.action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_two_meanings_in_one_context() {
        use Context as C;
        for context in [C::Line, C::Recall, C::Find, C::List, C::Help, C::Question] {
            let sections = SECTIONS.iter().filter(|section| section.contexts.contains(&context));
            let keys: Vec<_> = sections.flat_map(|s| s.rows).flat_map(|row| row.keys).collect();
            for (index, key) in keys.iter().enumerate() {
                // While searching messages, Tab, Enter, Esc and Ctrl-C override later rows.
                let may_hide = context == C::Find;
                assert!(may_hide || !keys[..index].contains(key), "{key} twice in {context:?}");
            }
        }
    }

    #[test]
    fn every_key_has_a_name_and_every_row_has_a_help_text() {
        for row in SECTIONS.iter().flat_map(|section| section.rows) {
            assert!(!row.help.is_empty() && !row.keys.is_empty());
            assert!(row.keys.iter().all(|key| !key.to_string().is_empty()));
        }
    }
}
