//! Counts the fields of structs.

use super::tokens::tokens;

/// Each struct with named fields, and its number of fields.
pub(super) fn structs(text: &str) -> Vec<(&str, usize)> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    for (index, _) in tokens.iter().enumerate().filter(|(_, token)| **token == "struct") {
        let after = &tokens[index + 1..];
        let (Some(name), Some(open)) =
            (after.first(), after.iter().position(|t| matches!(*t, "{" | "(" | ";")))
        else {
            continue;
        };
        if after[open] == "{" {
            found.push((*name, fields(&after[open + 1..])));
        }
    }
    found
}

/// Counts names before a colon, up to the brace that closes the struct, outside of every nested bracket.
fn fields(body: &[&str]) -> usize {
    let mut depth = 0_usize;
    let mut count = 0;
    for (index, token) in body.iter().enumerate() {
        match *token {
            "{" | "(" | "[" => depth += 1,
            "}" if depth == 0 => break,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            ":" if depth == 0 && index > 0 => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_structs_are_counted() {
        let text = "
            pub struct A<T: B> where T: C {
                /// d: not one
                #[e(f: 1)]
                pub(crate) g: h::I<J, K>,
                l: Box<dyn Fn(m: N) -> O>,
            }
            struct P(q::R);
            struct S;
            struct T { u: V }
        ";
        assert_eq!(structs(text), [("A", 2), ("T", 1)]);
    }
}
