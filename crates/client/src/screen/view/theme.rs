//! Colours: for dark screens, light screens and unknown ones, for 16 colours, and for none. A character or a weight
//! also says whatever a colour says.

use ratatui::style::{Color, Modifier, Style};

use super::charset::Charset;

/// The colours to draw with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// 256 colours on a dark screen.
    Dark,
    /// 256 colours on a light screen.
    Light,
    /// 256 colours, only those that can be read on both.
    Either,
    /// 16 colours.
    Sixteen,
    /// No colours.
    Plain,
}

/// Colours of nicks on a dark screen: contrast 4.5 to 1 or better against black.
const NICKS_DARK: &[u8] =
    &[75, 78, 110, 114, 139, 143, 149, 173, 174, 176, 179, 180, 209, 212, 81, 141];
/// Colours of nicks on a light screen: contrast 4.5 to 1 or better against white.
const NICKS_LIGHT: &[u8] = &[18, 22, 25, 53, 54, 58, 88, 89, 90, 94, 124, 127, 130, 23, 61, 95];
/// Colours of nicks on an unknown screen: contrast 3 to 1 or better against both.
const NICKS_EITHER: &[u8] =
    &[29, 31, 62, 64, 65, 66, 67, 97, 98, 130, 131, 132, 133, 161, 162, 166];
/// Colours of nicks of the 16, without black, white, and the yellows that vanish on white.
const NICKS_SIXTEEN: &[Color] = &[
    Color::Red,
    Color::Green,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::LightRed,
    Color::LightBlue,
    Color::LightMagenta,
];

/// Styles by meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Messages.
    pub text: Style,
    /// Unobtrusive texts: times, notices, presence changes.
    pub dim: Style,
    /// Rules.
    pub rule: Style,
    /// Headings, the room on the screen.
    pub strong: Style,
    /// The prompt, the user's nick, and other guides for the eye.
    pub accent: Style,
    /// A mention of the user.
    pub mention: Style,
    /// A link.
    pub link: Style,
    /// Something that went wrong.
    pub problem: Style,
    /// A working connection.
    pub well: Style,
    /// The selected item.
    pub chosen: Style,
    /// The words that were searched for.
    pub found: Style,
    /// The same in the selected item.
    pub found_chosen: Style,
    nicks: Vec<Style>,
    /// The character set.
    pub charset: Charset,
}

impl Theme {
    /// The theme for a palette and a character set.
    #[must_use]
    pub fn of(palette: Palette, charset: Charset) -> Self {
        let fg = |color| Style::new().fg(color);
        let indexed = |index| fg(Color::Indexed(index));
        let nicks = |indexes: &[u8]| indexes.iter().map(|index| indexed(*index)).collect();
        let base = Self { charset, ..Self::plain() };
        match palette {
            Palette::Dark => Self {
                dim: indexed(245),
                rule: indexed(239),
                accent: indexed(114).add_modifier(Modifier::BOLD),
                mention: indexed(222).add_modifier(Modifier::BOLD),
                link: indexed(110).add_modifier(Modifier::UNDERLINED),
                problem: indexed(203),
                well: indexed(114),
                nicks: nicks(NICKS_DARK),
                ..base
            },
            Palette::Light => Self {
                dim: indexed(242),
                rule: indexed(251),
                accent: indexed(22).add_modifier(Modifier::BOLD),
                mention: indexed(130).add_modifier(Modifier::BOLD),
                link: indexed(25).add_modifier(Modifier::UNDERLINED),
                problem: indexed(124),
                well: indexed(28),
                nicks: nicks(NICKS_LIGHT),
                ..base
            },
            Palette::Either => Self {
                dim: indexed(244),
                rule: indexed(244),
                accent: indexed(29).add_modifier(Modifier::BOLD),
                mention: indexed(166).add_modifier(Modifier::BOLD),
                link: indexed(67).add_modifier(Modifier::UNDERLINED),
                problem: indexed(161),
                well: indexed(29),
                nicks: nicks(NICKS_EITHER),
                ..base
            },
            Palette::Sixteen => Self {
                dim: fg(Color::DarkGray),
                rule: fg(Color::DarkGray),
                accent: fg(Color::Green).add_modifier(Modifier::BOLD),
                mention: fg(Color::Magenta).add_modifier(Modifier::BOLD),
                link: fg(Color::Cyan).add_modifier(Modifier::UNDERLINED),
                problem: fg(Color::Red),
                well: fg(Color::Green),
                nicks: NICKS_SIXTEEN.iter().map(|color| fg(*color)).collect(),
                ..base
            },
            Palette::Plain => base,
        }
    }

    fn plain() -> Self {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let dim = Style::new().add_modifier(Modifier::DIM);
        Self {
            text: Style::new(),
            dim,
            rule: dim,
            strong: bold,
            accent: bold,
            mention: bold.add_modifier(Modifier::UNDERLINED),
            link: Style::new().add_modifier(Modifier::UNDERLINED),
            problem: bold,
            well: Style::new(),
            chosen: Style::new().add_modifier(Modifier::REVERSED),
            found: bold.add_modifier(Modifier::REVERSED),
            found_chosen: bold
                .add_modifier(Modifier::UNDERLINED)
                .remove_modifier(Modifier::REVERSED),
            nicks: vec![Style::new()],
            charset: Charset::Full,
        }
    }

    /// The style of a nick: the same on every machine; the case of the nick makes no difference.
    #[must_use]
    pub fn nick(&self, nick: &str) -> Style {
        // FNV-1a is stable over versions and platforms.
        let lowered = nick.to_lowercase();
        let hash = lowered
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let index = hash as usize % self.nicks.len().max(1);
        self.nicks.get(index).copied().unwrap_or_default()
    }
}

impl Palette {
    /// The names of palettes on the command line.
    pub const NAMES: [&str; 4] = ["light", "dark", "16", "mono"];

    /// The palette with this name, one of [`Palette::NAMES`].
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            "16" => Some(Self::Sixteen),
            "mono" => Some(Self::Plain),
            _ => None,
        }
    }

    /// The palette according to the environment.
    #[must_use]
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        if is_set("NO_COLOR") || term == "dumb" {
            return Self::Plain;
        }
        let has_many = is_set("COLORTERM")
            || is_set("WT_SESSION")
            || ["256color", "direct", "kitty", "foot", "alacritty", "ghostty"]
                .iter()
                .any(|part| term.contains(part));
        if !has_many {
            return Self::Sixteen;
        }
        let background = variable("COLORFGBG").and_then(|value| {
            value.rsplit(';').next().and_then(|background| background.parse::<u8>().ok())
        });
        match background {
            Some(7 | 9..=15) => Self::Light,
            Some(0..=6 | 8) => Self::Dark,
            Some(16..) | None => Self::Either,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance (WCAG 2) of a colour of the 6×6×6 cube.
    fn luminance(index: u8) -> f64 {
        assert!((16..232).contains(&index));
        let index = index - 16;
        let linear = |level: u8| {
            let value =
                if level == 0 { 0.0 } else { f64::from(55 + 40 * u16::from(level)) / 255.0 };
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055_f64).powf(2.4) }
        };
        0.2126 * linear(index / 36) + 0.7152 * linear(index / 6 % 6) + 0.0722 * linear(index % 6)
    }

    fn check(indexes: &[u8], against_black: f64, against_white: f64) {
        for index in indexes {
            let luminance = luminance(*index);
            let (black, white) = ((luminance + 0.05) / 0.05, 1.05 / (luminance + 0.05));
            assert!(black >= against_black, "{index}: {black:.1} to 1 on black");
            assert!(white >= against_white, "{index}: {white:.1} to 1 on white");
        }
    }

    #[test]
    fn every_palette_name_is_accepted() {
        assert!(Palette::NAMES.iter().all(|name| Palette::named(name).is_some()));
        assert_eq!(Palette::named("purple"), None);
    }

    #[test]
    fn nicks_can_be_read_on_their_screens() {
        check(NICKS_DARK, 4.5, 0.0);
        check(NICKS_LIGHT, 0.0, 4.5);
        check(NICKS_EITHER, 3.0, 3.0);
    }

    #[test]
    fn a_nick_has_one_colour_and_nicks_differ() {
        let theme = Theme::of(Palette::Dark, Charset::Full);
        assert_eq!(theme.nick("Ann"), theme.nick("ann"));
        let colours: std::collections::HashSet<_> =
            (0..64).map(|n| theme.nick(&format!("guest{n}"))).collect();
        assert!(colours.len() > 10);
    }

    fn detect(variables: &[(&str, &str)]) -> Palette {
        Palette::detect(|name| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_determines_the_palette() {
        assert_eq!(detect(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), Palette::Plain);
        assert_eq!(detect(&[("TERM", "xterm-256color")]), Palette::Either);
        assert_eq!(detect(&[("COLORTERM", "truecolor"), ("COLORFGBG", "15;0")]), Palette::Dark);
        assert_eq!(detect(&[("COLORTERM", "truecolor"), ("COLORFGBG", "0;15")]), Palette::Light);
        assert_eq!(detect(&[("TERM", "linux")]), Palette::Sixteen);
        assert_eq!(detect(&[("TERM", "xterm"), ("NO_COLOR", "")]), Palette::Sixteen);
    }
}
