//! The gateway: the books under one lock, and what happens around them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc::UnboundedSender, watch};

use crate::{
    Config,
    books::{Dispatch, Effects, State},
    journal::Journal,
    timers::Timers,
};

pub struct Gateway {
    pub api_key: String,
    pub allow_cors: bool,
    /// The newest first.
    pub webhook_secrets: Vec<String>,
    pub timers: Timers,
    state: Mutex<State>,
    /// Held by whoever runs the tasks that are due.
    running: Mutex<()>,
    journal: Mutex<Option<Journal>>,
    sends: UnboundedSender<Vec<Dispatch>>,
    stopping: watch::Sender<bool>,
}

impl Gateway {
    pub fn new(
        config: &Config,
        state: State,
        journal: Option<Journal>,
        sends: UnboundedSender<Vec<Dispatch>>,
    ) -> Self {
        let newest = std::iter::once(config.webhook_secret.clone());
        Self {
            api_key: config.api_key.clone(),
            allow_cors: config.allow_cors,
            webhook_secrets: newest.chain(config.previous_webhook_secrets.clone()).collect(),
            timers: Timers::default(),
            state: Mutex::new(state),
            running: Mutex::default(),
            journal: Mutex::new(journal),
            sends,
            stopping: watch::Sender::new(false),
        }
    }

    /// Changes the books and sets in motion what follows from it.
    pub fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = lock(&self.state);
        let result = change(&mut state);
        let effects = state.finish();
        // Under the lock still, so that the journal has its lines in the order of the changes.
        self.set_in_motion(effects);
        result
    }

    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&lock(&self.state))
    }

    fn set_in_motion(&self, effects: Effects) {
        if !effects.lines.is_empty()
            && let Some(journal) = lock(&self.journal).as_ref()
        {
            journal.append(effects.lines);
        }
        for (ms, task) in effects.timers {
            self.timers.arm(ms, task);
        }
        for row in effects.sends {
            // It fails only when the gateway is stopping; the event stays pending.
            let _ = self.sends.send(row);
        }
    }

    /// Does everything whose time has come, and comes back when it is done, whoever did it.
    pub fn run_due(&self) {
        let _alone = lock(&self.running);
        while let Some(task) = self.timers.take_due() {
            self.with(|state| state.run(task));
        }
    }

    pub fn advance(&self, ms: u64) {
        self.timers.advance(ms);
        self.run_due();
    }

    /// Runs the timers, for ever.
    pub async fn keep_time(&self) {
        loop {
            self.run_due();
            self.timers.wait().await;
        }
    }

    /// Ends at the start of the stop; those who hold answers back wait for it.
    pub async fn stopping(&self) {
        let mut stopping = self.stopping.subscribe();
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }

    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Writes what the journal still lacks; later changes are not kept.
    pub fn close(&self) {
        let journal = lock(&self.journal).take();
        if let Some(journal) = journal {
            journal.close();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
