//! Combines the sources of settings: flags override the environment, which overrides the file, which overrides the
//! defaults. Errors name the source of a wrong value.

use std::path::{Path, PathBuf};

use thiserror::Error;
use toml::{Table, Value};

use super::Settings;

/// The prefix of all environment variables of this program.
const ENVIRONMENT_PREFIX: &str = "TEAHOUSE_";
/// The one variable that is not a setting: the path of the configuration file.
const ENVIRONMENT_CONFIG: &str = "TEAHOUSE_CONFIG";
/// A variable for the clients: the server that they connect to. The server ignores it.
const ENVIRONMENT_OF_CLIENTS: &str = "TEAHOUSE_SERVER";
/// Messages shown to a person who joins a room: at most one page.
const HISTORY_SHOWN_MAX: u32 = 200;
/// Size of a configuration file, bytes; the example has some thousand.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// A setting that cannot be used, and its source.
#[derive(Debug, Error)]
#[error("{place}: {what}")]
pub struct SettingsError {
    place: String,
    what: String,
    hint: String,
}

impl SettingsError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }

    fn new(place: impl Into<String>, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into(), hint: hint.into() }
    }
}

/// The sources of settings besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The configuration file: `--config`, or `TEAHOUSE_CONFIG`.
    pub file: Option<PathBuf>,
    /// The variables whose names begin with `TEAHOUSE_`.
    pub environment: Vec<(String, String)>,
    /// Key, value as typed, and name of each flag.
    pub flags: Vec<(&'static str, String, &'static str)>,
}

impl Layers {
    /// The sources of this process: its environment and these flags.
    #[must_use]
    pub fn of_process(
        file: Option<PathBuf>,
        flags: Vec<(&'static str, String, &'static str)>,
    ) -> Self {
        let environment: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| {
                Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
            })
            .filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX))
            .collect();
        let from_environment = || {
            let (_, path) = environment.iter().find(|(name, _)| name == ENVIRONMENT_CONFIG)?;
            Some(PathBuf::from(path))
        };
        let file = file.or_else(from_environment);
        Self { file, environment, flags }
    }

    /// Reads the sources and combines them. A reload calls this again.
    ///
    /// # Errors
    /// When the file cannot be read, a key is unknown, or a value is not allowed.
    pub fn settings(&self) -> Result<Settings, SettingsError> {
        let known = Table::try_from(Settings::default())
            .map_err(|error| SettingsError::new("defaults", error.to_string(), ""))?;
        let mut table = match &self.file {
            Some(path) => read_file(path, &known)?,
            None => Table::new(),
        };
        for (name, value) in &self.environment {
            if name != ENVIRONMENT_CONFIG && name != ENVIRONMENT_OF_CLIENTS {
                let key = key_of_variable(name, &known)?;
                set(&mut table, &known, &key, value, name)?;
            }
        }
        for (key, value, flag) in &self.flags {
            set(&mut table, &known, key, value, flag)?;
        }
        let settings: Settings = table.try_into().map_err(|error: toml::de::Error| {
            SettingsError::new("settings", error.message(), "see `teahouse serve --help`")
        })?;
        check(&settings)?;
        Ok(settings)
    }
}

fn read_file(path: &Path, known: &Table) -> Result<Table, SettingsError> {
    let place = path.display().to_string();
    let unreadable = |what: String| {
        let hint = "name a readable TOML file with --config, or leave it out for the defaults";
        SettingsError::new(place.clone(), what, hint)
    };
    let length = std::fs::metadata(path)
        .map_err(|error| unreadable(format!("cannot read the configuration: {error}")))?
        .len();
    if length > FILE_BYTES_MAX {
        return Err(unreadable(format!("has {length} bytes; the limit is {FILE_BYTES_MAX}")));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| unreadable(format!("cannot read the configuration: {error}")))?;
    let wrong = |error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        SettingsError::new(format!("{place}:{line}"), message.clone(), hint_for(&message, known))
    };
    toml::from_str::<Settings>(&text).map_err(wrong)?;
    toml::from_str(&text).map_err(wrong)
}

fn hint_for(message: &str, known: &Table) -> String {
    let field = message.split('`').nth(1).filter(|_| message.starts_with("unknown field"));
    let all = keys(known);
    let names: Vec<&str> = all.iter().filter_map(|key| key.rsplit('.').next()).collect();
    match field.and_then(|field| nearest(field, names.iter().copied())) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "see `teahouse serve --help` for every key and its default".to_owned(),
    }
}

/// All keys, as `group.key`.
fn keys(known: &Table) -> Vec<String> {
    let mut keys = Vec::new();
    for (key, value) in known {
        match value.as_table() {
            Some(inner) => keys.extend(inner.keys().map(|name| format!("{key}.{name}"))),
            None => keys.push(key.clone()),
        }
    }
    keys
}

fn variable_of_key(key: &str) -> String {
    format!("{ENVIRONMENT_PREFIX}{}", key.replace('.', "_").to_uppercase())
}

fn key_of_variable(name: &str, known: &Table) -> Result<String, SettingsError> {
    let keys = keys(known);
    if let Some(key) = keys.iter().find(|key| variable_of_key(key) == name) {
        return Ok(key.clone());
    }
    let variables: Vec<String> = keys.iter().map(|key| variable_of_key(key)).collect();
    let hint = match nearest(name, variables.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => "see `teahouse serve --help` for every setting".to_owned(),
    };
    Err(SettingsError::new(name, "is not a setting of this program", hint))
}

fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Sets one key to a value as typed, parsed to the type of its default.
fn set(
    table: &mut Table,
    known: &Table,
    key: &str,
    typed: &str,
    place: &str,
) -> Result<(), SettingsError> {
    let (outer, inner) = match key.split_once('.') {
        Some((outer, inner)) => (Some(outer), inner),
        None => (None, key),
    };
    let home = outer.map_or(Some(known), |outer| known.get(outer).and_then(Value::as_table));
    let wrong = |what: String| {
        SettingsError::new(format!("{place}={typed}"), what, "see `teahouse serve --help`")
    };
    let value = match home.and_then(|home| home.get(inner)) {
        Some(Value::Integer(_)) => {
            Value::Integer(typed.parse().map_err(|_| wrong("is not a whole number".to_owned()))?)
        }
        Some(Value::Array(_)) => {
            Value::Array(typed.split(',').map(|item| Value::String(item.trim().into())).collect())
        }
        _ => Value::String(typed.to_owned()),
    };
    let mut alone = Table::new();
    put(&mut alone, outer, inner, value.clone());
    alone
        .try_into::<Settings>()
        .map_err(|error| wrong(error.message().lines().next().unwrap_or_default().to_owned()))?;
    put(table, outer, inner, value);
    Ok(())
}

fn put(table: &mut Table, outer: Option<&str>, inner: &str, value: Value) {
    match outer {
        None => {
            table.insert(inner.to_owned(), value);
        }
        Some(outer) => {
            let home = table.entry(outer).or_insert_with(|| Value::Table(Table::new()));
            if let Some(home) = home.as_table_mut() {
                home.insert(inner.to_owned(), value);
            }
        }
    }
}

/// Checks rules that the types do not express.
fn check(settings: &Settings) -> Result<(), SettingsError> {
    if settings.listen.is_empty() {
        let hint = "give at least one, like :5000 or localhost:5000";
        return Err(SettingsError::new("listen", "no address to listen on", hint));
    }
    let is_host = |name: &str| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        name == "*" || (!name.trim_matches('.').is_empty() && name.bytes().all(is_part))
    };
    if let Some(wrong) = settings.hosts.iter().find(|name| !is_host(name)) {
        let hint = "give names without scheme and port, like tea.example or .tea.example";
        return Err(SettingsError::new("hosts", format!("{wrong:?} is not a host name"), hint));
    }
    if settings.history_shown > HISTORY_SHOWN_MAX {
        let what = format!("is {}; the limit is {HISTORY_SHOWN_MAX}", settings.history_shown);
        return Err(SettingsError::new("history_shown", what, "people can get more with /history"));
    }
    if settings.shards > crate::SHARDS_MAX {
        let what = format!("is {}; the limit is {}", settings.shards, crate::SHARDS_MAX);
        return Err(SettingsError::new("shards", what, "one per core is enough; 0 chooses"));
    }
    settings
        .limits
        .check()
        .map_err(|(key, what, hint)| SettingsError::new(format!("limits.{key}"), what, hint))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(file: &str, environment: &[(&str, &str)]) -> (tempfile::TempDir, Layers) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("teahouse.toml");
        std::fs::write(&path, file).unwrap();
        let environment =
            environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        (directory, Layers { file: Some(path), environment, flags: Vec::new() })
    }

    fn error_of(file: &str, environment: &[(&str, &str)]) -> (String, String) {
        let (directory, layers) = layers(file, environment);
        let error = layers.settings().unwrap_err();
        let path = format!("{}/", directory.path().display());
        (error.to_string().replace(&path, ""), error.hint().to_owned())
    }

    #[test]
    fn flags_override_the_environment_which_overrides_the_file_and_the_defaults() {
        let file =
            "history_shown = 5\nshards = 1\n[limits]\nflood_burst = 7\nflood_per_second = 9\n";
        let environment = [("TEAHOUSE_SHARDS", "2"), ("TEAHOUSE_LIMITS_FLOOD_BURST", "8")];
        let (_directory, mut layers) = layers(file, &environment);
        layers.flags = vec![
            ("shards", "3".to_owned(), "--shards"),
            ("listen", "127.0.0.1:0,[::1]:0".to_owned(), "--listen"),
        ];
        let settings = layers.settings().unwrap();
        assert_eq!(settings.history_shown, 5);
        assert_eq!(settings.shards, 3);
        assert_eq!(settings.limits.flood.flood_burst, 8);
        assert_eq!(settings.limits.flood.flood_per_second, 9);
        assert_eq!(settings.listen.len(), 2);
        assert_eq!(settings.limits.rooms.rooms_max, 10_000);
    }

    #[test]
    fn an_error_names_the_source_of_a_wrong_key_or_value_with_a_hint() {
        assert_eq!(
            error_of("shards = 1\nhistory_show = 5\n", &[]).1,
            "did you mean `history_shown`?"
        );
        assert!(
            error_of("\nhistory_show = 5\n", &[]).0.starts_with("teahouse.toml:2: unknown field")
        );
        assert!(
            error_of("shards = \"many\"\n", &[]).0.starts_with("teahouse.toml:1: invalid type")
        );
        assert_eq!(
            error_of("", &[("TEAHOUSE_SHARD", "1")]),
            (
                "TEAHOUSE_SHARD: is not a setting of this program".to_owned(),
                "did you mean TEAHOUSE_SHARDS?".to_owned()
            )
        );
        assert_eq!(
            error_of("", &[("TEAHOUSE_SHARDS", "two")]).0,
            "TEAHOUSE_SHARDS=two: is not a whole number"
        );
        assert!(
            error_of("", &[("TEAHOUSE_LOG", "loud")])
                .0
                .starts_with("TEAHOUSE_LOG=loud: `loud` is not FORMAT/LEVEL")
        );
        assert!(
            error_of("[limits]\nqueue_hard_bytes = 1\n", &[]).0.starts_with("limits.queue_hard")
        );
        let bounds = "rooms_max is 0; it takes 1 to 1000000000 rooms";
        assert_eq!(
            error_of("[limits]\nrooms_max = 0\n", &[]).0,
            format!("teahouse.toml:2: {bounds}")
        );
        assert_eq!(
            error_of("", &[("TEAHOUSE_LIMITS_ROOMS_MAX", "0")]).0,
            format!("TEAHOUSE_LIMITS_ROOMS_MAX=0: {bounds}")
        );
    }

    #[test]
    fn the_example_has_every_setting_with_its_default() {
        let example = include_str!("../../../../teahouse.example.toml");
        let written: Table = toml::from_str(example).unwrap();
        assert_eq!(written, Table::try_from(Settings::default()).unwrap());
    }
}
