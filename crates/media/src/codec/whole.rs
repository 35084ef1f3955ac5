//! Whether a file has its end: decoders fill in what is missing with grey, and nobody wants to sell that.

use super::Format;

/// What comes after the end is not looked at; it is not kept either.
pub(super) fn is_whole(format: Format, bytes: &[u8]) -> bool {
    match format {
        Format::Jpeg => jpeg_ends(bytes).is_some(),
        Format::Png => png_ends(bytes).is_some(),
        Format::Webp => webp_ends(bytes).is_some(),
    }
}

/// Marker segments up to EOI (ITU T.81, B.1.1); each but a few carries its length.
fn jpeg_ends(bytes: &[u8]) -> Option<()> {
    const SOI: u8 = 0xd8;
    const EOI: u8 = 0xd9;
    const SOS: u8 = 0xda;
    let mut rest = bytes;
    loop {
        let (&prefix, after) = rest.split_first()?;
        let (&marker, after) = after.split_first()?;
        if prefix != 0xff {
            return None;
        }
        rest = match marker {
            EOI => return Some(()),
            // A fill byte: the marker is still to come.
            0xff => rest.get(1..)?,
            SOI | 0x01 | 0xd0..=0xd7 => after,
            SOS => after_scan(skip_segment(after)?)?,
            _ => skip_segment(after)?,
        };
    }
}

fn skip_segment(rest: &[u8]) -> Option<&[u8]> {
    let length = u16::from_be_bytes(*rest.first_chunk()?);
    rest.get(usize::from(length.max(2))..)
}

/// Entropy-coded data lasts until a marker that is neither a stuffed zero nor a restart.
fn after_scan(rest: &[u8]) -> Option<&[u8]> {
    let is_marker =
        |pair: &[u8]| matches!(pair, [0xff, marker] if !matches!(marker, 0 | 0xff | 0xd0..=0xd7));
    let at = rest.windows(2).position(is_marker)?;
    rest.get(at..)
}

/// Chunks up to IEND (PNG, third edition, 5.3): length, name, data, checksum.
fn png_ends(bytes: &[u8]) -> Option<()> {
    let mut rest = bytes.get(8..)?;
    loop {
        let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk()?)).ok()?;
        let name = rest.get(4..8)?;
        rest = rest.get(length.checked_add(12)?..)?;
        if name == b"IEND" {
            return Some(());
        }
    }
}

/// RIFF says its length in its header (RFC 9649, 2.4).
fn webp_ends(bytes: &[u8]) -> Option<()> {
    let length = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?);
    let length = usize::try_from(length).ok()?.checked_add(8)?;
    bytes.get(..length).map(|_| ())
}
