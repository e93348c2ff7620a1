//! The settings of a simulated server, different in each history.

use teahouse_core::RoomName;

use super::dice::Dice;
use crate::settings::{LimitSettings, Settings};

pub(super) fn settings(dice: &mut Dice) -> Settings {
    let mut limits = LimitSettings::default();
    for rate in [
        &mut limits.addresses.address_requests_burst,
        &mut limits.addresses.address_kept_bytes_burst,
        &mut limits.rooms.new_rooms_burst,
        &mut limits.presence.brief_stays_burst,
    ] {
        *rate = 0;
    }
    limits.connections.connections_per_address_max = 0;
    limits.connections.newcomers_per_address_max = 0;
    limits.seats.suspended_per_address_max = *dice.pick(&[1000, 1000, 1]);
    // With 1, only one room exists beside the first, so rooms are evicted.
    limits.rooms.rooms_max = *dice.pick(&[1000, 1000, 1]);
    limits.flood.flood_burst = *dice.pick(&[0, 0, 3]);
    limits.flood.flood_held_max = *dice.pick(&[1, 4, 8]);
    (limits.flood.work_burst, limits.flood.work_per_second) = *dice.pick(&[(0, 0), (20, 1000)]);
    limits.connections.idle_s = *dice.pick(&[0, 0, 60]);
    limits.presence.announce_each_max = *dice.pick(&[1, 50]);
    // Small, so that peers that do not read soon fall behind and are disconnected.
    (limits.queues.queue_soft_bytes, limits.queues.queue_hard_bytes) =
        *dice.pick(&[(200, 20_000), (2000, 3000)]);
    let first_room = first_room();
    let history_shown = *dice.pick(&[0, 2, 20]);
    Settings { first_room, history_shown, limits, ..Settings::default() }
}

pub(super) fn first_room() -> RoomName {
    RoomName::parse("lobby").expect("it is a name")
}
