//! The messages of peers, and their rooms.

/// The rooms that peers join.
pub(super) const ROOMS: [&str; 3] = ["lobby", "tea", "pot"];

/// The number in `m123;`.
pub(super) fn token_of(text: &str) -> Option<u32> {
    let (before, _) = text.split_once(';')?;
    let (_, digits) = before.rsplit_once('m')?;
    digits.parse().ok()
}

/// The message with that number. Some are long enough to be worth compressing.
pub(super) fn words_of(token: u32) -> String {
    let tea = if token.is_multiple_of(8) { " tea".repeat(80) } else { String::new() };
    format!("m{token};{tea}")
}
