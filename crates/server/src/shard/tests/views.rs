//! What the interface of protocols allows: an input line below what is told, own messages in a way of their own, formats.

use teahouse_core::{RoomName, Text};

use super::super::formats::FORMATS_MAX;
use super::*;
use crate::simulation::{EditorSession, Screen};

/// Somebody whose line the server edits, and who has come in.
fn editor(bench: &mut Bench, variant: u16) -> (Person, Screen) {
    let (socket, lobby) = (VirtualSocket::new(usize::MAX / 2), RoomName::parse("lobby").unwrap());
    let permit = bench.gate.admit([10, 0, 0, 1].into()).unwrap();
    let (ours, peer) = (socket.clone(), (permit.origin(), Some(permit)));
    let session = Box::new(EditorSession::new(lobby, variant));
    let key = bench.step(|shard| shard.accept_as(session, ours, peer, &[]));
    let person = Person { session: bench.shard.session(key).unwrap(), socket, key };
    let mut screen = Screen::default();
    types(bench, &person, &mut screen, "hal");
    screen.receive(&person.socket.take_received());
    enters(bench, &person);
    screen.receive(&person.socket.take_received());
    assert_eq!(screen.told(), ["-lobby"]);
    (person, screen)
}

fn enters(bench: &mut Bench, person: &Person) {
    let (session, at, name) = (person.session, Position(bench.head), "lobby".parse().unwrap());
    let (request, first, members, topic) = (RequestId::default(), Position(1), 1, None);
    bench.told(vec![Effect::Joined {
        session,
        request,
        room: ROOM,
        name,
        first,
        at,
        members,
        topic,
    }]);
    bench.proposed();
}

fn types(bench: &mut Bench, person: &Person, screen: &mut Screen, keys: &str) {
    person.socket.send(&screen.types(keys));
    bench.step(|shard| shard.handle_readable(person.key));
}

#[test]
fn an_input_line_is_taken_off_before_what_is_told_and_is_back_behind_it_in_one_write() {
    let mut bench = Bench::new(|_| {});
    let (ann, mut screen) = editor(&mut bench, 0);
    let writes = bench.shard.figures().counts.writes;
    let said = bench.event(ELSEWHERE, "tea?");
    bench.told(vec![Effect::Event(said)]);
    assert_eq!(bench.shard.figures().counts.writes, writes + 1);
    let received = ann.socket.take_received();
    assert_eq!(received, b"\r\x1b[K<tea?\r\n|hal");
    screen.receive(&received);
    assert_eq!(screen.told(), ["-lobby", "<tea?"]);
}

#[test]
fn wherever_a_socket_stops_taking_bytes_the_input_line_is_last_and_whole_when_it_goes_on() {
    for room in 0..60 {
        let mut bench = Bench::new(|_| {});
        let (ann, mut screen) = editor(&mut bench, 0);
        types(&mut bench, &ann, &mut screen, "f of a line");
        screen.receive(&ann.socket.take_received());
        ann.socket.set_room(room);
        for text in ["one", "two", "three"] {
            let said = bench.event(ELSEWHERE, text);
            bench.told(vec![Effect::Event(said)]);
            // What is typed meanwhile is shown with the rest.
            types(&mut bench, &ann, &mut screen, "\u{7f}\u{7f}");
        }
        bench.step(|shard| shard.notice("a word to everyone"));
        screen.receive(&ann.socket.take_received());
        ann.socket.set_room(usize::MAX / 2);
        bench.step(|shard| shard.handle_writable(ann.key));
        let received = ann.socket.take_received();
        screen.receive(&received);
        let told = ["-lobby", "<one", "<two", "<three", "-a word to everyone"];
        assert_eq!(screen.told(), told, "{room}");
        // However much was queued, the line was drawn once behind it; the rest of one that had begun is before that.
        let drawn = received.windows(2).filter(|bytes| *bytes == b"|h").count();
        assert!(drawn <= 2, "{room}: {drawn} times");
        assert_eq!(bench.shard.figures().queued_bytes, 0);
    }
}

#[test]
fn a_protocol_may_show_its_own_messages_in_a_way_of_its_own_also_those_from_history() {
    let mut bench = Bench::new(|settings| settings.limits.queues.queue_soft_bytes = 10);
    let (ann, mut screen) = editor(&mut bench, 0);
    let bob = bench.line();
    let said = [bench.event(ann.session, "mine"), bench.event(bob.session, "yours")];
    bench.told(said.map(Effect::Event).into());
    screen.receive(&ann.socket.take_received());
    assert_eq!(screen.told(), ["-lobby", "+mine", "<yours"]);
    assert_eq!(bob.heard(), "<ann> mine\n");
    ann.socket.set_room(0);
    for _ in 0..2 {
        let said = bench.event(bob.session, "much to read");
        bench.told(vec![Effect::Event(said)]);
    }
    let said = bench.event(ann.session, "mine again");
    bench.told(vec![Effect::Event(said.clone())]);
    ann.socket.set_room(usize::MAX / 2);
    bench.step(|shard| shard.handle_writable(ann.key));
    let Job { asker, wanted, .. } = bench.jobs.pop().unwrap();
    let Wanted::Refill { after: Position(3), upto: Position(5), .. } = wanted else {
        panic!("{wanted:?}")
    };
    bench.head = 3;
    let found = vec![bench.event(bob.session, "much to read"), said];
    let found = Ok(Excerpt { events: found, ..Excerpt::default() });
    bench.step(|shard| shard.handle_page(Page { asker, wanted, found }));
    screen.receive(&ann.socket.take_received());
    let told = ["-lobby", "+mine", "<yours", "<much to read", "<much to read", "+mine again"];
    assert_eq!(screen.told(), told);
}

#[test]
fn who_would_need_one_format_too_many_is_told_so_and_let_go() {
    let mut bench = Bench::new(|_| {});
    let _line = bench.line();
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
    enters_and_is_let_go(&mut bench, &one_more);
    // Everyone else is written to as before.
    let said = bench.event(ELSEWHERE, "tea?");
    bench.told(vec![Effect::Event(said)]);
    assert_eq!(one_more.heard(), "");
    for (person, mut screen) in members {
        screen.receive(&person.socket.take_received());
        assert_eq!(screen.told().last().unwrap(), "<tea?");
    }
}

fn enters_and_is_let_go(bench: &mut Bench, person: &Person) {
    bench.proposed();
    let (session, at, name) = (person.session, Position(bench.head), "lobby".parse().unwrap());
    let (request, first, members, topic) = (RequestId::default(), Position(1), 1, None);
    bench.told(vec![Effect::Joined {
        session,
        request,
        room: ROOM,
        name,
        first,
        at,
        members,
        topic,
    }]);
    let heard = person.heard();
    assert!(heard.contains("256 formats"), "{heard}");
    assert_eq!(bench.proposed(), [Action::Exit { cause: ExitCause::Lost }]);
}

#[test]
fn a_room_that_is_current_no_longer_is_named_from_the_next_message_on_also_in_the_same_round() {
    let mut bench = Bench::new(|_| {});
    let ann = bench.line();
    let (session, request, at) = (ann.session, RequestId::default(), Position::START);
    let name: RoomName = "tea".parse().unwrap();
    let (room, first) = (RoomId(2), Position(1));
    let (members, topic) = (1, Some(Text::parse("cups").unwrap()));
    let (before, after) = (bench.event(ELSEWHERE, "before"), bench.event(ELSEWHERE, "after"));
    bench.told(vec![
        Effect::Event(before),
        Effect::Joined { session, request, room, name, first, at, members, topic },
        Effect::Event(after),
    ]);
    let joined = "-- you are in #tea — cups (nobody else is here)\n";
    assert_eq!(ann.heard(), format!("<ann> before\n{joined}[#lobby] <ann> after\n"));
}

#[test]
fn who_does_not_ask_to_come_in_is_closed_in_time_whatever_it_speaks() {
    let mut bench = Bench::new(|_| {});
    let (socket, lobby) = (VirtualSocket::new(usize::MAX / 2), RoomName::parse("lobby").unwrap());
    let permit = bench.gate.admit([10, 0, 0, 1].into()).unwrap();
    let (ours, peer) = (socket.clone(), (permit.origin(), Some(permit)));
    let session = Box::new(EditorSession::new(lobby, 0));
    let key = bench.step(|shard| shard.accept_as(session, ours, peer, &[]));
    bench.pass(19_999);
    let interest = bench.shard.interest(key, std::task::Waker::noop());
    assert_eq!(interest, Interest::Ready { read: Reading::Socket, write: false });
    bench.pass(1);
    assert_eq!(bench.shard.interest(key, std::task::Waker::noop()), Interest::Closed);
    let (ann, _) = editor(&mut bench, 0);
    bench.pass(60_000);
    let interest = bench.shard.interest(ann.key, std::task::Waker::noop());
    assert_eq!(
        interest,
        Interest::Ready { read: Reading::Socket, write: false },
        "who is in may be silent"
    );
}
