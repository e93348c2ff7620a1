//! The seam between history and live (promise P4): a member who joins while messages pour sees the last ones and then
//! every later one, once, in order.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::peer::Peer;
use crate::server::TestServer;

const JOINERS: usize = 40;
/// Live messages that each joiner follows.
const FOLLOWED: usize = 300;

#[test]
fn a_member_who_joins_while_messages_pour_sees_no_gap_and_no_double() {
    let server = TestServer::open();
    let mut writer = server.join_as("writer");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0;
            while !stop.load(Ordering::Relaxed) {
                number += 1;
                writer.say(&format!("number {number}"));
                if number % 8 == 0 {
                    // Calm enough that joiners are live most of the time, busy enough to hit the seam.
                    std::thread::sleep(std::time::Duration::from_micros(300));
                }
            }
        });
        let joiners: Vec<_> =
            (0..JOINERS).map(|_| scope.spawn(|| follow(&mut server.join()))).collect();
        let results: Vec<_> = joiners.into_iter().map(|joiner| joiner.join()).collect();
        stop.store(true, Ordering::Relaxed);
        for result in results {
            result.unwrap();
        }
    });
}

fn follow(peer: &mut Peer) {
    let mut last: Option<u64> = None;
    let mut live = 0;
    while live < FOLLOWED {
        let line = peer.expect("<writer> number ");
        let number: u64 = line.rsplit(' ').next().unwrap().parse().unwrap();
        if let Some(last) = last {
            assert_eq!(number, last + 1, "{line:?}");
        }
        last = Some(number);
        live += usize::from(line.starts_with('<'));
    }
}
