//! Translates the terminal library's events into inputs.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use crate::screen::input::{Input, Mouse, MouseDoes, Size};
use crate::screen::key::{Key, Press};

/// An event as an input; `None` when the interface does not use it.
pub(super) fn input(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => press(key).map(Input::Key),
        Event::Key(_) => None,
        Event::Mouse(event) => mouse(event).map(Input::Mouse),
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Resize(columns, rows) => Some(Input::Resize(Size { columns, rows })),
        Event::FocusGained => Some(Input::Focus(true)),
        Event::FocusLost => Some(Input::Focus(false)),
    }
}

fn press(event: KeyEvent) -> Option<Press> {
    let has = |modifier| event.modifiers.contains(modifier);
    let shift = has(KeyModifiers::SHIFT);
    let (key, shift) = match event.code {
        KeyCode::Char(c) => (Key::Char(character(c, event.modifiers)), false),
        KeyCode::Enter => (Key::Enter, shift),
        KeyCode::Tab => (Key::Tab, shift),
        KeyCode::BackTab => (Key::Tab, true),
        KeyCode::Backspace => (Key::Backspace, false),
        KeyCode::Delete => (Key::Delete, shift),
        KeyCode::Esc => (Key::Esc, false),
        KeyCode::Up => (Key::Up, shift),
        KeyCode::Down => (Key::Down, shift),
        KeyCode::Left => (Key::Left, shift),
        KeyCode::Right => (Key::Right, shift),
        KeyCode::Home => (Key::Home, shift),
        KeyCode::End => (Key::End, shift),
        KeyCode::PageUp => (Key::PageUp, false),
        KeyCode::PageDown => (Key::PageDown, false),
        KeyCode::F(number) => (Key::F(number), shift),
        KeyCode::Insert
        | KeyCode::Null
        | KeyCode::CapsLock
        | KeyCode::ScrollLock
        | KeyCode::NumLock
        | KeyCode::PrintScreen
        | KeyCode::Pause
        | KeyCode::Menu
        | KeyCode::KeypadBegin
        | KeyCode::Media(_)
        | KeyCode::Modifier(_) => return None,
    };
    Some(Press { key, ctrl: has(KeyModifiers::CONTROL), alt: has(KeyModifiers::ALT), shift })
}

/// With control, letters are lower case, whatever the state of shift and caps lock.
fn character(c: char, modifiers: KeyModifiers) -> char {
    if modifiers.contains(KeyModifiers::CONTROL) { c.to_ascii_lowercase() } else { c }
}

fn mouse(event: MouseEvent) -> Option<Mouse> {
    let does = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseDoes::Press,
        MouseEventKind::ScrollUp => MouseDoes::WheelUp,
        MouseEventKind::ScrollDown => MouseDoes::WheelDown,
        MouseEventKind::Down(MouseButton::Right | MouseButton::Middle)
        | MouseEventKind::Up(_)
        | MouseEventKind::Drag(_)
        | MouseEventKind::Moved
        | MouseEventKind::ScrollLeft
        | MouseEventKind::ScrollRight => return None,
    };
    Some(Mouse { column: event.column, row: event.row, does })
}
