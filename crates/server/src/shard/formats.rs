//! The formats in use on a shard, each under a small number, with their encoders.

use teahouse_core::RoomName;
use teahouse_wire::Epoch;
use teahouse_wire::protocol::{Fact, Format, RoomEncoder};

/// The most formats on one shard. A protocol has a few. A shard reaches this number only if the peers of some protocol
/// can choose among too many; a connection that needs one more is disconnected.
pub(super) const FORMATS_MAX: usize = 256;

/// The notice for a connection that would need one more format.
pub(super) const TOO_MANY_FORMATS: &str =
    "error: rooms are written in 256 formats here, the limit; please come back in another one";

/// The number of a format on this shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FormatId(u8);

/// The formats of a shard.
pub(super) struct Formats {
    epoch: Epoch,
    known: Vec<Known>,
    has_lists: bool,
    /// Buffers for the inner format, used when one fact is encoded for one member.
    scratch: Vec<Vec<u8>>,
}

struct Known {
    format: Format,
    inner: Option<FormatId>,
    keeps_lists: bool,
    encoder: Box<dyn RoomEncoder>,
}

impl Formats {
    pub(super) fn new(epoch: Epoch) -> Self {
        Self { epoch, known: Vec::new(), has_lists: false, scratch: Vec::new() }
    }

    /// The number of a format. `None` when the shard has too many.
    pub(super) fn intern(&mut self, format: Format) -> Option<FormatId> {
        if let Some(at) = self.known.iter().position(|known| known.format == format) {
            return u8::try_from(at).ok().map(FormatId);
        }
        let encoder = format.encoder(self.epoch);
        let inner = match encoder.inner() {
            Some(inner) => Some(self.intern(inner)?),
            None => None,
        };
        if self.known.len() == FORMATS_MAX {
            return None;
        }
        let keeps_lists = encoder.keeps_lists();
        debug_assert!(
            !keeps_lists || inner.is_none_or(|inner| self.keeps_lists(inner)),
            "what it wraps is not given everything"
        );
        let id = u8::try_from(self.known.len()).ok().map(FormatId);
        self.has_lists |= keeps_lists;
        self.known.push(Known { format, inner, keeps_lists, encoder });
        id
    }

    /// The format whose bytes this format wraps.
    pub(super) fn inner(&self, id: FormatId) -> Option<FormatId> {
        self.known[usize::from(id.0)].inner
    }

    /// Whether members with this format receive every join and leave ([`RoomEncoder::keeps_lists`]).
    pub(super) fn keeps_lists(&self, id: FormatId) -> bool {
        self.known[usize::from(id.0)].keeps_lists
    }

    /// Whether any format in use keeps lists.
    pub(super) fn has_lists(&self) -> bool {
        self.has_lists
    }

    /// Appends a fact to `out`. `inner` is the fact in the inner format.
    pub(super) fn encode(
        &mut self,
        id: FormatId,
        (fact, room): (Fact<'_>, &RoomName),
        inner: &[u8],
        out: &mut Vec<u8>,
    ) {
        self.known[usize::from(id.0)].encoder.encode(fact, room, inner, out);
    }

    /// Appends a fact for one member. Like [`Formats::encode`], but it encodes the inner format itself.
    pub(super) fn encode_alone(
        &mut self,
        id: FormatId,
        about: (Fact<'_>, &RoomName),
        out: &mut Vec<u8>,
    ) {
        let Some(inner) = self.inner(id) else { return self.encode(id, about, &[], out) };
        let mut bytes = self.scratch.pop().unwrap_or_default();
        self.encode_alone(inner, about, &mut bytes);
        self.encode(id, about, &bytes, out);
        bytes.clear();
        self.scratch.push(bytes);
    }
}
