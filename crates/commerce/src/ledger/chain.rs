//! The chain of the book: every posting has a number and a link to the one before; whoever changes one breaks it.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Digest, DigestEntry, DigestHead, GENESIS, digest, link};
use crate::{StoreError, Timestamp};

/// How many links are read at once.
const AT_ONCE: u32 = 2_000;

/// One link of the chain, and the posting it seals if that is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub seq: i64,
    pub hash: Digest,
    pub tx: Uuid,
    pub posting: Option<SealedPosting>,
}

/// A posting as it is in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPosting {
    pub id: Uuid,
    pub kind: String,
    pub reference: Uuid,
    pub at: Timestamp,
    pub reverses: Option<Uuid>,
    pub phase: String,
    pub ends: Option<Uuid>,
    /// In the order of their lines.
    pub entries: Vec<SealedEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEntry {
    pub account: String,
    pub currency: String,
    pub amount: i64,
    pub layer: String,
}

impl SealedPosting {
    pub fn digest(&self) -> Digest {
        let head = DigestHead {
            kind: &self.kind,
            reference: self.reference,
            reverses: self.reverses,
            phase: &self.phase,
            ends: self.ends,
        };
        let entries = self.entries.iter().map(|entry| DigestEntry {
            account: &entry.account,
            currency: &entry.currency,
            amount: entry.amount,
            layer: &entry.layer,
        });
        digest(&head, entries)
    }

    /// The link with the number `seq` that it must have after `before`.
    pub fn link(&self, before: &Digest, seq: i64) -> Digest {
        link(before, seq, self.id, self.at.timestamp_micros(), &self.digest())
    }
}

/// The store's side of the chain.
#[async_trait]
pub trait Chain: Send + Sync {
    /// Adds links for up to `limit` postings that have none yet; returns for how many. Writers never wait for it.
    async fn seal(&self, limit: u32) -> Result<usize, StoreError>;

    /// Links after the number `after`, in order.
    async fn sealed(&self, after: i64, limit: u32) -> Result<Vec<Sealed>, StoreError>;

    /// How many postings wait for their link.
    async fn unsealed(&self) -> Result<u64, StoreError>;
}

/// What became of reading the whole chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many links hold.
    pub links: i64,
    /// The last link that holds; whoever writes it down elsewhere can tell later that nothing before it was changed.
    pub head: Digest,
    pub broken: Option<Broken>,
    pub unsealed: u64,
}

/// The first link that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub seq: i64,
    pub why: &'static str,
}

/// Reads the chain from its beginning and computes every link anew.
pub async fn verify(chain: &(impl Chain + ?Sized)) -> Result<Verified, StoreError> {
    let unsealed = chain.unsealed().await?;
    let mut told = Verified { links: 0, head: GENESIS, broken: None, unsealed };
    loop {
        let page = chain.sealed(told.links, AT_ONCE).await?;
        if page.is_empty() {
            return Ok(told);
        }
        for sealed in &page {
            match check(&told, sealed) {
                Ok(()) => (told.links, told.head) = (sealed.seq, sealed.hash),
                Err(broken) => return Ok(Verified { broken: Some(broken), ..told }),
            }
        }
    }
}

fn check(told: &Verified, sealed: &Sealed) -> Result<(), Broken> {
    let seq = told.links.saturating_add(1);
    let broken = |why| Err(Broken { seq, why });
    if sealed.seq != seq {
        return broken("the link is missing");
    }
    match &sealed.posting {
        None => broken("the posting is missing"),
        Some(posting) if posting.link(&told.head, seq) != sealed.hash => {
            broken("the posting or its link was changed")
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::testing::moment;

    struct Book(Mutex<Vec<Sealed>>);

    #[async_trait]
    impl Chain for Book {
        async fn seal(&self, _: u32) -> Result<usize, StoreError> {
            Ok(0)
        }

        async fn sealed(&self, after: i64, _: u32) -> Result<Vec<Sealed>, StoreError> {
            let all = self.0.lock().unwrap();
            Ok(all.iter().filter(|sealed| sealed.seq > after).cloned().collect())
        }

        async fn unsealed(&self) -> Result<u64, StoreError> {
            Ok(0)
        }
    }

    fn posting(n: u128) -> SealedPosting {
        let entry = |account: &str, amount| SealedEntry {
            account: account.into(),
            currency: "USD".into(),
            amount,
            layer: "settled".into(),
        };
        SealedPosting {
            id: Uuid::from_u128(n),
            kind: "test".into(),
            reference: Uuid::nil(),
            at: moment(0),
            reverses: None,
            phase: "settled".into(),
            ends: None,
            entries: vec![entry("cash:bank", 5), entry("rev:sales", -5)],
        }
    }

    fn chain() -> Vec<Sealed> {
        let mut head = GENESIS;
        let links = (1..=5).map(|seq| {
            let posting = posting(u128::try_from(seq).unwrap());
            head = posting.link(&head, seq);
            Sealed { seq, hash: head, tx: posting.id, posting: Some(posting) }
        });
        links.collect()
    }

    async fn first_broken(links: Vec<Sealed>) -> Option<i64> {
        verify(&Book(Mutex::new(links))).await.unwrap().broken.map(|broken| broken.seq)
    }

    #[tokio::test]
    async fn a_chain_nobody_touched_holds() {
        let links = chain();
        let head = links[4].hash;

        let told = verify(&Book(Mutex::new(links))).await.unwrap();

        assert_eq!(told, Verified { links: 5, head, broken: None, unsealed: 0 });
    }

    #[tokio::test]
    async fn whatever_is_changed_breaks_the_link_of_its_place() {
        type Change = fn(&mut SealedPosting);
        let changes: [Change; 8] = [
            |posting| posting.kind = "other".into(),
            |posting| posting.at = moment(1),
            |posting| posting.reference = Uuid::max(),
            |posting| posting.reverses = Some(Uuid::nil()),
            |posting| posting.entries[0].amount = 6,
            |posting| posting.entries[0].account = "cash:purse".into(),
            |posting| posting.entries[1].currency = "EUR".into(),
            |posting| posting.entries.swap(0, 1),
        ];
        for change in changes {
            let mut links = chain();
            change(links[2].posting.as_mut().unwrap());
            assert_eq!(first_broken(links).await, Some(3));
        }
    }

    #[tokio::test]
    async fn what_is_left_out_is_missed() {
        let (mut gone, mut empty) = (chain(), chain());
        gone.remove(1);
        empty[3].posting = None;

        assert_eq!(first_broken(gone).await, Some(2));
        assert_eq!(first_broken(empty).await, Some(4));
    }
}
