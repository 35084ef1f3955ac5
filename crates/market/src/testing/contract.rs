//! What every store of sellers, rules and payouts promises, whatever it is made of.
#![expect(clippy::panic, reason = "a broken promise stops the test")]

use std::sync::Arc;

use commerce::{
    Actor, Currency, Env, Money, Order, PageRequest, Receipts, Repository, Role, Stored, Write,
    seller::{Keeping, OnSale, SellerBooks, Sellers, Terms},
    testing::TestEnv,
};
use uuid::Uuid;

use super::{ModelBank, application, new_rule, operator, person, sold};
use crate::{
    Decision, Market, MarketError, NewRule, Payout, PayoutFilter, PayoutRequest, Payouts, Rule,
    RuleEdit, RuleList, Scope, Seller, SellerFilter, SellerId, SellerList, SellerReads, Settings,
    TeamRole, TransferState,
};

/// What a store must be for selling for others.
pub trait Store:
    SellerList + RuleList + Payouts + SellerReads + SellerBooks + Receipts + Repository<Order> + 'static
{
}

impl<S> Store for S where
    S: SellerList
        + RuleList
        + Payouts
        + SellerReads
        + SellerBooks
        + Receipts
        + Repository<Order>
        + 'static
{
}

struct Street {
    market: Market,
    bank: ModelBank,
    clock: TestEnv,
    operator: Actor,
    orders: Arc<dyn Repository<Order>>,
}

/// Sellers, rules, payouts and what they are read by are found again as their ports say. The store is empty at first.
pub async fn assert_ports<S: Store>(store: Arc<S>) {
    let (clock, bank) = (TestEnv::new(), ModelBank::default());
    let env = clock.env();
    let gateway = Arc::new(bank.clone());
    let market = Market::over(store.clone(), gateway, env.clone(), Settings::default());
    let street = Street { market, bank, clock, operator: operator(&env), orders: store };
    let (ann, bob) = street.sellers_are_found().await;
    street.rules_are_ordered(&ann).await;
    street.payouts_are_itemised(&ann, &bob).await;
}

fn all() -> PageRequest {
    PageRequest { limit: 50, cursor: None }
}

impl Street {
    fn env(&self) -> Env {
        self.clock.env()
    }

    async fn sellers_are_found(&self) -> (Seller, Seller) {
        let market = &self.market;
        let (ann, bob) = (person(&self.env(), Role::Seller), person(&self.env(), Role::Seller));
        let hers = market.apply(&ann, application("Ann"), None).await.unwrap().state;
        self.clock.clock.advance(chrono::TimeDelta::seconds(1));
        let his = market.apply(&bob, application("Bob"), None).await.unwrap().state;
        let again = market.apply(&ann, application("Ann"), None).await;
        assert!(matches!(again, Err(MarketError::HasSeller)), "{again:?}");
        market.set_member(&ann, hers.id, bob.user, TeamRole::Manager).await.unwrap();
        let taken = market.join_team(&bob, hers.id).await;
        assert!(matches!(taken, Err(MarketError::MemberElsewhere)), "{taken:?}");

        let helper = person(&self.env(), Role::Seller);
        market.set_member(&ann, hers.id, helper.user, TeamRole::Manager).await.unwrap();
        let made = market.join_team(&helper, hers.id).await;
        assert_eq!(made.unwrap().state.team.len(), 2);
        assert_eq!(market.my_seller(&helper).await.unwrap().state.id, hers.id);
        assert_eq!(market.keeps_for(helper.user).await.unwrap(), Keeping::Barred);

        let approve = Decision::Approve;
        let hers = market.decide(&self.operator, hers.id, &approve).await.unwrap().state;
        assert_eq!(market.keeps_for(helper.user).await.unwrap(), Keeping::Seller(hers.id.uuid()));
        let stranger = person(&self.env(), Role::Seller);
        assert_eq!(market.keeps_for(stranger.user).await.unwrap(), Keeping::Shop);
        for _ in 0..2 {
            market.remove_member(&ann, hers.id, helper.user).await.unwrap();
            assert_eq!(market.keeps_for(helper.user).await.unwrap(), Keeping::Barred);
            let manager = TeamRole::Manager;
            let back = market.set_member(&self.operator, hers.id, helper.user, manager).await;
            assert_eq!(back.unwrap().state.team.len(), 2);
        }
        let selling = market.sellers.selling(&[hers.id.uuid(), his.id.uuid()]).await.unwrap();
        assert_eq!(selling, [hers.id.uuid()]);

        let names = |page: commerce::Page<Stored<Seller>>| -> Vec<String> {
            page.data.into_iter().map(|stored| stored.state.name).collect()
        };
        let listed = market.sellers.list_sellers(SellerFilter::default(), all()).await.unwrap();
        assert_eq!(names(listed), ["Bob", "Ann"]);
        let applied = SellerFilter { state: Some("applied".into()) };
        let first = PageRequest { limit: 1, cursor: None };
        let listed = market.sellers.list_sellers(applied, first).await.unwrap();
        assert_eq!(names(listed), ["Bob"]);
        let due = market.sellers.due_sellers(self.env().now(), 9).await.unwrap();
        assert!(due.is_empty(), "tomorrow is another day");
        let later = hers.next_payout.unwrap();
        assert_eq!(market.sellers.due_sellers(later, 9).await.unwrap(), [hers.id]);
        let his = market.decide(&self.operator, his.id, &approve).await.unwrap().state;
        (hers, his)
    }

    async fn rules_are_ordered(&self, seller: &Seller) {
        let market = &self.market;
        let general = market.make_rule(&self.operator, new_rule(1_000), None).await.unwrap();
        let scope = Scope { seller: Some(seller.id.uuid()), ..Scope::default() };
        let hers = NewRule { scope, position: Some(0), ..new_rule(500) };
        let hers = market.make_rule(&self.operator, hers, None).await.unwrap();
        let listed = market.list_rules(&self.operator).await.unwrap();
        let ids = |all: &[Stored<Rule>]| all.iter().map(|rule| rule.state.id).collect::<Vec<_>>();
        assert_eq!(ids(&listed), [hers.state.id, general.state.id]);

        let thing = OnSale {
            seller: seller.id.uuid(),
            product: Uuid::nil(),
            categories: Vec::new(),
            price: Money::usd(100_00),
        };
        let fee = async || match market.terms(std::slice::from_ref(&thing)).await.unwrap().remove(0)
        {
            Terms::Commission(commission) => commission.fee,
            Terms::Barred => panic!("an approved seller may sell"),
        };
        assert_eq!(fee().await, Money::usd(5_00));
        let edit = RuleEdit { basis_points: Some(700), ..RuleEdit::default() };
        let id = hers.state.id;
        let hers = market.edit_rule(&self.operator, id, hers.version, edit).await.unwrap();
        assert_eq!(fee().await, Money::usd(7_00));
        market.retire_rule(&self.operator, id, hers.version).await.unwrap();
        assert_eq!(fee().await, Money::usd(10_00));
        assert_eq!(ids(&market.list_rules(&self.operator).await.unwrap()), [general.state.id]);
    }

    async fn earned(&self, seller: SellerId, minor: i64) {
        let (order, effects) = sold(&self.env(), seller, Money::usd(minor));
        self.orders.commit(Write::new(order).with(effects)).await.unwrap();
    }

    async fn payouts_are_itemised(&self, ann: &Seller, bob: &Seller) {
        let market = &self.market;
        for (seller, minor) in [(ann, 10_00), (ann, 5_00), (bob, 3_00)] {
            self.earned(seller.id, minor).await;
            self.clock.clock.advance(chrono::TimeDelta::seconds(1));
        }
        let balances = market.reads.balances(ann.id).await.unwrap();
        assert_eq!(balances.iter().map(|b| b.payable).collect::<Vec<_>>(), [Money::usd(15_00)]);
        let unpaid = market.payouts.unpaid_entries(ann.id, Currency::USD).await.unwrap();
        let amounts: Vec<_> = unpaid.iter().map(|item| item.amount.minor).collect();
        assert_eq!(amounts, [10_00, 5_00], "oldest first");
        assert!(market.payouts.unpaid_entries(ann.id, Currency::EUR).await.unwrap().is_empty());

        let request =
            |seller: &Seller| PayoutRequest { seller: seller.id, currency: Currency::USD };
        let made = market.pay_out(&self.operator, request(ann), None).await.unwrap().state;
        assert_eq!((made.amount, made.items.clone()), (Money::usd(15_00), unpaid));
        let again = market.pay_out(&self.operator, request(ann), None).await;
        assert!(matches!(again, Err(MarketError::NothingToPay)), "{again:?}");
        let his = market.pay_out(&self.operator, request(bob), None).await.unwrap().state;
        self.twice_is_refused(&his).await;

        assert_eq!(market.payouts.find(made.id).await.unwrap().unwrap().state, made);
        market.send_payout(made.id).await.unwrap();
        self.bank.moves(made.id, TransferState::Paid);
        market.follow(made.id).await.unwrap();
        let paid = market.payouts.find(made.id).await.unwrap().unwrap();
        assert_eq!(paid.state.state.name(), "paid");
        let of = |seller: &Seller, state: &str| PayoutFilter {
            seller: Some(seller.id),
            state: Some(state.into()),
        };
        let listed = market.payouts.list_payouts(of(ann, "paid"), all()).await.unwrap();
        assert_eq!(listed.data, [paid]);
        let listed = market.payouts.list_payouts(of(ann, "draft"), all()).await.unwrap();
        assert!(listed.data.is_empty());
        let due = market.payouts.due_payouts(his.check_at.unwrap(), 9).await.unwrap();
        assert_eq!(due, [his.id]);
        self.statements_are_read(ann).await;
    }

    async fn twice_is_refused(&self, payout: &Payout) {
        let twin = Payout { id: crate::PayoutId::new(&self.env()), ..payout.clone() };
        let twice = self.market.payouts.commit(Write::new(twin).alone()).await;
        let taken = matches!(&twice, Err(commerce::CommitError::Taken(what))
            if what == "market_payout_items_tx_line_key");
        assert!(taken, "an entry is paid once: {twice:?}");
    }

    async fn statements_are_read(&self, seller: &Seller) {
        let reads = &self.market.reads;
        let whole = reads.statement(seller.id, all()).await.unwrap().data;
        let kinds: Vec<_> = whole.iter().map(|e| (e.kind.as_str(), e.amount.minor)).collect();
        assert_eq!(kinds.first(), Some(&("payout_sent", -15_00)), "newest first");
        assert_eq!(kinds.len(), 7, "{kinds:?}");
        let mut cursor = None;
        let mut walked = Vec::new();
        loop {
            let page = PageRequest { limit: 2, cursor };
            let page = reads.statement(seller.id, page).await.unwrap();
            walked.extend(page.data);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(walked, whole, "page by page it is the same");
        let sold = reads.sold_lines(seller.id, all()).await.unwrap().data;
        let nets: Vec<_> = sold.iter().map(|line| (line.sku.as_str(), line.net.minor)).collect();
        assert_eq!(nets, [("TEA", 5_00), ("TEA", 10_00)]);
    }
}
