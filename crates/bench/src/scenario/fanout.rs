//! Every member receives what every other says: the cost of a delivery under load.

use super::meter::{COUNTED, MESSAGE_BYTES, Meter, WARM_UP, one_room, pour, probes};
use super::ours::{on_sockets, ours, with_shards};
use crate::server::Kind;
use crate::trial::Trial;

/// Messages in flight of one sender.
const WINDOW: u32 = 8;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (members, senders) in [(1_000, 10), (1_000, 20), (1_000, 40), (10_000, 10)] {
        let load = format!("{members} members, {senders} senders");
        let mut kinds = vec![Kind::floor_per_round()];
        kinds.extend(ours());
        kinds.extend(with_shards());
        if (members, senders) == (1_000, 10) {
            kinds.extend(on_sockets());
            kinds.extend([Kind::floor_per_message(), Kind::textbook()]);
            kinds.extend(Kind::peers());
        }
        trials.extend(kinds.iter().map(|kind| {
            Trial::new(kind, &load, move |server| {
                let mut swarm = one_room(server, members)?;
                swarm.set_probes(&probes(members));
                swarm.set_credit(senders, WINDOW);
                pour(&mut swarm, 1, MESSAGE_BYTES, WARM_UP)?;
                let meter = Meter::start(server, &mut swarm)?;
                pour(&mut swarm, 1, MESSAGE_BYTES, COUNTED)?;
                meter.figures(server, &mut swarm)
            })
        }));
    }
    trials
}
