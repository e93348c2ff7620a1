//! What each origin has spent, so that reconnecting does not reset a limit. Bounded: an account whose buckets are
//! full again equals a new one and is dropped.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::flood::{Bucket, Rate, Verdict};
use crate::limits::ORIGINS_MAX;
use crate::{Origin, SteadyTime};

/// The accounts of the origins that have spent something lately.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    accounts: BTreeMap<Origin, Account>,
    /// When each account will be full again, in microseconds of steady time; the first is dropped first.
    full_at: BTreeSet<(u64, Origin)>,
}

/// What one origin has spent lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    new_rooms: Bucket,
    brief_stays: Bucket,
    renames: Bucket,
}

/// What an origin can spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spending {
    /// Creating a room.
    NewRoom,
    /// A brief stay in a room.
    BriefStay,
    /// An announced rename.
    Rename,
}

impl Account {
    fn bucket(&mut self, spending: Spending) -> &mut Bucket {
        match spending {
            Spending::NewRoom => &mut self.new_rooms,
            Spending::BriefStay => &mut self.brief_stays,
            Spending::Rename => &mut self.renames,
        }
    }

    fn full_at_us(&self) -> u64 {
        let buckets = [self.new_rooms, self.brief_stays, self.renames];
        buckets.into_iter().map(Bucket::full_at_us).max().unwrap_or_default()
    }
}

impl Origins {
    /// Every account, sorted by origin.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = (Origin, Account)> {
        self.accounts.iter().map(|(origin, account)| (*origin, *account))
    }

    /// Adds an account from a snapshot.
    ///
    /// # Errors
    /// When the origin has an account already.
    pub(crate) fn add(&mut self, origin: Origin, account: Account) -> Result<(), String> {
        self.full_at.insert((account.full_at_us(), origin));
        match self.accounts.insert(origin, account) {
            None => Ok(()),
            Some(_) => Err(format!("{origin:?} has two accounts")),
        }
    }

    /// Takes one token from the bucket for this spending, if there is one.
    pub(crate) fn spend(
        &mut self,
        origin: Origin,
        spending: Spending,
        rate: Rate,
        now: SteadyTime,
    ) -> Verdict {
        if origin == Origin::SERVER || rate.is_off() {
            return Verdict::Pass;
        }
        let account = self.accounts.entry(origin).or_default();
        let before = account.full_at_us();
        let verdict = account.bucket(spending).take_at(now, rate);
        let after = account.full_at_us();
        if before != after {
            self.full_at.remove(&(before, origin));
            self.full_at.insert((after, origin));
        }
        self.drop_full(now);
        verdict
    }

    /// Whether the bucket for this spending is empty.
    pub(crate) fn has_spent(
        &self,
        origin: Origin,
        spending: Spending,
        rate: Rate,
        now: SteadyTime,
    ) -> bool {
        let Some(account) = self.accounts.get(&origin) else { return false };
        let mut bucket = match spending {
            Spending::NewRoom => account.new_rooms,
            Spending::BriefStay => account.brief_stays,
            Spending::Rename => account.renames,
        };
        bucket.take_at(now, rate) != Verdict::Pass
    }

    /// Drops accounts that are full again; past the bound also the one that will be full next.
    fn drop_full(&mut self, now: SteadyTime) {
        let now_us = now.0.saturating_mul(1000);
        while let Some((full_at, origin)) = self.full_at.first().copied()
            && (full_at <= now_us || self.accounts.len() > ORIGINS_MAX)
        {
            self.full_at.pop_first();
            self.accounts.remove(&origin);
        }
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let full_at: BTreeSet<(u64, Origin)> =
            self.accounts.iter().map(|(origin, account)| (account.full_at_us(), *origin)).collect();
        if full_at != self.full_at {
            return Err("an origin's account is not where it is to be forgotten".to_owned());
        }
        if self.accounts.len() > ORIGINS_MAX {
            return Err(format!("{} origins have accounts", self.accounts.len()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 2, interval_ms: 1000 };

    #[test]
    fn each_origin_has_its_own_account_and_the_server_is_not_limited() {
        let mut origins = Origins::default();
        let mut spend = |origin, ms| {
            let now = SteadyTime(ms);
            origins.spend(Origin(origin), Spending::NewRoom, RATE, now)
        };
        assert_eq!(spend(1, 0), Verdict::Pass);
        assert_eq!(spend(1, 0), Verdict::Pass);
        assert_eq!(spend(1, 0), Verdict::Wait { ms: 1000 });
        assert_eq!(spend(2, 0), Verdict::Pass);
        assert_eq!(spend(1, 1000), Verdict::Pass);
        assert_eq!(spend(1, 1000), Verdict::Wait { ms: 1000 });
        assert!((0..100).all(|_| spend(0, 1000) == Verdict::Pass));
    }

    #[test]
    fn full_accounts_are_dropped_and_the_number_of_accounts_is_bounded() {
        let mut origins = Origins::default();
        for origin in 1..=ORIGINS_MAX as u64 + 100 {
            origins.spend(Origin(origin), Spending::BriefStay, RATE, SteadyTime(origin));
        }
        origins.check().unwrap();
        assert!(origins.accounts.len() <= ORIGINS_MAX);
        origins.spend(Origin(1), Spending::BriefStay, RATE, SteadyTime(10_000_000));
        assert_eq!(origins.accounts.len(), 1);
        origins.check().unwrap();
    }
}
