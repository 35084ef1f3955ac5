//! Numbers and things that look drawn, and are the same each time.

/// The steps of `SplitMix64` (Steele, Lea and Flood, 2014): bits that have nothing to do with each other, of a number.
pub(super) fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The one whose turn it is.
pub(super) fn cycled<T>(of: &[T], number: u64) -> Option<&T> {
    let count = u64::try_from(of.len()).ok()?;
    of.get(usize::try_from(number.checked_rem(count)?).ok()?)
}
