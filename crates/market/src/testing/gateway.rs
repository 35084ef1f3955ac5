//! A bank in memory that a test tells what becomes of each payout.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::{NewTransfer, PayoutGateway, PayoutId, Transfer, TransferError, TransferState};

#[derive(Debug, Default)]
pub struct Till {
    pub transfers: BTreeMap<String, Transfer>,
    /// What the next calls fail with, the last first.
    pub faults: Vec<TransferError>,
    /// How often anything was asked to be sent.
    pub asked: usize,
}

#[derive(Debug, Clone, Default)]
pub struct ModelBank(Arc<Mutex<Till>>);

impl ModelBank {
    pub fn till(&self) -> MutexGuard<'_, Till> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn moves(&self, payout: PayoutId, state: TransferState) {
        let mut till = self.till();
        till.transfers.get_mut(&payout.to_string()).unwrap().state = state;
    }
}

#[async_trait]
impl PayoutGateway for ModelBank {
    fn provider(&self) -> &'static str {
        "model"
    }

    /// Writes it down even when the answer is lost.
    async fn send(&self, transfer: &NewTransfer) -> Result<Transfer, TransferError> {
        let mut till = self.till();
        till.asked = till.asked.saturating_add(1);
        let fault = till.faults.pop();
        if let Some(refused @ TransferError::Refused { .. }) = fault {
            return Err(refused);
        }
        let made = Transfer {
            provider_ref: transfer.payout.to_string(),
            amount: transfer.amount,
            state: TransferState::InTransit,
        };
        let made = till.transfers.entry(transfer.payout.to_string()).or_insert(made).clone();
        fault.map_or(Ok(made), Err)
    }

    async fn fetch(&self, provider_ref: &str) -> Result<Transfer, TransferError> {
        let mut till = self.till();
        match till.faults.pop() {
            Some(fault) => Err(fault),
            None => till.transfers.get(provider_ref).cloned().ok_or(TransferError::NotFound),
        }
    }
}
