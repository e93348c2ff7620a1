//! The peers' connections: what happens to them, and when their tasks run.

use super::http::Body;
use super::peer::Wire;
use super::socket::VirtualSocket;
use super::world::World;
use crate::shard::{Interest, ReadOutcome, Reading};

impl World {
    /// Something goes wrong with a peer's connection.
    pub(super) fn disturb(&mut self, peer: usize) {
        let Some(wire) = &mut self.outside.peers[peer].wire else { return };
        match self.dice.below(7) {
            // A follower that closes its side is not gone.
            0 if wire.body.is_none() => {
                wire.socket.close();
                wire.is_closed = true;
            }
            0 | 1 => {
                wire.socket.break_off();
                wire.is_closed = true;
            }
            2 => wire.socket.set_room(usize::MAX / 2),
            3 => wire.is_asleep = true,
            _ => {
                let room = self.dice.below(300);
                wire.socket.set_room(room);
            }
        }
    }

    /// A peer connects, or comes back.
    pub(super) fn connect(&mut self, peer: usize) {
        if self.outside.peers[peer].wire.as_ref().is_some_and(Wire::is_open) {
            return;
        }
        let shard = self.dice.below(self.shards.len());
        let address = [10, 0, 0, u8::try_from(peer % 3).expect("it is below 3")];
        // If the server is full, or the address has no slot left, the peer tries again later.
        let Ok(permit) = self.gate.admit(address.into()) else { return };
        let socket = VirtualSocket::new(usize::MAX / 2);
        let (ours, origin) = (socket.clone(), permit.origin());
        let followed = self.choose_followed_room(peer);
        let session = self.outside.peers[peer].session(&mut self.dice);
        let is_followed = followed.is_some();
        let key = self.step(shard, |shard| match (session, followed) {
            (None, _) => shard.accept(ours, permit),
            (Some(session), Some(room)) => {
                shard.accept_follower((origin, Some(permit)), room, session)
            }
            (Some(session), None) => shard.accept_as(session, ours, (origin, Some(permit)), &[]),
        });
        let session = self.shards[shard].shard.session(key).expect("it is there");
        let body = is_followed.then(Body::new);
        let wire = Wire {
            socket,
            shard,
            key,
            session,
            body,
            is_closed: false,
            is_asleep: false,
            is_served: true,
            is_let_through: false,
        };
        let earlier = self.outside.peers[peer].connect(wire);
        self.outside.abandoned.extend(earlier);
    }

    /// The task of a connection runs; then its peer takes what has arrived.
    pub(super) fn serve(&mut self, peer: usize) -> bool {
        let Some(mut wire) = self.outside.peers[peer].wire.take() else { return false };
        let has_run = self.run_task(&mut wire) | self.fetch(&mut wire);
        self.outside.peers[peer].wire = Some(wire);
        self.outside.peers[peer].receive() || has_run
    }

    /// The tasks of abandoned connections run.
    pub(super) fn serve_abandoned(&mut self) -> bool {
        let mut has_run = false;
        for mut wire in std::mem::take(&mut self.outside.abandoned) {
            has_run |= self.run_task(&mut wire) | self.fetch(&mut wire);
            self.outside.abandoned.extend(wire.is_served.then_some(wire));
        }
        has_run
    }

    /// Runs the task of a connection, if it was woken, until it has to wait.
    fn run_task(&mut self, wire: &mut Wire) -> bool {
        let Wire { socket, shard, key, is_served, body, .. } = wire;
        let (shard, key) = (*shard, *key);
        if !*is_served || !socket.take_woken() {
            return false;
        }
        loop {
            let interest = self.shards[shard].shard.interest(key, &socket.waker());
            let (read, write) = match interest {
                Interest::Ready { read, write } => (read, write),
                Interest::Closed => {
                    self.step(shard, |shard| shard.remove(key));
                    *is_served = false;
                    return true;
                }
                Interest::Http => panic!("nobody here speaks HTTP"),
            };
            if body.is_some() {
                // The task of a follower waits only for the end.
                return false;
            }
            if write && socket.is_writable() {
                self.step(shard, |shard| shard.handle_writable(key));
            } else if read == Reading::Leftover || (read == Reading::Socket && socket.is_readable())
            {
                let outcome = self.step(shard, |shard| shard.handle_readable(key));
                if outcome == ReadOutcome::Full {
                    socket.waker().wake();
                    return true;
                }
            } else {
                socket.wait(read == Reading::Socket, write);
                return true;
            }
        }
    }
}
