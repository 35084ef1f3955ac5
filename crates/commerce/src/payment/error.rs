//! Why a payment refuses.

use serde_json::{Value, json};
use thiserror::Error;

use crate::{
    CommitError, Failure, FieldError, IsStale, Kind, Money, MoneyError, OrderId, StoreError,
    ledger::Unbalanced,
    order::OrderError,
    payment::{GatewayError, NoticeError, PaymentId},
    wallet::WalletError,
};

#[derive(Debug, Error)]
pub enum PaymentError {
    #[error("no such payment")]
    NoPayment,
    #[error("no such order")]
    NoOrder,
    #[error("there is no payment provider `{0}`")]
    NoProvider(String),
    #[error("the order waits for another payment")]
    InProgress(PaymentId),
    #[error("order {0} is not waiting for payment")]
    NotPayable(OrderId),
    #[error("the payment was not captured")]
    NotCaptured,
    #[error("a refund must be more than zero")]
    NothingToRefund,
    #[error("only {left} can still be refunded")]
    RefundTooLarge { left: Money },
    #[error("no such dispute")]
    NoDispute,
    #[error("the dispute was decided the other way")]
    DisputeDecided,
    #[error("only {left} can still be disputed, and more than nothing")]
    NotDisputable { left: Money },
    #[error("the amount is in {given} but the payment in {paid}")]
    OtherCurrency { given: crate::Currency, paid: crate::Currency },
    #[error("the provider speaks of something else: {0}")]
    Mismatch(&'static str),
    #[error(transparent)]
    Order(#[from] OrderError),
    #[error(transparent)]
    Wallet(#[from] WalletError),
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    #[error(transparent)]
    Notice(#[from] NoticeError),
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Unbalanced(#[from] Unbalanced),
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl From<StoreError> for PaymentError {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

impl IsStale for PaymentError {
    fn is_stale(&self) -> bool {
        matches!(self, Self::Commit(error) if error.is_stale())
    }
}

impl Failure for PaymentError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoPayment | Self::NoOrder | Self::NoDispute => Kind::NotFound,
            Self::NoProvider(_)
            | Self::NothingToRefund
            | Self::RefundTooLarge { .. }
            | Self::NotDisputable { .. }
            | Self::OtherCurrency { .. }
            | Self::Money(_) => Kind::Invalid,
            Self::InProgress(_)
            | Self::NotPayable(_)
            | Self::NotCaptured
            | Self::DisputeDecided
            | Self::Gateway(GatewayError::Refused { .. }) => Kind::Conflict,
            Self::Order(error) => error.kind(),
            Self::Wallet(error) => error.kind(),
            Self::Gateway(_) | Self::Notice(NoticeError::Unavailable) => Kind::Unavailable,
            Self::Notice(_) => Kind::Unauthenticated,
            Self::Mismatch(_) | Self::Unbalanced(_) => Kind::Internal,
            Self::Commit(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoPayment => "no_payment",
            Self::NoOrder => "no_order",
            Self::NoProvider(_) => "no_provider",
            Self::InProgress(_) => "payment_in_progress",
            Self::NotPayable(_) => "order_not_payable",
            Self::NotCaptured => "payment_not_captured",
            Self::NothingToRefund => "nothing_to_refund",
            Self::RefundTooLarge { .. } => "refund_too_large",
            Self::NoDispute => "no_dispute",
            Self::DisputeDecided => "dispute_decided",
            Self::NotDisputable { .. } => "not_disputable",
            Self::OtherCurrency { .. } => "other_currency",
            Self::Mismatch(_) => "provider_mismatch",
            Self::Order(error) => error.code(),
            Self::Wallet(error) => error.code(),
            Self::Gateway(GatewayError::Refused { .. }) => "provider_refused",
            Self::Gateway(_) | Self::Notice(NoticeError::Unavailable) => "provider_unavailable",
            Self::Notice(_) => "bad_signature",
            Self::Money(_) => "bad_amount",
            Self::Unbalanced(_) => "unbalanced",
            Self::Commit(error) => error.code(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let pointer = match self {
            Self::NoProvider(_) => "#/provider",
            Self::NothingToRefund | Self::RefundTooLarge { .. } | Self::NotDisputable { .. } => {
                "#/amount"
            }
            Self::OtherCurrency { .. } => "#/amount/currency",
            Self::Commit(error) => return error.fields(),
            Self::Wallet(error) => return error.fields(),
            _ => return Vec::new(),
        };
        vec![FieldError::new(pointer, self.code(), self.to_string())]
    }

    fn facts(&self) -> Option<Value> {
        match self {
            Self::InProgress(payment) => Some(json!({"payment": payment.to_string()})),
            Self::RefundTooLarge { left } | Self::NotDisputable { left } => {
                Some(json!({"left": left}))
            }
            Self::Wallet(error) => error.facts(),
            _ => None,
        }
    }
}
