//! Look at orders and payments: buyers see their own, operators see all.

use super::Sales;
use crate::{
    Actor, Order, OrderId, Page, PageRequest, Payment, PaymentId, Role, Stored,
    order::OrderFilter,
    payment::{PaymentError, PaymentFilter},
};

impl Sales {
    pub async fn order(&self, actor: &Actor, id: OrderId) -> Result<Stored<Order>, PaymentError> {
        let found = self.orders.find(id).await?;
        found.filter(|stored| actor.may_see(stored.state.buyer)).ok_or(PaymentError::NoOrder)
    }

    pub async fn orders(
        &self,
        actor: &Actor,
        filter: OrderFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Order>>, PaymentError> {
        let buyer = if actor.role == Role::Operator { filter.buyer } else { Some(actor.user) };
        Ok(self.orders.list_orders(OrderFilter { buyer, ..filter }, page).await?)
    }

    pub async fn payment(
        &self,
        actor: &Actor,
        id: PaymentId,
    ) -> Result<Stored<Payment>, PaymentError> {
        let found = self.payments.find(id).await?;
        found.filter(|stored| actor.may_see(stored.state.buyer)).ok_or(PaymentError::NoPayment)
    }

    pub async fn payments(
        &self,
        actor: &Actor,
        filter: PaymentFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Payment>>, PaymentError> {
        let buyer = if actor.role == Role::Operator { filter.buyer } else { Some(actor.user) };
        Ok(self.payments.list_payments(PaymentFilter { buyer, ..filter }, page).await?)
    }
}
