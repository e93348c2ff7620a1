//! What the protocol interface permits: an input line below all output, own messages in a way of their own, and
//! formats.

use teahouse_core::{RoomName, Text};

use super::super::formats::FORMATS_MAX;
use super::*;
use crate::simulation::{EditorSession, Screen};

/// A person in the room whose line the server edits.
fn editor(bench: &mut Bench, variant: u16) -> (Person, Screen) {
    let (socket, lobby) = (VirtualSocket::new(usize::MAX / 2), RoomName::parse("lobby").unwrap());
    let permit = bench.gate.admit([10, 0, 0, 1].into()).unwrap();
    let (ours, peer) = (socket.clone(), (permit.origin(), Some(permit)));
    let session = Box::new(EditorSession::new(lobby, variant));
    let key = bench.step(|shard| shard.accept_as(session, ours, peer, &[]));
    let person = Person { session: bench.shard.session(key).unwrap(), socket, key };
    let mut screen = Screen::default();
    type_keys(bench, &person, &mut screen, "hal");
    screen.receive(&person.socket.take_received());
    enter(bench, &person);
    screen.receive(&person.socket.take_received());
    assert_eq!(screen.output_rows(), ["-lobby"]);
    (person, screen)
}

fn enter(bench: &mut Bench, person: &Person) {
    let (session, at, name) = (person.session, Position(bench.head), "lobby".parse().unwrap());
    let (request, first, members, topic) = (RequestId::default(), Position(1), 1, None);
    bench.handle(vec![Effect::Joined {
        session,
        request,
        room: ROOM,
        name,
        first,
        at,
        members,
        topic,
    }]);
    bench.take_actions();
}

fn type_keys(bench: &mut Bench, person: &Person, screen: &mut Screen, keys: &str) {
    person.socket.send(&screen.type_keys(keys));
    bench.step(|shard| shard.handle_readable(person.key));
}

#[test]
fn an_input_line_is_erased_before_output_and_drawn_again_after_it_in_one_write() {
    let mut bench = Bench::new(|_| {});
    let (ann, mut screen) = editor(&mut bench, 0);
    let writes = bench.shard.figures().counts.writes;
    let event = bench.event(ELSEWHERE, "tea?");
    bench.handle(vec![Effect::Event(event)]);
    assert_eq!(bench.shard.figures().counts.writes, writes + 1);
    let received = ann.socket.take_received();
    assert_eq!(received, b"\r\x1b[K<tea?\r\n|hal");
    screen.receive(&received);
    assert_eq!(screen.output_rows(), ["-lobby", "<tea?"]);
}

#[test]
fn wherever_a_socket_stops_taking_bytes_the_input_line_is_last_and_whole_afterwards() {
    for room in 0..60 {
        let mut bench = Bench::new(|_| {});
        let (ann, mut screen) = editor(&mut bench, 0);
        type_keys(&mut bench, &ann, &mut screen, "f of a line");
        screen.receive(&ann.socket.take_received());
        ann.socket.set_room(room);
        for text in ["one", "two", "three"] {
            let event = bench.event(ELSEWHERE, text);
            bench.handle(vec![Effect::Event(event)]);
            // Keys typed meanwhile are shown with the rest.
            type_keys(&mut bench, &ann, &mut screen, "\u{7f}\u{7f}");
        }
        bench.step(|shard| shard.notice("a word to everyone"));
        screen.receive(&ann.socket.take_received());
        ann.socket.set_room(usize::MAX / 2);
        bench.step(|shard| shard.handle_writable(ann.key));
        let received = ann.socket.take_received();
        screen.receive(&received);
        let expected = ["-lobby", "<one", "<two", "<three", "-a word to everyone"];
        assert_eq!(screen.output_rows(), expected, "{room}");
        // However much was queued, the line was drawn once after it. A line whose drawing had begun was finished before
        // that.
        let drawn = received.windows(2).filter(|bytes| *bytes == b"|h").count();
        assert!(drawn <= 2, "{room}: {drawn} times");
        assert_eq!(bench.shard.figures().queued_bytes, 0);
    }
}

#[test]
fn a_protocol_may_show_own_messages_in_its_own_way_also_from_history() {
    let mut bench = Bench::new(|settings| settings.limits.queues.queue_soft_bytes = 10);
    let (ann, mut screen) = editor(&mut bench, 0);
    let bob = bench.join_line();
    let events = [bench.event(ann.session, "mine"), bench.event(bob.session, "yours")];
    bench.handle(events.map(Effect::Event).into());
    screen.receive(&ann.socket.take_received());
    assert_eq!(screen.output_rows(), ["-lobby", "+mine", "<yours"]);
    assert_eq!(bob.received(), "<ann> mine\n");
    ann.socket.set_room(0);
    for _ in 0..2 {
        let event = bench.event(bob.session, "much to read");
        bench.handle(vec![Effect::Event(event)]);
    }
    let event = bench.event(ann.session, "mine again");
    bench.handle(vec![Effect::Event(event.clone())]);
    ann.socket.set_room(usize::MAX / 2);
    bench.step(|shard| shard.handle_writable(ann.key));
    let Job { asker, wanted, .. } = bench.jobs.pop().unwrap();
    let Wanted::Refill { after: Position(3), upto: Position(5), .. } = wanted else {
        panic!("{wanted:?}")
    };
    bench.head = 3;
    let found = vec![bench.event(bob.session, "much to read"), event];
    let found = Ok(Excerpt { events: found, ..Excerpt::default() });
    bench.step(|shard| shard.handle_page(Page { asker, wanted, found }));
    screen.receive(&ann.socket.take_received());
    let expected = ["-lobby", "+mine", "<yours", "<much to read", "<much to read", "+mine again"];
    assert_eq!(screen.output_rows(), expected);
}

#[test]
fn a_session_that_needs_one_format_too_many_is_told_so_and_disconnected() {
    let mut bench = Bench::new(|_| {});
    let _line = bench.join_line();
    let mut members = Vec::new();
    for variant in 1..u16::try_from(FORMATS_MAX).unwrap() {
        members.push(editor(&mut bench, variant));
    }
    let (socket, lobby) = (VirtualSocket::new(usize::MAX / 2), RoomName::parse("lobby").unwrap());
    let permit = bench.gate.admit([10, 0, 0, 1].into()).unwrap();
    let (ours, peer) = (socket.clone(), (permit.origin(), Some(permit)));
    let session = Box::new(EditorSession::new(lobby, u16::MAX));
    let key = bench.step(|shard| shard.accept_as(session, ours, peer, b"x"));
    let one_more = Person { session: bench.shard.session(key).unwrap(), socket, key };
    enter_and_expect_disconnect(&mut bench, &one_more);
    // Every other member is written to as before.
    let event = bench.event(ELSEWHERE, "tea?");
    bench.handle(vec![Effect::Event(event)]);
    assert_eq!(one_more.received(), "");
    for (person, mut screen) in members {
        screen.receive(&person.socket.take_received());
        assert_eq!(screen.output_rows().last().unwrap(), "<tea?");
    }
}

fn enter_and_expect_disconnect(bench: &mut Bench, person: &Person) {
    bench.take_actions();
    let (session, at, name) = (person.session, Position(bench.head), "lobby".parse().unwrap());
    let (request, first, members, topic) = (RequestId::default(), Position(1), 1, None);
    bench.handle(vec![Effect::Joined {
        session,
        request,
        room: ROOM,
        name,
        first,
        at,
        members,
        topic,
    }]);
    let received = person.received();
    assert!(received.contains("256 formats"), "{received}");
    assert_eq!(bench.take_actions(), [Action::Exit { cause: ExitCause::Lost }]);
}

#[test]
fn a_room_that_is_no_longer_current_is_named_from_the_next_message_on_also_in_the_same_round() {
    let mut bench = Bench::new(|_| {});
    let ann = bench.join_line();
    let (session, request, at) = (ann.session, RequestId::default(), Position::START);
    let name: RoomName = "tea".parse().unwrap();
    let (room, first) = (RoomId(2), Position(1));
    let (members, topic) = (1, Some(Text::parse("cups").unwrap()));
    let (before, after) = (bench.event(ELSEWHERE, "before"), bench.event(ELSEWHERE, "after"));
    bench.handle(vec![
        Effect::Event(before),
        Effect::Joined { session, request, room, name, first, at, members, topic },
        Effect::Event(after),
    ]);
    let joined = "-- you are in #tea — cups (nobody else is here)\n";
    assert_eq!(ann.received(), format!("<ann> before\n{joined}[#lobby] <ann> after\n"));
}

#[test]
fn a_connection_that_does_not_enter_is_closed_in_time_whatever_it_speaks() {
    let mut bench = Bench::new(|_| {});
    let (socket, lobby) = (VirtualSocket::new(usize::MAX / 2), RoomName::parse("lobby").unwrap());
    let permit = bench.gate.admit([10, 0, 0, 1].into()).unwrap();
    let (ours, peer) = (socket.clone(), (permit.origin(), Some(permit)));
    let session = Box::new(EditorSession::new(lobby, 0));
    let key = bench.step(|shard| shard.accept_as(session, ours, peer, &[]));
    bench.advance(19_999);
    let interest = bench.shard.interest(key, std::task::Waker::noop());
    assert_eq!(interest, Interest::Ready { read: Reading::Socket, write: false });
    bench.advance(1);
    assert_eq!(bench.shard.interest(key, std::task::Waker::noop()), Interest::Closed);
    let (ann, _) = editor(&mut bench, 0);
    bench.advance(60_000);
    let interest = bench.shard.interest(ann.key, std::task::Waker::noop());
    assert_eq!(
        interest,
        Interest::Ready { read: Reading::Socket, write: false },
        "a session may be silent"
    );
}
