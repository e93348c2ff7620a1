//! A server starts: the sessions of its previous boot end, once, and those of other servers stay.

use super::*;

#[test]
fn a_server_that_starts_again_ends_the_sessions_of_its_previous_boot_and_no_others() {
    check(
        "one> open 1
         | server 1 open as 1
         ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         cat> listen lobby
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
fn a_session_with_a_resume_key_survives_a_restart_of_its_server() {
    check(
        "one> open 1
         | server 1 open as 1
         ann> resume 7 ann
         | to ann: welcome ann
         ann> join lobby
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         again> open 1
         | ann out of #lobby
         | ann ended Lost, suspended
         | server 1 open as 2
         back> resume 7
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
fn proposals_of_a_boot_that_has_ended_are_ignored() {
    let mut runner = Runner::new(configured_chat(Limits::default(), History::default()));
    runner.run("one> open 1");
    let late = SessionId::new(1, 0, 9);
    runner.run("again> open 1");
    let too_late = [
        "enter ann",
        "listen lobby",
        "resume 7",
        "post lobby hi",
        "follow lobby",
        "join tea",
        "exit",
    ];
    for line in too_late {
        assert_eq!(runner.propose(late, action(line)), [""; 0], "{line}");
    }
    assert_eq!(runner.chat.session_count(), 0);
    runner.check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered",
    );
}

#[test]
fn boot_numbers_continue_after_the_history_and_run_out_without_a_panic() {
    let last_boot = SessionId::BOOTS_MAX - 1;
    let history = History { last_boot, ..History::default() };
    let mut runner = Runner::new(configured_chat(Limits::default(), history));
    runner.check(
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
    runner.chat.check().unwrap();
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
    let mut runner = Runner::new(chat);
    runner.check(
        "eve> postas joe tea hi
         | created #tea as 1
         | #tea 1 joe said Some(\"hi\")
         | to eve: posted at 1 as joe",
    );
}
