//! Where a request comes from; a forwarded address counts only behind one of our own proxies.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use actix_web::{HttpRequest, http::header::HeaderMap};
use thiserror::Error;

/// A range of addresses, such as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    bits: u8,
}

#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not a range of addresses such as 10.0.0.0/8")]
pub struct BadCidr(String);

impl Cidr {
    pub fn parse(text: &str) -> Result<Self, BadCidr> {
        let bad = || BadCidr(text.to_owned());
        let (address, bits) = text.split_once('/').unwrap_or((text, ""));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = if bits.is_empty() { most } else { bits.parse().map_err(|_| bad())? };
        if bits <= most { Ok(Self { address, bits }) } else { Err(bad()) }
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, canonical(address)) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let shift = 32_u32.saturating_sub(self.bits.into());
                u32::from(ours).checked_shr(shift) == u32::from(theirs).checked_shr(shift)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let shift = 128_u32.saturating_sub(self.bits.into());
                u128::from(ours).checked_shr(shift) == u128::from(theirs).checked_shr(shift)
            }
            _ => false,
        }
    }
}

/// An IPv4 address that came in IPv6 clothes is the IPv4 address.
fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// The client's address: the peer, or behind trusted proxies the first stranger from the right.
pub fn client(request: &HttpRequest, trusted: &[Cidr]) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip());
    behind_proxies(canonical(peer), request.headers(), trusted)
}

fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[Cidr]) -> IpAddr {
    let is_ours = |address| trusted.iter().any(|range| range.contains(address));
    let mut nearest = peer;
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .collect();
    for hop in hops.into_iter().rev() {
        if !is_ours(nearest) {
            return nearest;
        }
        let Ok(address) = hop.trim().parse() else { return nearest };
        nearest = canonical(address);
    }
    nearest
}

/// What a client is counted under: its address, or its /64, which is one household in IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Household(IpAddr);

impl Household {
    pub fn of(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64)).into(),
        })
    }
}

impl fmt::Display for Household {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => v4.fmt(f),
            IpAddr::V6(network) => write!(f, "{network}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            let name = HeaderName::from_static("x-forwarded-for");
            headers.append(name, HeaderValue::from_str(line).unwrap());
        }
        let trusted: Vec<_> = trusted.iter().map(|range| Cidr::parse(range).unwrap()).collect();
        behind_proxies(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_forwarded_address_counts_only_behind_a_trusted_proxy() {
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"], &["10.0.0.0/8"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1"], &["10.0.0.0/8"]), "198.51.100.1");
    }

    #[test]
    fn what_a_client_wrote_itself_is_passed_over() {
        let walked = seen("10.0.0.1", &["1.1.1.1, 198.51.100.1", "10.0.0.2"], &["10.0.0.0/8"]);

        assert_eq!(walked, "198.51.100.1");
    }

    #[test]
    fn nonsense_ends_the_walk() {
        assert_eq!(seen("10.0.0.1", &["evil"], &["10.0.0.0/8"]), "10.0.0.1");
    }

    #[test]
    fn a_household_in_ipv6_is_counted_as_one() {
        let one = Household::of("2001:db8:1:2:aaaa::1".parse().unwrap());
        let other = Household::of("2001:db8:1:2:bbbb::2".parse().unwrap());

        assert_eq!(one, other);
        assert_eq!(one.to_string(), "2001:db8:1:2::/64");
    }

    #[test]
    fn a_range_that_makes_no_sense_is_refused() {
        assert!(Cidr::parse("10.0.0.0/33").is_err());
        assert!(Cidr::parse("shop").is_err());
    }
}
