//! A server starts: what its start before has left ends, once, and what the others have stays.

use super::*;

#[test]
fn a_server_that_starts_again_ends_what_its_start_before_has_left_and_nothing_else() {
    check(
        "one> open 1
         | server 1 open as 1
         ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         cat> slip lobby
         | to cat: welcome guest1
         | cat in #lobby at 0 of 2
         ear> follow lobby
         | ear in #lobby at 0 of 1
         two> open 2
         | server 2 open as 2
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         again> open 1
         | ear out of #lobby
         | ear ended Lost
         | ann out of #lobby
         | to #lobby but ann: ann offline Lost
         | ann ended Lost
         | cat out of #lobby
         | cat ended Lost
         | server 1 open as 3
         again> open 1
         | server 1 open as 4
         bob> who lobby
         | to bob: members bob of 1, page 1/1",
    );
}

#[test]
fn whoever_has_a_seat_comes_back_to_a_server_that_was_started_again() {
    check(
        "one> open 1
         | server 1 open as 1
         ann> sit 7 ann
         | to ann: welcome ann
         ann> join lobby
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         again> open 1
         | ann out of #lobby
         | ann ended Lost, suspended
         | server 1 open as 2
         back> sit 7
         | ann forgotten
         | to back: welcome back ann
         back> join lobby
         | back in #lobby at 0 of 1
         once> open 1
         | back out of #lobby
         | back ended Lost, suspended
         | server 1 open as 3
         +30s
         | to #lobby but back: ann offline Lost
         | back forgotten",
    );
}

#[test]
fn what_a_start_that_has_ended_still_proposes_comes_too_late() {
    let mut stage = Stage::new(created(Limits::default(), History::default()));
    stage.run("one> open 1");
    let late = SessionId::new(1, 0, 9);
    stage.run("again> open 1");
    let too_late =
        ["enter ann", "slip lobby", "sit 7", "post lobby hi", "follow lobby", "join tea", "exit"];
    for asked in too_late {
        assert_eq!(stage.propose(late, action(asked)), [""; 0], "{asked}");
    }
    assert_eq!(stage.chat.session_count(), 0);
    stage.check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered",
    );
}

#[test]
fn boots_go_on_after_those_of_the_history_and_end_without_a_panic() {
    let last_boot = SessionId::BOOTS_MAX - 1;
    let history = History { last_boot, ..History::default() };
    let mut stage = Stage::new(created(Limits::default(), history));
    stage.check(
        "one> open 1
         | server 1 open as 1048575
         ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         again> open 1
         | ann out of #lobby
         | to #lobby but ann: ann offline Lost
         | ann ended Lost
         | server 1 not open
         two> open 2
         | server 2 not open",
    );
    stage.chat.check().unwrap();
}

#[test]
fn there_is_no_first_room_before_limits_name_one_and_then_it_has_the_first_number() {
    let mut chat = Chat::from_history(History::default());
    assert_eq!(chat.limits(), None);
    chat.check().unwrap();
    assert_eq!(Chat::restore(chat.snapshot()).unwrap().snapshot(), chat.snapshot());
    let limits = Limits { first_room: room("tea"), ..Limits::default() };
    let proposal = Proposal::of_server(Action::Configure { limits: Box::new(limits.clone()) });
    chat.apply(proposal, &mut Vec::new());
    assert_eq!(chat.limits(), Some(&limits));
    let mut stage = Stage::new(chat);
    stage.check(
        "eve> postas joe tea hi
         | founded #tea as 1
         | #tea 1 joe said Some(\"hi\")
         | to eve: posted at 1 as joe",
    );
}
