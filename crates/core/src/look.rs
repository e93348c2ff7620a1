//! What names look like (Unicode TS #39, section 4).
//!
//! The tables of confusable characters are for names in different scripts: `сосо` in Cyrillic looks like
//! `coco`. Within ASCII they would keep `stem` from `stern`, so an ASCII character looks like itself only; in
//! nicks, where somebody could pass for somebody else, `l`, `i`, `1` and `|` are one, and so are `o` and `0`.

use compact_str::CompactString;
use unicode_normalization::UnicodeNormalization;
use unicode_security::{GeneralSecurityProfile, RestrictionLevel, RestrictionLevelDetection};

/// The look of a nick, in lower case.
pub(crate) fn of_nick(name: &str) -> CompactString {
    look(name, |c| match c {
        'i' | '1' | '|' => 'l',
        '0' => 'o',
        '`' => '\'',
        other => other,
    })
}

/// The look of a room's name.
pub(crate) fn of_room(name: &str) -> CompactString {
    look(name, |c| c)
}

fn look(name: &str, folded: impl Fn(char) -> char) -> CompactString {
    if name.is_ascii() {
        return name.chars().map(|c| folded(c.to_ascii_lowercase())).collect();
    }
    let mut seen = CompactString::default();
    for c in name.nfd() {
        if c.is_ascii() {
            seen.push(folded(c.to_ascii_lowercase()));
            continue;
        }
        let mut bytes = [0; 4];
        let prototype: CompactString =
            unicode_security::skeleton(c.encode_utf8(&mut bytes)).collect();
        // The tables write every `m` so.
        let prototype = if prototype == "rn" { "m" } else { prototype.as_str() };
        seen.extend(prototype.chars().flat_map(char::to_lowercase).map(&folded));
    }
    seen.nfd().collect()
}

/// Whether a name mixes scripts beyond what TS #39, section 5.2, calls highly restrictive: one script, or
/// Latin with the scripts of Chinese, Japanese or Korean. Pictographs are of no script.
pub(crate) fn mixes_scripts(name: &str) -> bool {
    if name.is_ascii() {
        return false;
    }
    let letters: CompactString = name.chars().filter(|c| c.identifier_allowed()).collect();
    letters.as_str().detect_restriction_level() > RestrictionLevel::HighlyRestrictive
}
