//! Who is lent which connection: first one that was opened at home, then room to open one, then one that its own home
//! leaves alone; else a place in the queue at home.
//!
//! What comes back goes to those who wait where it was opened. A home that has none at all is lent a stranger's before
//! all others, and one without a share of its own what others leave alone: one that wanders costs two threads a wake-up
//! for each answer. And only a home that owns less than its share has one closed elsewhere, to open its own, and only
//! where a whole share is left without it. So under load every home keeps to its own, none starves, and nothing is
//! opened and closed in turns.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// Something lent that belongs to a home.
pub trait Berthed<H> {
    fn home(&self) -> H;

    /// Whether its home has had no use for it for a while.
    fn is_left_alone(&self) -> bool;
}

/// At most so many, idle and lent together.
pub struct Berths<H: Copy + Eq + Hash, K: Berthed<H>> {
    most: usize,
    state: Mutex<State<H, K>>,
}

struct State<H: Copy + Eq + Hash, K: Berthed<H>> {
    homes: HashMap<H, Berth<H, K>>,
    closed: bool,
}

struct Berth<H: Copy + Eq + Hash, K: Berthed<H>> {
    idle: Vec<K>,
    /// Places its tasks have.
    lent: usize,
    /// Those it opened or is about to open: idle here, and lent wherever.
    owned: usize,
    waiting: VecDeque<Hope<H, K>>,
    /// Whether it has a share of its own; one that asks seldom has a single place.
    shares: bool,
}

/// A right to use one: `kept`, or one that is opened now. It goes back when it is dropped, with what is kept then.
pub struct Place<H: Copy + Eq + Hash, K: Berthed<H>> {
    pub kept: Option<K>,
    home: H,
    /// Whose it was when it was handed over.
    owner: H,
    berths: Option<Arc<Berths<H, K>>>,
}

type Hope<H, K> = oneshot::Sender<Place<H, K>>;

/// What one who asks is told.
pub enum Asked<H: Copy + Eq + Hash, K: Berthed<H>> {
    Now(Place<H, K>),
    Later(oneshot::Receiver<Place<H, K>>),
    Closed,
}

impl<H: Copy + Eq + Hash, K: Berthed<H>> Place<H, K> {
    fn of(kept: Option<K>, home: H, berths: &Arc<Berths<H, K>>) -> Self {
        let owner = kept.as_ref().map_or(home, Berthed::home);
        Self { kept, home, owner, berths: Some(berths.clone()) }
    }
}

impl<H: Copy + Eq + Hash, K: Berthed<H>> Drop for Place<H, K> {
    fn drop(&mut self) {
        if let Some(berths) = self.berths.take() {
            berths.give_back(self.home, self.owner, self.kept.take());
        }
    }
}

impl<H: Copy + Eq + Hash, K: Berthed<H>> Berths<H, K> {
    pub fn new(most: usize) -> Arc<Self> {
        let state = State { homes: HashMap::new(), closed: false };
        Arc::new(Self { most: most.max(1), state: Mutex::new(state) })
    }

    /// Never waits for anything but the lock.
    pub fn ask(self: &Arc<Self>, here: H, shares: bool) -> Asked<H, K> {
        let mut state = self.lock();
        if state.closed {
            return Asked::Closed;
        }
        state.homes.entry(here).or_insert_with(|| Berth::new(shares));
        let kept = state.berth(here).and_then(|berth| berth.idle.pop());
        let room = kept.is_some() || state.opened() < self.most;
        let kept = if room { kept } else { state.idle_elsewhere(here, self.most) };
        let Some(berth) = state.berth(here) else { return Asked::Closed };
        if room || kept.is_some() {
            berth.lent = berth.lent.saturating_add(1);
            if kept.is_none() {
                berth.owned = berth.owned.saturating_add(1);
            }
            return Asked::Now(Place::of(kept, here, self));
        }
        let (sender, receiver) = oneshot::channel();
        berth.waiting.push_back(sender);
        Asked::Later(receiver)
    }

    /// Those that lie idle are closed.
    pub fn forget(&self) {
        let idle: Vec<_> = {
            let mut state = self.lock();
            state.homes.values_mut().flat_map(Berth::forget).collect()
        };
        drop(idle);
    }

    /// Nobody is lent anything any more.
    pub fn close(&self) {
        let waiting: Vec<_> = {
            let mut state = self.lock();
            state.closed = true;
            state.homes.values_mut().map(|berth| std::mem::take(&mut berth.waiting)).collect()
        };
        drop(waiting);
        self.forget();
    }

    fn give_back(self: &Arc<Self>, here: H, owner: H, mut kept: Option<K>) {
        let mut gone = None;
        let mut state = self.lock();
        if let Some(berth) = state.berth(here) {
            berth.lent = berth.lent.saturating_sub(1);
        }
        state.disown(owner);
        while let Some((heir, sender)) = {
            let from = kept.as_ref().map(Berthed::home);
            state.heir(here, from, self.most)
        } {
            let strange = kept.as_ref().is_some_and(|kept| kept.home() != heir.home);
            if strange && heir.opens_its_own {
                gone = kept.take();
            }
            let place = Place::of(kept.take(), heir.home, self);
            state.own(place.owner);
            match sender.send(place) {
                Ok(()) => {
                    drop(state);
                    drop(gone);
                    return;
                }
                // They no longer wait.
                Err(mut place) => {
                    place.berths = None;
                    state.disown(place.owner);
                    kept = place.kept.take().or_else(|| gone.take());
                    if let Some(berth) = state.berth(heir.home) {
                        berth.lent = berth.lent.saturating_sub(1);
                    }
                }
            }
        }
        if let Some(idle) = kept.filter(|_| !state.closed)
            && let Some(berth) = state.berth(idle.home())
        {
            berth.owned = berth.owned.saturating_add(1);
            berth.idle.push(idle);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<H, K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Copy)]
struct Heir<H> {
    home: H,
    /// Whether it has, and owns, less than its share.
    opens_its_own: bool,
}

impl<H: Copy + Eq + Hash, K: Berthed<H>> State<H, K> {
    fn berth(&mut self, home: H) -> Option<&mut Berth<H, K>> {
        self.homes.get_mut(&home)
    }

    fn opened(&self) -> usize {
        self.homes.values().map(|berth| berth.owned).sum()
    }

    fn own(&mut self, home: H) {
        if let Some(berth) = self.berth(home) {
            berth.owned = berth.owned.saturating_add(1);
        }
    }

    fn disown(&mut self, home: H) {
        if let Some(berth) = self.berth(home) {
            berth.owned = berth.owned.saturating_sub(1);
        }
    }

    /// Whoever has none takes any; whoever has a share, no more than that of what others leave alone.
    fn idle_elsewhere(&mut self, here: H, most: usize) -> Option<K> {
        let share = self.share(most);
        let berth = self.homes.get(&here)?;
        let has_none = berth.lent == 0;
        let takes_more = !berth.shares || berth.opens_its_own(share);
        let fits = |idle: &K| has_none || (takes_more && idle.is_left_alone());
        let idle = |berth: &mut Berth<H, K>| {
            let at = berth.idle.iter().position(&fits)?;
            Some(berth.idle.swap_remove(at))
        };
        self.homes.values_mut().find_map(idle)
    }

    /// Who is next for a place that comes back, with a connection of `from`; the place is theirs already.
    fn heir(&mut self, here: H, from: Option<H>, most: usize) -> Option<(Heir<H>, Hope<H, K>)> {
        let home = self.next(from.unwrap_or(here), from.is_some(), most)?;
        let share = self.share(most);
        let berth = self.homes.get_mut(&home)?;
        let opens_its_own = berth.opens_its_own(share);
        let sender = berth.waiting.pop_front()?;
        berth.lent = berth.lent.saturating_add(1);
        Some((Heir { home, opens_its_own }, sender))
    }

    fn next(&self, from: H, is_open: bool, most: usize) -> Option<H> {
        let share = self.share(most);
        let at_home = self.homes.get(&from).filter(|berth| !berth.waiting.is_empty());
        let elsewhere = |fits: &dyn Fn(&Berth<H, K>) -> bool| {
            let fits = |berth: &Berth<H, K>| !berth.waiting.is_empty() && fits(berth);
            self.homes.iter().find(|(_, berth)| fits(berth)).map(|(home, _)| *home)
        };
        if at_home.is_some_and(|berth| berth.lent == 0) {
            return Some(from);
        }
        if let Some(starved) = elsewhere(&|berth| berth.lent == 0) {
            return Some(starved);
        }
        if at_home.is_some_and(|berth| berth.lent < berth.share(share)) {
            return Some(from);
        }
        // An open one leaves a home that keeps its share without it; else they would take it from each other in turns.
        let spare = |berth: &Berth<H, K>| berth.owned >= berth.share(share);
        let to_spare = !is_open || self.homes.get(&from).is_none_or(spare);
        let owed = || elsewhere(&|berth| to_spare && berth.opens_its_own(share));
        let anyone = || elsewhere(&|_| !is_open);
        owed().or_else(|| at_home.map(|_| from)).or_else(anyone)
    }

    fn share(&self, most: usize) -> usize {
        let sharing = self.homes.values().filter(|berth| berth.shares).count();
        most.checked_div(sharing).unwrap_or(most).max(1)
    }
}

impl<H: Copy + Eq + Hash, K: Berthed<H>> Berth<H, K> {
    fn new(shares: bool) -> Self {
        Self { idle: Vec::new(), lent: 0, owned: 0, waiting: VecDeque::new(), shares }
    }

    fn forget(&mut self) -> Vec<K> {
        self.owned = self.owned.saturating_sub(self.idle.len());
        std::mem::take(&mut self.idle)
    }

    fn opens_its_own(&self, share: usize) -> bool {
        self.shares && self.lent.max(self.owned) < share
    }

    fn share(&self, share: usize) -> usize {
        if self.shares { share } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Eq)]
    struct Boat {
        home: u8,
        number: u32,
    }

    impl Berthed<u8> for Boat {
        fn home(&self) -> u8 {
            self.home
        }

        fn is_left_alone(&self) -> bool {
            self.number >= 90
        }
    }

    type Harbour = Arc<Berths<u8, Boat>>;

    fn now(harbour: &Harbour, home: u8) -> Place<u8, Boat> {
        match harbour.ask(home, true) {
            Asked::Now(place) => place,
            _ => panic!("a place was to be had"),
        }
    }

    fn later(harbour: &Harbour, home: u8) -> oneshot::Receiver<Place<u8, Boat>> {
        match harbour.ask(home, true) {
            Asked::Later(place) => place,
            _ => panic!("no place was to be had"),
        }
    }

    fn with(mut place: Place<u8, Boat>, home: u8, number: u32) -> Place<u8, Boat> {
        assert_eq!(place.kept, None);
        place.kept = Some(Boat { home, number });
        place
    }

    #[test]
    fn one_that_came_back_is_lent_at_home_first() {
        let harbour = Berths::new(3);
        drop([with(now(&harbour, 1), 1, 10), with(now(&harbour, 2), 2, 20)]);

        assert_eq!(now(&harbour, 2).kept, Some(Boat { home: 2, number: 20 }));
        assert_eq!(now(&harbour, 1).kept, Some(Boat { home: 1, number: 10 }));
    }

    #[test]
    fn no_more_are_opened_than_there_may_be_and_idle_ones_go_elsewhere() {
        let harbour = Berths::new(2);
        let first = with(now(&harbour, 1), 1, 10);
        drop(with(now(&harbour, 1), 1, 11));

        let lent = now(&harbour, 2);
        assert_eq!(lent.kept, Some(Boat { home: 1, number: 11 }));
        let mut waiting = later(&harbour, 1);

        drop(lent);
        assert_eq!(waiting.try_recv().unwrap().kept, Some(Boat { home: 1, number: 11 }));
        drop(first);
    }

    #[test]
    fn a_home_below_its_share_opens_its_own_in_place_of_anothers() {
        let harbour = Berths::new(2);
        let (first, second) = (with(now(&harbour, 1), 1, 10), with(now(&harbour, 1), 1, 11));
        let (mut at_home, mut owed) = (later(&harbour, 1), later(&harbour, 2));

        drop(first);
        let place = owed.try_recv().unwrap();
        assert_eq!(place.kept, None);
        assert!(at_home.try_recv().is_err());

        drop(second);
        assert_eq!(at_home.try_recv().unwrap().kept, Some(Boat { home: 1, number: 11 }));
    }

    #[test]
    fn a_home_that_has_some_takes_no_strangers() {
        let harbour = Berths::new(2);
        drop([with(now(&harbour, 1), 1, 10), with(now(&harbour, 2), 2, 20)]);
        let own = now(&harbour, 1);
        let mut waiting = later(&harbour, 1);
        let at_home = now(&harbour, 2);
        assert_eq!(at_home.kept, Some(Boat { home: 2, number: 20 }));
        drop(at_home);
        assert!(waiting.try_recv().is_err());
        drop(own);
        let own = waiting.try_recv().unwrap();
        assert_eq!(own.kept, Some(Boat { home: 1, number: 10 }));
    }

    #[test]
    fn what_is_left_alone_goes_to_a_home_up_to_its_share() {
        let harbour = Berths::new(4);
        let used = with(now(&harbour, 1), 1, 10);
        drop([90, 91, 92].map(|number| with(now(&harbour, 1), 1, number)));

        let two = [now(&harbour, 2), now(&harbour, 2)];

        assert!(two.iter().all(|place| place.kept.as_ref().is_some_and(|kept| kept.home == 1)));
        assert!(later(&harbour, 2).try_recv().is_err(), "not the third");
        drop((used, two));
    }

    #[test]
    fn a_home_without_a_share_borrows_what_is_left_alone() {
        let harbour = Berths::new(3);
        drop([90, 91, 92].map(|number| with(now(&harbour, 1), 1, number)));

        let borrowed = [harbour.ask(9, false), harbour.ask(9, false)];

        let homes = borrowed.map(|asked| match asked {
            Asked::Now(place) => place.kept.as_ref().map(|kept| kept.home),
            Asked::Later(_) | Asked::Closed => None,
        });
        assert_eq!(homes, [Some(1), Some(1)], "though it has one already");
    }

    #[test]
    fn under_load_each_home_keeps_to_its_own() {
        let harbour = Berths::new(2);
        let (mut one, mut two) = (with(now(&harbour, 1), 1, 10), with(now(&harbour, 2), 2, 20));
        for _ in 0..5 {
            let (mut next_one, mut next_two) = (later(&harbour, 1), later(&harbour, 2));
            drop((one, two));
            (one, two) = (next_one.try_recv().unwrap(), next_two.try_recv().unwrap());
            assert_eq!(one.kept, Some(Boat { home: 1, number: 10 }));
            assert_eq!(two.kept, Some(Boat { home: 2, number: 20 }));
        }
    }

    #[test]
    fn a_home_at_its_share_gives_nothing_away() {
        let harbour = Berths::new(5);
        let swept = [harbour.ask(9, false), harbour.ask(9, false)];
        let mut one = [10, 11].map(|number| with(now(&harbour, 1), 1, number)).into_iter();
        let two = with(now(&harbour, 2), 2, 20);
        let mut waiting = later(&harbour, 2);

        drop(one.next());
        assert!(waiting.try_recv().is_err(), "it would be the other's turn to be short of one");
        drop(two);
        assert_eq!(waiting.try_recv().unwrap().kept, Some(Boat { home: 2, number: 20 }));
        drop((one, swept));
    }

    #[test]
    fn a_home_without_a_share_that_has_none_borrows_and_closes_nothing() {
        let harbour = Berths::new(1);
        let lent = with(now(&harbour, 1), 1, 10);
        let Asked::Later(mut waiting) = harbour.ask(9, false) else {
            panic!("no place was to be had")
        };

        drop(lent);
        assert_eq!(waiting.try_recv().unwrap().kept, Some(Boat { home: 1, number: 10 }));
    }

    #[test]
    fn who_no_longer_waits_loses_nothing_for_the_others() {
        let harbour = Berths::new(1);
        let lent = with(now(&harbour, 1), 1, 10);
        drop(later(&harbour, 1));
        let late = later(&harbour, 1);
        drop(lent);
        // It was handed over, and then not fetched.
        drop(late);

        assert_eq!(now(&harbour, 1).kept, Some(Boat { home: 1, number: 10 }));
    }

    #[test]
    fn a_broken_one_leaves_its_place_to_who_waits() {
        let harbour = Berths::new(1);
        let mut lent = with(now(&harbour, 1), 1, 10);
        let mut waiting = later(&harbour, 1);
        lent.kept = None;
        drop(lent);

        assert_eq!(waiting.try_recv().unwrap().kept, None);
    }

    #[test]
    fn after_the_end_nobody_is_lent_anything() {
        let harbour = Berths::new(1);
        let lent = with(now(&harbour, 1), 1, 10);
        let mut waiting = later(&harbour, 1);
        harbour.close();
        drop(lent);

        assert!(waiting.try_recv().is_err());
        assert!(matches!(harbour.ask(1, true), Asked::Closed));
    }
}
