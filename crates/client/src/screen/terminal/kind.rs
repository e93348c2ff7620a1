//! What the environment says about the terminal: whether the interface works in it, and with which characters.

use std::path::{Path, PathBuf};

use teahouse_core::harmless::echoed;

use crate::screen::view::Charset;

/// Terminals that support the ECMA-48 sequences we draw with, by the beginning of their name.
const KNOWN: &[&str] = &[
    "Apple_Terminal",
    "Eterm",
    "alacritty",
    "ansi",
    "bvterm",
    "cons25",
    "contour",
    "cygwin",
    "dtterm",
    "eterm",
    "foot",
    "ghostty",
    "gnome",
    "hurd",
    "iterm",
    "iterm2",
    "kitty",
    "konsole",
    "kterm",
    "linux",
    "mintty",
    "mlterm",
    "msys",
    "nsterm",
    "pcansi",
    "putty",
    "rio",
    "rxvt",
    "screen",
    "st",
    "stterm",
    "sun",
    "terminator",
    "terminology",
    "teraterm",
    "tmux",
    "vscode",
    "vt100",
    "vt102",
    "vt220",
    "vt320",
    "vt420",
    "vt520",
    "vte",
    "warp",
    "wezterm",
    "wsvt25",
    "xterm",
    "zellij",
];

/// The most bytes of a terminal's description that are read: the largest has a few thousand.
const TERMINFO_BYTES_MAX: usize = 32 * 1024;
/// The index of `cursor_address` among the strings of a description (term(5)).
const CURSOR_ADDRESS: usize = 10;

/// Why the interface does not work in this terminal; `None` when it does.
#[must_use]
pub fn unfit(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    match variable("TERM").filter(|term| !term.is_empty()) {
        // The console of Windows needs no name.
        None if cfg!(windows) => None,
        None => Some("TERM is not set".to_owned()),
        Some(term) if is_known(&term) || is_described(&term, &directories(&variable)) => None,
        Some(term) => Some(format!("TERM is {}, which has no screen that we know", echoed(&term))),
    }
}

fn is_known(term: &str) -> bool {
    let family = |known: &str| {
        term.strip_prefix(known)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.', '+']))
    };
    KNOWN.iter().any(|known| family(known))
}

/// The directories with descriptions of terminals (terminfo(5)).
fn directories(variable: impl Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let own = variable("TERMINFO").map(PathBuf::from);
    let home = variable("HOME").map(|home| Path::new(&home).join(".terminfo"));
    let listed = variable("TERMINFO_DIRS").unwrap_or_default();
    let listed: Vec<_> =
        listed.split(':').filter(|part| !part.is_empty()).map(PathBuf::from).collect();
    let usual =
        ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/local/share/terminfo"];
    own.into_iter().chain(home).chain(listed).chain(usual.map(PathBuf::from)).collect()
}

/// Whether there is a description that places the cursor with ECMA-48 sequences.
fn is_described(term: &str, directories: &[PathBuf]) -> bool {
    let Some(first) = term.chars().next().filter(|c| c.is_ascii_alphanumeric()) else {
        return false;
    };
    if term.contains(['/', '\\', '\0']) {
        return false;
    }
    let by_letter = first.to_string();
    let by_number = format!("{:x}", u32::from(first));
    let paths = directories.iter().flat_map(|directory| {
        [directory.join(&by_letter).join(term), directory.join(&by_number).join(term)]
    });
    paths.filter_map(|path| std::fs::read(path).ok()).any(|description| places_cursor(&description))
}

/// Whether a compiled description (term(5)) has a `cursor_address` that begins with `ESC [`.
fn places_cursor(description: &[u8]) -> bool {
    let word = |at: usize| -> Option<usize> {
        let bytes = description.get(at..at + 2)?;
        Some(usize::from(u16::from_le_bytes([bytes[0], bytes[1]])))
    };
    let address = || {
        let number_bytes = match word(0)? {
            0o432 => 2,
            0o1036 => 4,
            _ => return None,
        };
        let (names, booleans, numbers, strings) = (word(2)?, word(4)?, word(6)?, word(8)?);
        let offsets = (12 + names + booleans).next_multiple_of(2) + numbers * number_bytes;
        let at = word(offsets + 2 * CURSOR_ADDRESS).filter(|_| strings > CURSOR_ADDRESS)?;
        description.get(offsets + 2 * strings + at..)
    };
    description.len() <= TERMINFO_BYTES_MAX
        && address().is_some_and(|found| found.starts_with(b"\x1b["))
}

/// The character set according to the locale. A locale without UTF-8 can be overruled by the terminal's answer.
#[must_use]
pub(super) fn charset(variable: impl Fn(&str) -> Option<String>) -> Charset {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    match locale.map(|locale| locale.to_ascii_lowercase()) {
        _ if cfg!(windows) => Charset::Full,
        // No locale is set, as in a container: UTF-8 is what terminals have.
        None => Charset::Full,
        Some(locale) if locale.contains("utf-8") || locale.contains("utf8") => Charset::Full,
        Some(_) => Charset::Ascii,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(variables: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn a_terminal_without_a_screen_says_why() {
        for term in [
            "xterm",
            "xterm-256color",
            "screen.xterm-256color",
            "tmux-256color",
            "linux",
            "st-256color",
        ] {
            assert_eq!(unfit(with(&[("TERM", term)])), None, "{term}");
        }
        for term in ["dumb", "unknown", "network", "no-such-terminal", "../../etc/passwd", "vt52"] {
            let why = unfit(with(&[("TERM", term)]));
            assert!(why.is_some_and(|why| why.contains(term)), "{term}");
        }
        if cfg!(unix) {
            assert_eq!(unfit(with(&[])).as_deref(), Some("TERM is not set"));
            assert_eq!(unfit(with(&[("TERM", "")])).as_deref(), Some("TERM is not set"));
        }
    }

    /// A description with this `cursor_address`, as `tic` compiles it.
    fn description(address: &str) -> Vec<u8> {
        let names = b"tea|a terminal\0";
        let header = [0o432, names.len(), 1, 1, 11, address.len() + 1];
        let mut bytes: Vec<u8> =
            header.iter().flat_map(|word| u16::try_from(*word).unwrap().to_le_bytes()).collect();
        bytes.extend_from_slice(names);
        bytes.push(1);
        bytes.extend([80, 0]);
        bytes.extend([0xFF; 20]);
        bytes.extend([0, 0]);
        bytes.extend_from_slice(address.as_bytes());
        bytes.push(0);
        bytes
    }

    #[test]
    fn a_terminal_is_known_by_its_terminfo_description() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("t");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("teaterm"), description("\u{1b}[%i%p1%d;%p2%dH")).unwrap();
        std::fs::write(folder.join("teaold"), description("\u{1b}=%p1%c")).unwrap();
        let path = directory.path().to_str().unwrap();
        assert_eq!(unfit(with(&[("TERM", "teaterm"), ("TERMINFO", path)])), None);
        assert!(unfit(with(&[("TERM", "teaold"), ("TERMINFO", path)])).is_some());
        for end in 0..40 {
            assert!(!places_cursor(&description("\u{1b}[H")[..end]));
        }
    }

    #[test]
    fn the_locale_determines_the_character_set() {
        for (variables, charset_wanted) in [
            (&[("LC_ALL", "C")] as &[_], Charset::Ascii),
            (&[("LC_ALL", "POSIX"), ("LANG", "zh_CN.UTF-8")], Charset::Ascii),
            (&[("LANG", "de_DE.ISO-8859-1")], Charset::Ascii),
            (&[("LC_ALL", ""), ("LC_CTYPE", "zh_CN.utf8")], Charset::Full),
            (&[("LC_ALL", "C.UTF-8")], Charset::Full),
            (&[], Charset::Full),
        ] {
            if cfg!(unix) {
                assert_eq!(charset(with(variables)), charset_wanted, "{variables:?}");
            }
        }
    }
}
