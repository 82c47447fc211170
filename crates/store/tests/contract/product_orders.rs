//! Whoever holds an order writes of it, and nobody else.

use store::Error;
use store::product_orders::Next;

use crate::databases::{TEST, on_each, partner};
use crate::foreign::{order, ordered};
use crate::money::{LEASE, NOW, payment};

#[tokio::test]
async fn an_order_that_somebody_else_has_taken_is_written_by_nobody_before() {
    on_each(async |fresh| {
        payment(fresh).await;
        let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
        let scope = tx.scope();
        order(&tx, 950).await.unwrap();
        let mine = scope.find_product_order(ordered().id).await.unwrap().unwrap();
        let now = NOW + LEASE;
        let claimed = scope.claim_product_order(mine.id, false, now, now + LEASE).await;
        let theirs = claimed.unwrap().unwrap();
        for lost in [
            scope.save_product_order(&mine, &Next::of(&mine, now)).await,
            scope.want_no_product_order(&mine).await,
            scope.remove_product_order(&mine).await,
        ] {
            assert!(matches!(lost, Err(Error::Stale)), "{}: {lost:?}", fresh.name);
        }
        scope.want_no_product_order(&theirs).await.unwrap();
        let next = Next::of(&theirs, now);
        scope.save_product_order(&theirs, &next).await.unwrap();
        tx.commit().await.unwrap();
    })
    .await;
}
