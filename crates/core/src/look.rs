//! What names look like (Unicode TS #39, section 4).
//!
//! The tables of confusable characters are for names in different scripts: `сосо` in Cyrillic looks like
//! `coco`. Within one script they would keep `stem` from `stern` and `แดง` from `แตง`, so a letter looks like itself
//! or like a letter of another script; in nicks, where somebody could pass for somebody else, `l`, `i`, `1` and `|`
//! are one, and so are `o` and `0`. Forms of Latin letters (`ı`) and marks are as the tables say.

use compact_str::CompactString;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};
use unicode_security::{GeneralSecurityProfile, RestrictionLevel, RestrictionLevelDetection};

use crate::harmless::is_mark;

/// Stands above letters in many languages; in lower case `İ` is `i` with it.
pub(crate) const DOT_ABOVE: char = '\u{307}';
/// What the tables have for a character stands in them as well, a few times.
const PASSES_MAX: usize = 4;

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
    let mut look = prototypes(name, &folded);
    for _ in 1..PASSES_MAX {
        let again = prototypes(&look, &folded);
        if again == look {
            break;
        }
        look = again;
    }
    look
}

fn prototypes(name: &str, folded: &impl Fn(char) -> char) -> CompactString {
    let mut seen = CompactString::default();
    for c in name.nfd() {
        if c.is_ascii() {
            seen.push(folded(c.to_ascii_lowercase()));
            continue;
        }
        let mut bytes = [0; 4];
        let prototype: CompactString =
            unicode_security::skeleton(c.encode_utf8(&mut bytes)).collect();
        // `i` and `j` lose their dot to a mark that is one: with it they look as without.
        if c == DOT_ABOVE && seen.trim_end_matches(is_mark).ends_with(['i', 'j', 'l']) {
            continue;
        }
        let prototype = match prototype.as_str() {
            // The tables write every `m` so.
            "rn" => "m",
            other if is_of_one_script(c, other) => c.encode_utf8(&mut bytes),
            other => other,
        };
        seen.extend(prototype.chars().flat_map(char::to_lowercase).map(folded));
    }
    seen.nfd().collect()
}

/// Whether a letter and what the tables have for it are of the same script, in which people tell them apart. In
/// those whose letters pass for each other's most, what the tables have in common are forms of one letter.
fn is_of_one_script(c: char, prototype: &str) -> bool {
    let (script, mut others) = (c.script(), prototype.chars());
    c.general_category_group() == GeneralCategoryGroup::Letter
        && !matches!(script, Script::Common | Script::Inherited)
        && !matches!(script, Script::Latin | Script::Greek | Script::Cyrillic | Script::Arabic)
        && others.next().is_some_and(|other| other.script() == script)
        && others.next().is_none()
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
