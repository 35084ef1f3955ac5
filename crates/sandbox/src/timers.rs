//! Timers for what comes later: outcomes, late captures, slow refunds, new tries of webhooks.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use crate::books::{Dispatch, Step};

/// A year, so that no time overflows.
const LONGEST_MS: u64 = 366 * 86_400_000;

/// What is done when its time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    Step(String, Step),
    Refund(String),
    Deliver(Dispatch),
}

/// Tasks by the time they fall due. A test may bring all of them nearer.
#[derive(Default)]
pub struct Timers {
    queue: Mutex<Queue>,
    changed: Notify,
}

#[derive(Default)]
struct Queue {
    heap: BinaryHeap<Reverse<Due>>,
    armed: u64,
    ahead: Duration,
}

impl Timers {
    pub fn arm(&self, ms: u64, task: Task) {
        let mut queue = self.queue();
        let at = queue.now() + Duration::from_millis(ms.min(LONGEST_MS));
        queue.armed += 1;
        let number = queue.armed;
        queue.heap.push(Reverse(Due { at, number, task }));
        drop(queue);
        self.changed.notify_one();
    }

    pub fn advance(&self, ms: u64) {
        self.queue().ahead += Duration::from_millis(ms);
        self.changed.notify_one();
    }

    /// The next task whose time has come, if any.
    pub fn take_due(&self) -> Option<Task> {
        let mut queue = self.queue();
        let now = queue.now();
        if queue.heap.peek()?.0.at > now {
            return None;
        }
        queue.heap.pop().map(|due| due.0.task)
    }

    /// Waits until a task may be due.
    pub async fn wait(&self) {
        let gap = {
            let queue = self.queue();
            let now = queue.now();
            queue.heap.peek().map(|due| due.0.at.saturating_duration_since(now))
        };
        let changed = self.changed.notified();
        match gap {
            Some(gap) => drop(tokio::time::timeout(gap, changed).await),
            None => changed.await,
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn now(&self) -> Instant {
        Instant::now() + self.ahead
    }
}

/// A task, ordered by its time and then by the order of arming.
struct Due {
    at: Instant,
    number: u64,
    task: Task,
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}
