//! The look of a name (Unicode TS #39, section 4): names with the same look can be confused.
//!
//! The tables of confusable characters are used for names in different scripts: `сосо` in Cyrillic looks like
//! `coco`. Within one script they would make `stem` and `stern`, or `แดง` and `แตง`, the same name, so a letter only looks
//! like itself or like a letter of another script. In nicks, where a person could pass for another, `l`, `i`, `1` and
//! `|` also look the same, and so do `o` and `0`. Forms of Latin letters (`ı`) and marks follow the tables.

use compact_str::CompactString;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};
use unicode_security::{GeneralSecurityProfile, RestrictionLevel, RestrictionLevelDetection};

use crate::harmless::is_mark;

/// A mark of many languages; the lower case of `İ` is `i` with it.
pub(crate) const DOT_ABOVE: char = '\u{307}';
/// The tables map a few characters to others that they map again.
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
        // `i` and `j` have a dot already: they look the same with this mark.
        if c == DOT_ABOVE && seen.trim_end_matches(is_mark).ends_with(['i', 'j', 'l']) {
            continue;
        }
        let prototype = match prototype.as_str() {
            // The tables map every `m` to this.
            "rn" => "m",
            other if is_of_one_script(c, other) => c.encode_utf8(&mut bytes),
            other => other,
        };
        seen.extend(prototype.chars().flat_map(char::to_lowercase).map(folded));
    }
    seen.nfd().collect()
}

/// Whether a letter and its prototype are of the same script, so that people tell them apart. Not in Latin, Greek,
/// Cyrillic and Arabic: there the tables map forms of one letter to each other.
fn is_of_one_script(c: char, prototype: &str) -> bool {
    let (script, mut others) = (c.script(), prototype.chars());
    c.general_category_group() == GeneralCategoryGroup::Letter
        && !matches!(script, Script::Common | Script::Inherited)
        && !matches!(script, Script::Latin | Script::Greek | Script::Cyrillic | Script::Arabic)
        && others.next().is_some_and(|other| other.script() == script)
        && others.next().is_none()
}

/// Whether a name mixes more scripts than the level "highly restrictive" of TS #39, section 5.2, allows: one script,
/// or Latin with the scripts of Chinese, Japanese or Korean. Pictographs have no script.
pub(crate) fn mixes_scripts(name: &str) -> bool {
    if name.is_ascii() {
        return false;
    }
    let letters: CompactString = name.chars().filter(|c| c.identifier_allowed()).collect();
    letters.as_str().detect_restriction_level() > RestrictionLevel::HighlyRestrictive
}
