//! Joins and leaves in large rooms.

use super::*;

/// Lets `count` sessions enter; returns the announcements.
fn crowd(runner: &mut Runner, count: usize) -> Vec<String> {
    let mut announced = Vec::new();
    for number in 0..count {
        let facts = runner.run(&format!("p{}> enter", runner.entered as usize + number));
        announced.extend(facts.into_iter().filter(|fact| fact.starts_with("to #lobby")));
    }
    announced
}

#[test]
fn joins_are_announced_up_to_fifty_folded_up_to_five_hundred_and_counted_above() {
    let mut runner = Runner::new(configured_chat(Limits::default(), History::default()));
    assert_eq!(crowd(&mut runner, 50).len(), 50);
    assert_eq!(crowd(&mut runner, 12), [""; 0]);
    assert_eq!(runner.run("+29s"), [""; 0]);
    assert_eq!(
        runner.run("+1s"),
        [
            "to #lobby: 12 entered [guest51 guest52 guest53 guest54 guest55 guest56 guest57 guest58] \
          0 gone [] 62 here"
        ]
    );
    assert_eq!(crowd(&mut runner, 439), [""; 0]);
    assert_eq!(runner.run("+30s"), ["to #lobby: 439 entered [] 0 gone [] 501 here"]);
    assert_eq!(runner.run("+60s"), [""; 0], "nothing is left to announce");
    assert_eq!(runner.chat.next_due(), None, "nothing is due");
    let nick = runner.run("p0> nick somebody");
    assert_eq!(nick, ["to p0: guest1 is somebody"]);
}

#[test]
fn every_join_and_leave_is_emitted_once_for_lists_of_members_also_where_it_is_not_announced() {
    let limits = Limits { announce_each_max: 1, ..Limits::default() };
    let mut runner = Runner::new(configured_chat(limits, History::default()));
    runner.shows_lists = true;
    runner.check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> join tea
         | ann in #tea at 0 of 1
         | to #tea but ann: ann entered
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 0 of 2
         | ~ #lobby: bob entered
         bob> join den
         | bob in #den at 0 of 1
         | to #den but bob: bob entered
         bob> join tea
         | bob in #tea at 0 of 2
         | ~ #tea: bob entered
         bob> nick rob
         | to bob: bob is rob
         | to #den but bob: bob is rob
         | ~ #lobby #tea: bob is rob
         ann> leave tea
         | ann out of #tea
         | ~ #tea: ann left
         bob> exit
         | bob out of #lobby
         | bob out of #den
         | bob out of #tea
         | to #den but bob: rob offline Quit
         | ~ #lobby #tea: rob offline Quit
         | bob ended Quit
         +31s
         | to #lobby: 1 entered [bob] 1 gone [rob] 1 here",
    );
}

#[test]
fn a_room_that_becomes_small_announces_its_fold_before_single_changes() {
    let limits = Limits { announce_each_max: 2, announce_names_max: 500, ..Limits::default() };
    check_with(
        limits,
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         zoe> enter zoe
         | to zoe: welcome zoe
         | zoe in #lobby at 0 of 3
         zoe> exit
         | zoe out of #lobby
         | zoe ended Quit
         +30s
         | to #lobby: 1 entered [zoe] 1 gone [zoe] 2 here
         bob> exit
         | bob out of #lobby
         | to #lobby but bob: bob offline Quit
         | bob ended Quit",
    );
}

#[test]
fn a_crowd_of_unseen_sessions_is_folded_when_it_appears() {
    let limits = Limits { announce_each_max: 2, ..Limits::default() };
    check_with(
        limits,
        "ann> listen lobby
         | to ann: welcome guest1
         | ann in #lobby at 0 of 1
         bob> listen lobby
         | to bob: welcome guest2
         | bob in #lobby at 0 of 1
         zoe> listen lobby
         | to zoe: welcome guest3
         | zoe in #lobby at 0 of 1
         ann> appear
         ann> type lobby
         bob> appear
         +30s
         | to #lobby: 2 entered [guest1 guest2] 0 gone [] 2 here",
    );
}
