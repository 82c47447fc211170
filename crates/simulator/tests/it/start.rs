//! Starting, closing, opening, ending.

use crate::walk::{Client, http, simulator};
use nordbro_simulator::{Fault, Outcome, Rule};

#[tokio::test]
async fn a_closed_world_refuses_connections_and_an_opened_one_listens_on_the_same_port() {
    let simulator = simulator().await;
    let client = Client::of(simulator.test(), "100001").await;
    let url = simulator.test().url();
    simulator.test().close().await;
    let refused = http().get(&url).send().await.unwrap_err();
    assert!(refused.is_connect());
    let pooled = client.http.get(&url).send().await.unwrap_err();
    assert!(
        pooled.is_connect(),
        "an idle connection was closed as well: {pooled:?}"
    );
    simulator.test().open().await.unwrap();
    assert_eq!(client.fetch_token().await.status, 200);
    assert_eq!(simulator.test().url(), url);
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_request_is_in_the_ring_with_its_faults_and_its_outcome() {
    let simulator = simulator().await;
    let client = Client::of(simulator.test(), "100001").await;
    simulator
        .test()
        .add_fault(Rule::new("gone", Fault::ResetBeforeEffect).on("token.*").once());
    let request = http().post(format!("{}/accesstoken/get", simulator.test().url()));
    assert!(request.send().await.unwrap_err().is_request());
    assert_eq!(client.fetch_token().await.status, 200);
    let seen = simulator.test().requests();
    let outcomes: Vec<_> = seen
        .iter()
        .map(|it| (it.number, it.operation, it.status()))
        .collect();
    let token = Some("token.standard");
    assert_eq!(
        outcomes,
        [(1, token, Some(200)), (2, token, None), (3, token, Some(200))]
    );
    assert_eq!(
        (seen[1].faults.as_slice(), &seen[1].outcome),
        (["gone".to_owned()].as_slice(), &Outcome::Reset)
    );
    assert_eq!(seen[2].msn.as_deref(), Some("100001"));
    simulator.shutdown().await;
}
