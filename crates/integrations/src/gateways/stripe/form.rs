//! Stripe's bodies: `application/x-www-form-urlencoded` with bracketed keys, as its own libraries write them.

use form_urlencoded::byte_serialize;

/// Pairs in the order they were put in.
#[derive(Debug, Default)]
pub(super) struct Form(String);

impl Form {
    /// Keys stay as they are, brackets too; values are escaped.
    pub fn with(mut self, key: &str, value: impl AsRef<str>) -> Self {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(key);
        self.0.push('=');
        self.0.extend(byte_serialize(value.as_ref().as_bytes()));
        self
    }

    pub fn body(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body Stripe's own library was recorded to send.
    #[test]
    fn a_body_is_written_as_stripe_writes_it() {
        let form = Form::default()
            .with("amount", "1099")
            .with("currency", "usd")
            .with("automatic_payment_methods[enabled]", "true")
            .with("metadata[order_id]", "o 1&x=é")
            .with("description", "Order #1")
            .with("receipt_email", "a+b@example.com")
            .with("expand[0]", "latest_charge")
            .with("payment_method_types[0]", "card")
            .with("payment_method_types[1]", "link")
            .with("shipping[name]", "J")
            .with("shipping[address][line1]", "1 St")
            .with("shipping[address][country]", "US");

        assert_eq!(
            form.body(),
            "amount=1099&currency=usd&automatic_payment_methods[enabled]=true\
             &metadata[order_id]=o+1%26x%3D%C3%A9&description=Order+%231\
             &receipt_email=a%2Bb%40example.com&expand[0]=latest_charge\
             &payment_method_types[0]=card&payment_method_types[1]=link&shipping[name]=J\
             &shipping[address][line1]=1+St&shipping[address][country]=US"
        );
    }
}
