//! Which failures of selling may go better later.

use crate::{
    Failure, Kind,
    event::Trouble,
    payment::{GatewayError, PaymentError},
};

impl From<PaymentError> for Trouble {
    fn from(error: PaymentError) -> Self {
        let passes = matches!(error.kind(), Kind::Unavailable | Kind::Conflict | Kind::Internal)
            && !matches!(error, PaymentError::Gateway(GatewayError::NotFound));
        if passes { Self::Passing(error.to_string()) } else { Self::Lasting(error.to_string()) }
    }
}
