//! Draws the status in the rule between the messages and the line: the connection, who types, a question.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::answer;
use super::pen::{Pen, columns_of, has_room};
use crate::link::State;
use crate::screen::areas::Areas;
use crate::screen::model::{Mode, Model};

/// The most persons named as typing; more are counted.
const TYPING_NAMED_MAX: usize = 3;
/// The fewest columns of the left part, before anything is shown at the right.
const LEFT_MIN: u16 = 20;
/// The same, before the hint that the user does not read at the end.
const LEFT_MIN_READING: u16 = 8;
/// From this width on that hint is long, with the help key beside it.
const READING_LONG_FROM: u16 = 48;

pub(super) fn draw(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.status;
    if area.is_empty() {
        return;
    }
    let mut end = area.right().saturating_sub(1);
    let mut left = left_parts(model, areas, pen);
    if is_urgent(model) && columns_of_left(&left) >= area.width {
        // The notice is more important than the connection.
        left.drain(..left.len().saturating_sub(1));
    }
    let left_min = if is_urgent(model) { columns_of_left(&left) } else { 0 };
    for (words, style, least) in right_parts(model, area, pen) {
        let columns = columns_of(&words);
        if end > area.x.saturating_add(left_min.max(least)).saturating_add(columns) {
            end = pen.put_before(end, area.y, columns, &words, style).saturating_sub(1);
        }
    }
    let mut x = area.x + 1;
    for (words, style) in left {
        x = pen.put_short(x, area.y, end.saturating_sub(x), &format!(" {words} "), style);
        x = (x + 1).min(end);
    }
    draw_completions(model, Rect { x, width: end.saturating_sub(x), ..area }, pen);
}

/// The first text that fits as a whole, the longest first; else the last.
fn longest_fitting(words: [String; 3], area: Rect) -> String {
    let [long, short, shortest] = words;
    let fits = |words: &String| has_room(words, area);
    [long, short].into_iter().find(fits).unwrap_or(shortest)
}

/// The columns of the whole left part.
fn columns_of_left(left: &[(String, Style)]) -> u16 {
    left.iter().fold(0, |columns, (words, _)| columns_of(words).saturating_add(3 + columns))
}

/// Whether the left part is urgent: a question, a prompt or a flash, more important than the right part.
fn is_urgent(model: &Model) -> bool {
    let is_asking = matches!(model.mode, Mode::SendPaste { .. } | Mode::Find { .. });
    is_asking || model.line.search().is_some() || model.feedback.flash.is_some()
}

/// The parts at the left, in order.
fn left_parts(model: &Model, areas: &Areas, pen: &Pen<'_>) -> Vec<(String, Style)> {
    let theme = pen.theme;
    let mut parts = vec![connection_state(model, pen)];
    match &model.mode {
        Mode::SendPaste { lines } => {
            let questions = [
                format!("send these {lines} lines? y: send, any other key: back to them"),
                format!("send {lines} lines? y: yes, else no"),
                format!("send {lines} lines? y/n"),
            ];
            return vec![(longest_fitting(questions, areas.status), theme.mention)];
        }
        Mode::Find { everywhere, .. } => {
            let scope = match model.talk().with.room().filter(|_| !everywhere) {
                Some(room) => format!("search #{}", room.as_str()),
                None => "search all your rooms".to_owned(),
            };
            let prompts = [
                format!("{scope} (Tab: where, Enter: search, Esc: back)"),
                format!("{scope} (Tab: where)"),
                scope,
            ];
            return vec![(longest_fitting(prompts, areas.status), theme.strong)];
        }
        Mode::Line | Mode::List(_) | Mode::Help { .. } => {}
    }
    if let Some(search) = model.line.search() {
        let words = match search.is_found {
            true => format!("sent lines with: {}", search.pattern),
            false => format!("no sent line has: {}", search.pattern),
        };
        return vec![(words, theme.strong)];
    }
    if model.line.choices().is_some_and(|choices| choices.candidates.len() > 1) {
        return parts;
    }
    if let Some(flash) = model.feedback.flash.as_ref().filter(|_| !answer::has_flash(model, areas))
    {
        parts.push((flash.text.clone(), theme.strong));
        return parts;
    }
    if areas.rooms.is_empty() {
        parts.extend(unread_elsewhere(model, pen));
    }
    if let Some(typing) = typing_text(model) {
        parts.push((typing, theme.dim));
    }
    parts
}

/// The count of unread messages in other rooms, when the list of rooms is hidden.
fn unread_elsewhere(model: &Model, pen: &Pen<'_>) -> Option<(String, Style)> {
    let others = model.talks.iter().enumerate().filter(|(index, _)| *index != model.current);
    let (unread, mentions) = others.fold((0, 0), |(unread, mentions), (_, talk)| {
        (unread + talk.unread, mentions + talk.mentions)
    });
    match (unread, mentions) {
        (0, _) => None,
        (_, 0) => Some((format!("{unread} new, Alt-A"), pen.theme.strong)),
        (_, _) => Some((format!("@{mentions} of {unread} new, Alt-A"), pen.theme.mention)),
    }
}

/// The state of the connection, and the user's nick.
fn connection_state(model: &Model, pen: &Pen<'_>) -> (String, Style) {
    let theme = pen.theme;
    let me = model.me.nick.as_ref().map_or_else(String::new, |me| format!("{} ", me.as_str()));
    if model.connection.is_line_open {
        return (format!("● {}", model.talk().with.name()), theme.well);
    }
    match &model.connection.state {
        State::Connecting { .. } => (format!("◌ {me}connecting …"), theme.dim),
        State::Online(_) => match &model.me.taken {
            None => (format!("● {}", me.trim_end()), theme.well),
            Some(taken) => {
                (format!("● {}, {} is taken", me.trim_end(), taken.as_str()), theme.problem)
            }
        },
        State::Offline { why, retry_in } => {
            let gone = u128::from(model.now - model.connection.since_ms);
            let left = retry_in.as_millis().saturating_sub(gone).div_ceil(1_000);
            (format!("○ {me}offline, again in {left} s: {why}"), theme.problem)
        }
        State::Ended { .. } => (format!("○ {me}not connected"), theme.problem),
    }
}

fn typing_text(model: &Model) -> Option<String> {
    let names: Vec<_> = model.talk().typing.iter().map(|(nick, _)| nick.as_str()).collect();
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("{one} is typing")),
        [..] if names.len() <= TYPING_NAMED_MAX => Some(format!("{} are typing", names.join(", "))),
        [..] => Some(format!("{} people are typing", names.len())),
    }
}

/// The parts at the right, the outermost first, each with the fewest columns it leaves to the left part.
fn right_parts(model: &Model, area: Rect, pen: &Pen<'_>) -> Vec<(String, Style, u16)> {
    let theme = pen.theme;
    let talk = model.talk();
    let is_wide = area.width >= READING_LONG_FROM;
    let mut parts = Vec::new();
    if is_wide || talk.is_at_end() {
        parts.push((" F1 help ".to_owned(), theme.dim, LEFT_MIN));
    }
    if !model.look.has_mouse {
        parts.push((" F7 mouse off ".to_owned(), theme.dim, LEFT_MIN));
    }
    let waiting = model.talks.iter().map(|talk| talk.pending.len()).sum::<usize>();
    if waiting > 0 && !matches!(model.connection.state, State::Online(_)) {
        parts.push((format!(" {waiting} waiting "), theme.mention, LEFT_MIN));
    }
    if !talk.is_at_end() {
        let words = match (talk.unread, is_wide) {
            (0, true) => " ↓ Esc: to the newest ".to_owned(),
            (0, false) => " ↓ Esc ".to_owned(),
            (unread, true) => format!(" ↓ {unread} new, Esc: to them "),
            (unread, false) => format!(" ↓ {unread} new, Esc "),
        };
        parts.push((words, theme.strong, LEFT_MIN_READING));
    }
    if model.is_literal() {
        parts.push((" pasted: sent as text ".to_owned(), theme.dim, LEFT_MIN));
    }
    let below = model.line_layout().rows_below();
    if below > 0 {
        parts.push((format!(" {below} more rows below "), theme.dim, LEFT_MIN));
    }
    parts
}

/// Draws the candidates for the word before the caret.
fn draw_completions(model: &Model, area: Rect, pen: &mut Pen<'_>) {
    let Some(choices) = model.line.choices() else { return };
    if choices.candidates.len() < 2 {
        return;
    }
    let theme = pen.theme;
    let mut x = area.x;
    // Candidates before the selected one are skipped if it does not fit otherwise.
    let widths: Vec<u16> =
        choices.candidates.iter().map(|candidate| columns_of(&candidate.word) + 2).collect();
    let mut first = 0;
    while first < choices.index
        && widths[first..=choices.index].iter().map(|w| u32::from(*w)).sum::<u32>()
            > u32::from(area.width)
    {
        first += 1;
    }
    for (number, candidate) in choices.candidates.iter().enumerate().skip(first) {
        let style = if number == choices.index { theme.chosen } else { theme.dim };
        let columns = area.right().saturating_sub(x);
        if columns < columns_of(&candidate.word) + 2 {
            break;
        }
        x = pen.put(x, area.y, columns, &format!(" {} ", candidate.word), style);
    }
}
