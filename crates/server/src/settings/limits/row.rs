//! The macro that makes the structs and the list from the rows of the table of limits.

/// The types that a limit may have.
pub(super) trait Number: Copy {
    /// The largest value that fits on every machine.
    const MOST: u64;
    fn from_u64(value: u64) -> Self;
    fn to_u64(self) -> u64;
}

/// Why a value within the bounds of its row fits its type: the table compiles only if the bounds do.
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
        /// The limits that an operator can set, in groups.
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
