//! Comings and goings in big rooms.

use super::*;

/// Lets so many enter; gives the announcements.
fn crowd(stage: &mut Stage, count: usize) -> Vec<String> {
    let mut announced = Vec::new();
    for number in 0..count {
        let facts = stage.run(&format!("p{}> enter", stage.entered as usize + number));
        announced.extend(facts.into_iter().filter(|fact| fact.starts_with("to #lobby")));
    }
    announced
}

#[test]
fn comings_are_announced_up_to_fifty_folded_up_to_five_hundred_and_counted_above() {
    let mut stage = Stage::new(created(Limits::default(), History::default()));
    assert_eq!(crowd(&mut stage, 50).len(), 50);
    assert_eq!(crowd(&mut stage, 12), [""; 0]);
    assert_eq!(stage.run("+29s"), [""; 0]);
    assert_eq!(
        stage.run("+1s"),
        [
            "to #lobby: 12 entered [guest51 guest52 guest53 guest54 guest55 guest56 guest57 guest58] \
          0 gone [] 62 here"
        ]
    );
    assert_eq!(crowd(&mut stage, 439), [""; 0]);
    assert_eq!(stage.run("+30s"), ["to #lobby: 439 entered [] 0 gone [] 501 here"]);
    assert_eq!(stage.run("+60s"), [""; 0], "nothing to tell");
    assert_eq!(stage.chat.next_due(), None, "and nobody to wake for it");
    let nick = stage.run("p0> nick somebody");
    assert_eq!(nick, ["to p0: guest1 is somebody"]);
}

#[test]
fn lists_of_members_have_all_who_come_and_go_once_also_where_nobody_is_told() {
    let limits = Limits { announce_each_max: 1, ..Limits::default() };
    let mut stage = Stage::new(created(limits, History::default()));
    stage.shows_lists = true;
    stage.check(
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
fn going_below_fifty_again_tells_first_what_was_folded() {
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
fn a_crowd_that_came_unseen_is_not_announced_one_by_one_when_it_appears() {
    let limits = Limits { announce_each_max: 2, ..Limits::default() };
    check_with(
        limits,
        "ann> slip lobby
         | to ann: welcome guest1
         | ann in #lobby at 0 of 1
         bob> slip lobby
         | to bob: welcome guest2
         | bob in #lobby at 0 of 1
         zoe> slip lobby
         | to zoe: welcome guest3
         | zoe in #lobby at 0 of 1
         ann> appear
         ann> type lobby
         bob> appear
         +30s
         | to #lobby: 2 entered [guest1 guest2] 0 gone [] 2 here",
    );
}
