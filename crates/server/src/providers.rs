//! The payment providers that are switched on.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use commerce::{
    Clock,
    payment::{Gateways, PaymentGateway},
    wallet::WALLET,
};
use integrations::gateways::{
    CallSettings, CertificateSettings, CircuitSettings, Patience, PayPalCheck, PayPalGateway,
    PayPalSettings, RazorpayGateway, RazorpaySettings, SandboxGateway, SandboxPayouts,
    SandboxSettings, StripeGateway, StripeSettings,
};

use market::{ByHand, PayoutGateway};

use crate::{
    config::{
        Config, PayPalProvider, Payments, PayoutProvider, RazorpayProvider, SandboxProvider,
        StripeProvider, WebhookCheck,
    },
    wiring::{WiringError, setting},
};

type Built = Result<Arc<dyn PaymentGateway>, WiringError>;

pub fn gateways(payments: &Payments, clock: &Arc<dyn Clock>) -> Result<Gateways, WiringError> {
    // The wallet is ours: nobody is asked.
    let gateways = payments.enabled.iter().filter(|provider| *provider != WALLET);
    let built = gateways.map(|provider| match provider.as_str() {
        "sandbox" => sandbox(&payments.sandbox),
        "stripe" => stripe(&payments.stripe, payments),
        "paypal" => paypal(&payments.paypal, payments, clock.clone()),
        "razorpay" => razorpay(&payments.razorpay, payments),
        other => Err(setting("payments.enabled")(&format!("there is no provider `{other}`"))),
    });
    Ok(Gateways::new(built.collect::<Result<Vec<_>, _>>()?))
}

/// Who carries money to sellers.
pub fn payouts(config: &Config) -> Result<Arc<dyn PayoutGateway>, WiringError> {
    match config.market.payouts {
        PayoutProvider::ByHand => Ok(Arc::new(ByHand)),
        PayoutProvider::Sandbox => {
            let gateway = SandboxPayouts::new(sandbox_settings(&config.payments.sandbox));
            Ok(Arc::new(gateway.map_err(|error| setting("payments.sandbox")(&error))?))
        }
    }
}

fn sandbox(sandbox: &SandboxProvider) -> Built {
    let gateway = SandboxGateway::new(sandbox_settings(sandbox));
    Ok(Arc::new(gateway.map_err(|error| setting("payments.sandbox")(&error))?))
}

fn sandbox_settings(sandbox: &SandboxProvider) -> SandboxSettings {
    SandboxSettings {
        base_url: sandbox.base_url.clone(),
        api_key: sandbox.api_key.clone(),
        webhook_secrets: sandbox.webhook_secrets.clone(),
        tolerance: TimeDelta::seconds(sandbox.tolerance_s),
        timeout: Duration::from_millis(sandbox.timeout_ms),
        circuit: CircuitSettings::default(),
    }
}

fn stripe(stripe: &StripeProvider, payments: &Payments) -> Built {
    let gateway = StripeGateway::new(StripeSettings {
        base_url: stripe.base_url.clone(),
        secret_key: stripe.secret_key.clone(),
        publishable_key: stripe.publishable_key.clone(),
        api_version: stripe.api_version.clone(),
        payment_method_types: stripe.payment_method_types.clone(),
        webhook_secrets: stripe.webhook_secrets.clone(),
        tolerance: TimeDelta::seconds(stripe.tolerance_s),
        call: call(payments, stripe.timeout_ms),
    });
    Ok(Arc::new(gateway.map_err(|error| setting("payments.stripe")(&error))?))
}

fn paypal(paypal: &PayPalProvider, payments: &Payments, clock: Arc<dyn Clock>) -> Built {
    let settings = PayPalSettings {
        base_url: paypal.base_url.clone(),
        client_id: paypal.client_id.clone(),
        client_secret: paypal.client_secret.clone(),
        merchant_id: paypal.merchant_id.clone(),
        brand_name: paypal.brand_name.clone(),
        return_url: paypal.return_url.clone(),
        cancel_url: paypal.cancel_url.clone(),
        webhook_ids: paypal.webhook_ids.clone(),
        check: match paypal.webhook_check {
            WebhookCheck::Certificate => PayPalCheck::Certificate,
            WebhookCheck::Postback => PayPalCheck::Postback,
        },
        certificates: CertificateSettings { between: between(paypal)?, ..Default::default() },
        call: call(payments, paypal.timeout_ms),
    };
    let gateway = PayPalGateway::new(settings, clock);
    Ok(Arc::new(gateway.map_err(|error| setting("payments.paypal")(&error))?))
}

fn between(paypal: &PayPalProvider) -> Result<String, WiringError> {
    match paypal.certificates_between.as_str() {
        "" => Ok(String::new()),
        path => std::fs::read_to_string(path)
            .map_err(|error| setting("payments.paypal.certificates_between")(&error)),
    }
}

fn razorpay(razorpay: &RazorpayProvider, payments: &Payments) -> Built {
    let gateway = RazorpayGateway::new(RazorpaySettings {
        base_url: razorpay.base_url.clone(),
        key_id: razorpay.key_id.clone(),
        key_secret: razorpay.key_secret.clone(),
        webhook_secrets: razorpay.webhook_secrets.clone(),
        call: call(payments, razorpay.timeout_ms),
    });
    Ok(Arc::new(gateway.map_err(|error| setting("payments.razorpay")(&error))?))
}

fn call(payments: &Payments, timeout_ms: u64) -> CallSettings {
    CallSettings {
        timeout: Duration::from_millis(timeout_ms),
        patience: Patience {
            attempts: payments.attempts,
            total: Duration::from_millis(payments.patience_ms),
            ..Patience::default()
        },
        circuit: CircuitSettings::default(),
    }
}
