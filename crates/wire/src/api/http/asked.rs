//! What the description allows in a name, a text and the words of a search: lengths and patterns. All of it is
//! taken; the server takes more, because no pattern says which scripts are written together.

use schemars::{Schema, SchemaGenerator, json_schema};
use teahouse_core::{Nick, RoomName, Text};

use crate::limits::SEARCH_BYTES_MAX;

/// Letters and digits of scripts that most names are of. One script a name, because scripts that are not written
/// together are refused; the server takes those of every other script as well.
pub(super) const NAME_OF_SCRIPTS: [&str; 5] =
    ["0-9A-Za-z_À-ÖØ-öø-ÿ", "0-9_一-鿿ぁ-ゖァ-ヺ", "0-9_가-힣", "0-9_а-яА-Я", "0-9_א-ת"];
/// Characters that show something; there are more, and a text needs one of them.
pub(super) const VISIBLE: &str = "[!-~À-ÖØ-öø-ÿа-яА-Яא-תٱ-ۓअ-हก-ฮぁ-ゖァ-ヺ一-鿿가-힣😀-🙏]";

fn asked_name(characters_max: usize) -> Schema {
    let one_of = |letters: &&str| format!("[{letters}][{letters}.'-]{{0,{}}}", characters_max - 1);
    let names: Vec<String> = NAME_OF_SCRIPTS.iter().map(one_of).collect();
    json_schema!({
        "type": "string",
        "minLength": 1,
        "maxLength": characters_max,
        "pattern": format!("^({})$", names.join("|")),
    })
}

/// A room's name as it is asked for.
pub(in crate::api) fn asked_room(_: &mut SchemaGenerator) -> Schema {
    asked_name(RoomName::CHARS_MAX)
}

pub(super) fn asked_nick(_: &mut SchemaGenerator) -> Schema {
    asked_name(Nick::CHARS_MAX)
}

/// What is to be said.
pub(in crate::api) fn asked_text(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "minLength": 1,
        "maxLength": Text::BYTES_MAX,
        "pattern": VISIBLE,
    })
}

pub(super) fn asked_words(_: &mut SchemaGenerator) -> Schema {
    let letter = "[0-9A-Za-z一-鿿]";
    json_schema!({
        "type": "string",
        "maxLength": SEARCH_BYTES_MAX,
        "pattern": format!("^({letter}{{1,10}} ?){{1,8}}$"),
    })
}
