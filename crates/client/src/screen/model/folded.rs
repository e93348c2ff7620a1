//! Comings and goings in a row, folded into one line.

use std::fmt;

use teahouse_core::Nick;
use teahouse_wire::api::Change;

use crate::screen::limits::{FOLDED_CHANGES_MAX, FOLDED_NAMES_MAX};

/// What happened to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Came,
    Went,
    CameAndWent,
    WentAndCame,
}

/// Some who came and went. Of too many only their number is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    moves: Vec<(Nick, Move)>,
    /// Who is called what instead.
    renamed: Vec<(Nick, Nick)>,
    more_came: usize,
    more_went: usize,
}

impl Folded {
    /// Whether a change can be told in the same line: renames stand last in it, so what is done after one by
    /// somebody who is called so, before or since, is told in the next.
    #[must_use]
    pub(crate) fn can_take(&self, change: &Change) -> bool {
        let has_name =
            |nick: &Nick| self.renamed.iter().any(|(from, to)| from == nick || to == nick);
        match change {
            Change::Entered { nick } | Change::Left { nick } | Change::Offline { nick, .. } => {
                !has_name(nick)
            }
            Change::Folded { entered, gone, .. } => !entered.iter().chain(gone).any(has_name),
            Change::Renamed { .. } | Change::Typing { .. } | Change::Unknown => true,
        }
    }

    /// Takes a change in; says whether it is one that is shown.
    pub(crate) fn take(&mut self, change: &Change) -> bool {
        match change {
            Change::Entered { nick } => self.came(nick),
            Change::Left { nick } | Change::Offline { nick, .. } => self.went(nick),
            Change::Renamed { from, to } => self.renamed(from, to),
            Change::Typing { .. } | Change::Unknown => return false,
            Change::Folded { entered, entered_count, gone, gone_count, .. } => {
                entered.iter().for_each(|nick| self.came(nick));
                gone.iter().for_each(|nick| self.went(nick));
                self.more_came =
                    self.more_came.saturating_add(entered_count.saturating_sub(entered.len()));
                self.more_went =
                    self.more_went.saturating_add(gone_count.saturating_sub(gone.len()));
            }
        }
        true
    }

    fn came(&mut self, nick: &Nick) {
        let is_full = self.is_full();
        match self.moves.iter_mut().find(|(who, _)| who == nick) {
            Some((_, how @ (Move::Went | Move::CameAndWent))) => *how = Move::WentAndCame,
            Some((_, Move::Came | Move::WentAndCame)) => {}
            None if is_full => self.more_came = self.more_came.saturating_add(1),
            None => self.moves.push((nick.clone(), Move::Came)),
        }
    }

    fn went(&mut self, nick: &Nick) {
        let is_full = self.is_full();
        match self.moves.iter_mut().find(|(who, _)| who == nick) {
            Some((_, how @ (Move::Came | Move::WentAndCame))) => *how = Move::CameAndWent,
            Some((_, Move::Went | Move::CameAndWent)) => {}
            None if is_full => self.more_went = self.more_went.saturating_add(1),
            None => self.moves.push((nick.clone(), Move::Went)),
        }
    }

    fn renamed(&mut self, from: &Nick, to: &Nick) {
        if !self.is_full() {
            self.renamed.push((from.clone(), to.clone()));
        }
    }

    fn is_full(&self) -> bool {
        self.moves.len() + self.renamed.len() >= FOLDED_CHANGES_MAX
    }

    /// Bytes it is counted with.
    #[must_use]
    pub(crate) fn bytes(&self) -> usize {
        self.moves.len() * size_of::<(Nick, Move)>()
            + self.renamed.len() * size_of::<(Nick, Nick)>()
    }

    fn names(&self, wanted: Move) -> Vec<&str> {
        let moves = self.moves.iter().filter(|(_, how)| *how == wanted);
        moves.map(|(nick, _)| nick.as_str()).collect()
    }
}

/// `ann, bob came · carl left · dora is eva now`
impl fmt::Display for Folded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for (how, more, verb) in [
            (Move::Came, self.more_came, "came"),
            (Move::Went, self.more_went, "left"),
            (Move::CameAndWent, 0, "came and left"),
            (Move::WentAndCame, 0, "left and came back"),
        ] {
            parts.extend(said_of(&self.names(how), more, verb));
        }
        for (from, to) in &self.renamed {
            parts.push(format!("{} is {} now", from.as_str(), to.as_str()));
        }
        f.write_str(&parts.join(" · "))
    }
}

fn said_of(names: &[&str], more: usize, verb: &str) -> Option<String> {
    let shown = &names[..names.len().min(FOLDED_NAMES_MAX)];
    let more = more.saturating_add(names.len() - shown.len());
    match (shown.is_empty(), more) {
        (true, 0) => None,
        (true, more) => Some(format!("{more} {verb}")),
        (false, 0) => Some(format!("{} {verb}", shown.join(", "))),
        (false, more) => Some(format!("{} and {more} more {verb}", shown.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use teahouse_wire::api::Cause;

    fn nick(nick: &str) -> Nick {
        Nick::parse(nick).unwrap()
    }

    fn folded(changes: &[Change]) -> String {
        let mut folded = Folded::default();
        for change in changes {
            folded.take(change);
        }
        folded.to_string()
    }

    fn came(who: &str) -> Change {
        Change::Entered { nick: nick(who) }
    }

    fn left(who: &str) -> Change {
        Change::Offline { nick: nick(who), cause: Cause::Lost }
    }

    #[test]
    fn comings_and_goings_are_one_sentence() {
        let renamed = Change::Renamed { from: nick("dora"), to: nick("eva") };
        let changes = [came("ann"), came("小明"), left("carl"), renamed];
        assert_eq!(folded(&changes), "ann, 小明 came · carl left · dora is eva now");
    }

    #[test]
    fn who_comes_and_goes_again_is_said_once() {
        assert_eq!(folded(&[came("ann"), left("ann")]), "ann came and left");
        assert_eq!(folded(&[left("ann"), came("ann")]), "ann left and came back");
    }

    #[test]
    fn what_is_done_under_a_name_that_was_taken_or_left_is_told_apart() {
        let mut folded = Folded::default();
        folded.take(&came("dora"));
        folded.take(&Change::Renamed { from: nick("dora"), to: nick("eva") });
        assert_eq!(folded.to_string(), "dora came · dora is eva now");
        let of_many = |who: &str| Change::Folded {
            entered: vec![nick("bob"), nick(who)],
            entered_count: 2,
            gone: Vec::new(),
            gone_count: 0,
            members: 9,
        };
        for change in [came("dora"), left("eva"), of_many("dora")] {
            assert!(!folded.can_take(&change), "{change:?}");
        }
        for change in [came("bob"), of_many("carl")] {
            assert!(folded.can_take(&change), "{change:?}");
        }
    }

    #[test]
    fn many_are_counted() {
        let changes: Vec<_> = (0..300).map(|n| came(&format!("guest{n}"))).collect();
        let said = folded(&changes);
        assert!(said.ends_with("guest11 and 288 more came"), "{said}");
        let change = Change::Folded {
            entered: vec![nick("ann")],
            entered_count: 40,
            gone: Vec::new(),
            gone_count: 7,
            members: 900,
        };
        assert_eq!(folded(&[change]), "ann and 39 more came · 7 left");
    }
}
