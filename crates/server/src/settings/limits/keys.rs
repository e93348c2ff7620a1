//! Reads, writes and explains limits by their keys.

use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{KEYS, LIMITS, Limit, LimitSettings};

impl Limit {
    /// The limit with this key, if it exists.
    #[must_use]
    pub fn called(key: &str) -> Option<&'static Self> {
        LIMITS.iter().find(|limit| limit.key == key)
    }

    /// The line of help, with the meaning of 0.
    #[must_use]
    pub fn help(&self) -> String {
        match self.zero {
            Some(meaning) => format!("{}; 0: {meaning}", self.help),
            None => self.help.to_owned(),
        }
    }
}

impl LimitSettings {
    /// The `[limits]` part of a configuration file, with its comments.
    #[must_use]
    pub fn example(&self) -> String {
        let mut example = "[limits]\n".to_owned();
        for limit in LIMITS {
            for line in limit.reason {
                example += &format!("#{line}\n");
            }
            example += &format!("{} = {}\n", limit.key, (limit.read)(self));
        }
        example
    }
}

impl Serialize for LimitSettings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(LIMITS.len()))?;
        for limit in LIMITS {
            map.serialize_entry(limit.key, &(limit.read)(self))?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for LimitSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = LimitSettings;

            fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.write_str("limits and their values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LimitSettings, A::Error> {
                let mut limits = LimitSettings::default();
                while let Some(limit) = map.next_key_seed(Key)? {
                    let value = map.next_value_seed(limit)?;
                    (limit.write)(&mut limits, value);
                }
                Ok(limits)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// Reads a key. Its errors have the key's position in the file.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = &'static Limit;

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<&'static Limit, D::Error> {
        let key = String::deserialize(deserializer)?;
        Limit::called(&key).ok_or_else(|| D::Error::unknown_field(&key, KEYS))
    }
}

/// Reads a value, which must be within the bounds.
impl<'de> DeserializeSeed<'de> for &'static Limit {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_i64(self)
    }
}

impl Visitor<'_> for &'static Limit {
    type Value = u64;

    fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "a whole number of {}", self.unit)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<u64, E> {
        let within = |value: &u64| (self.least..=self.most).contains(value);
        u64::try_from(value).ok().filter(within).ok_or_else(|| {
            let Limit { key, unit, least, most, .. } = self;
            E::custom(format!("{key} is {value}; it takes {least} to {most} {unit}"))
        })
    }
}
