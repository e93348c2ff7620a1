//! What a row of the table of limits is, and what is made from the rows.

use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{KEYS, LIMITS, LimitSettings};

/// One limit that an operator may move.
#[derive(Debug)]
pub struct Limit {
    /// Its key under `[limits]`.
    pub key: &'static str,
    /// What it counts.
    pub unit: &'static str,
    /// The least that it takes.
    pub least: u64,
    /// The most that it takes.
    pub most: u64,
    /// What 0 means, where it means something of its own.
    pub zero: Option<&'static str>,
    /// One line of help.
    pub help: &'static str,
    /// The lines of comment above it in the example configuration, if it has its own.
    pub reason: &'static [&'static str],
    /// What it is.
    pub read: fn(&LimitSettings) -> u64,
    /// Sets it, to something within the bounds.
    pub write: fn(&mut LimitSettings, u64),
}

/// The types that a limit may have.
pub(super) trait Number: Copy {
    /// The most that fits, on every machine.
    const MOST: u64;
    fn from_u64(value: u64) -> Self;
    fn to_u64(self) -> u64;
}

/// Why a value within the bounds of its row fits: the table is compiled only if it does.
const FITS: &str = "the bounds of a limit fit its type";

impl Number for u32 {
    const MOST: u64 = u32::MAX as u64;
    fn from_u64(value: u64) -> Self {
        Self::try_from(value).expect(FITS)
    }
    fn to_u64(self) -> u64 {
        self.into()
    }
}

impl Number for u64 {
    const MOST: u64 = u64::MAX;
    fn from_u64(value: u64) -> Self {
        value
    }
    fn to_u64(self) -> u64 {
        self
    }
}

impl Number for usize {
    const MOST: u64 = u32::MAX as u64;
    fn from_u64(value: u64) -> Self {
        Self::try_from(value).expect(FITS)
    }
    fn to_u64(self) -> u64 {
        self as u64
    }
}

/// Makes the structs and the list from the table.
macro_rules! limits {
    ($(
        $(#[doc = $about:literal])*
        $group:ident: $Group:ident {
            $(
                $(#[doc = $reason:literal])*
                $key:ident: $type:ty = $default:expr, $least:literal..=$most:ident, $unit:literal,
                    $(zero $zero:literal,)? $help:literal;
            )*
        }
    )*) => {
        /// Bounds that an operator may move, by what they bound.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct LimitSettings {
            $( $(#[doc = $about])* pub $group: $Group, )*
        }

        $(
            $(#[doc = $about])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $Group {
                $( #[doc = $help] pub $key: $type, )*
            }

            impl Default for $Group {
                fn default() -> Self {
                    Self { $( $key: $default, )* }
                }
            }
        )*

        /// Every limit, in the order of the example configuration.
        pub const LIMITS: &[Limit] = &[$($(
            Limit {
                key: stringify!($key),
                unit: $unit,
                least: $least,
                most: $most,
                zero: [$(Some($zero),)? None][0],
                help: $help,
                reason: &[$($reason),*],
                read: |limits| limits.$group.$key.to_u64(),
                write: |limits, value| limits.$group.$key = Number::from_u64(value),
            },
        )*)*];

        /// The keys alone.
        const KEYS: &[&str] = &[$($( stringify!($key), )*)*];

        $($( const _: () = assert!($least < $most && $most <= <$type as Number>::MOST); )*)*
    };
}
pub(super) use limits;

impl Limit {
    /// The limit with this key.
    #[must_use]
    pub fn called(key: &str) -> Option<&'static Self> {
        LIMITS.iter().find(|limit| limit.key == key)
    }

    /// The line of help, with what 0 means.
    #[must_use]
    pub fn help(&self) -> String {
        match self.zero {
            Some(meaning) => format!("{}; 0: {meaning}", self.help),
            None => self.help.to_owned(),
        }
    }
}

impl LimitSettings {
    /// The `[limits]` part of a configuration file, with the reason for each.
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

/// Reads a key. An error inside of it is one about its place in the file.
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

/// Reads a value within the bounds.
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
