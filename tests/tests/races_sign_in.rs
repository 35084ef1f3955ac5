//! Keys and secrets that are for one use, used by many at once.

use std::collections::BTreeSet;

use serde_json::json;
use tests::{Answer, Client, Doors, Engine, Shop, shop::until, together, trade::PASSWORD};
use uuid::Uuid;

fn new_email() -> String {
    format!("{}@example.com", Uuid::new_v4().simple())
}

fn registration(email: &str) -> serde_json::Value {
    json!({"email": email, "name": "Nadia New", "password": PASSWORD})
}

/// Someone new; returns what signing in answered.
async fn signed_in(shop: &Shop, email: &str) -> Answer {
    shop.client().post("/v1/auth/register", registration(email)).await.expect(202);
    let body = json!({"email": email, "password": PASSWORD});
    shop.client().post("/v1/auth/login", body).await.expect(200)
}

async fn refresh_at_once(shop: &Shop, doors: &Doors, token: &str) -> Vec<Answer> {
    together((0..32).map(|number| {
        let (client, body) = (doors.at(number, &shop.client()), json!({"refresh_token": token}));
        async move { client.post("/v1/auth/refresh", body).await }
    }))
    .await
}

async fn refresh(client: &Client, token: &str) -> Answer {
    client.post("/v1/auth/refresh", json!({"refresh_token": token})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_refreshed_by_many_at_once_has_one_successor() {
    for engine in Engine::BOTH {
        // However slow this machine is, the many come within the time of grace.
        let shop = Shop::open_with(engine, &[("SOUK__AUTH__REFRESH_GRACE_S", "300")]).await;
        let doors = Doors::open(&shop).await;
        let tokens = signed_in(&shop, &new_email()).await;

        let answers = refresh_at_once(&shop, &doors, &tokens.text("refresh_token")).await;

        let answers: Vec<_> = answers.into_iter().map(|answer| answer.expect(200)).collect();
        let heirs: BTreeSet<_> =
            answers.iter().map(|answer| answer.text("refresh_token")).collect();
        assert_eq!(heirs.len(), 1, "{engine:?}");
        let heir = refresh(&shop.client(), heirs.first().unwrap()).await.expect(200);
        for tokens in answers.iter().chain([&heir]) {
            let client = shop.client().with_token(&tokens.text("access_token"));
            client.get("/v1/me").await.expect(200);
        }
        let sessions = shop.client().with_token(&heir.text("access_token"));
        let sessions = sessions.get("/v1/me/sessions").await.expect(200).body;
        assert_eq!(sessions["data"].as_array().unwrap().len(), 1, "{sessions}");
        doors.close(&shop).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_grace_a_token_used_by_many_ends_the_session() {
    for engine in Engine::BOTH {
        let shop = Shop::open_with(engine, &[("SOUK__AUTH__REFRESH_GRACE_S", "0")]).await;
        let doors = Doors::open(&shop).await;
        let email = new_email();
        let tokens = signed_in(&shop, &email).await;
        let elsewhere = shop.sign_in(&email, PASSWORD).await;

        let answers = refresh_at_once(&shop, &doors, &tokens.text("refresh_token")).await;

        let (made, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status == 200);
        assert_eq!(made.len(), 1, "{engine:?}");
        assert!(refused.iter().all(|answer| answer.status == 401 && answer.is_problem()));
        // Whoever was first has nothing of it, as nobody knows whether it was the owner.
        let heir = made[0];
        refresh(&shop.client(), &heir.text("refresh_token")).await.expect(401);
        for tokens in [&tokens, heir] {
            let client = shop.client().with_token(&tokens.text("access_token"));
            client.get("/v1/me").await.expect(401);
        }
        elsewhere.get("/v1/me").await.expect(200);
        doors.close(&shop).await;
        let warned =
            "select count(*) from commerce_audit_log where action = 'refresh_token_reused'";
        assert_eq!(shop.database.number(warned).await, 1);
        shop.close().await;
    }
}

/// The secret in the newest mail to someone that carries one.
fn mailed_token(shop: &Shop, email: &str) -> Option<String> {
    let mut mails: Vec<_> = std::fs::read_dir(shop.mail_folder()).ok()?.flatten().collect();
    mails.sort_by_key(std::fs::DirEntry::file_name);
    let texts = mails.iter().rev().filter_map(|mail| std::fs::read_to_string(mail.path()).ok());
    let mut to_them = texts.filter(|text| text.contains(email) && text.contains("reset"));
    let text = to_them.next()?.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
    let (_, after) = text.split_once("token=")?;
    Some(after.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_link_followed_by_many_at_once_sets_one_password() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let doors = Doors::open(&shop).await;
        let email = new_email();
        signed_in(&shop, &email).await;
        let body = json!({"email": email});
        shop.client().post("/v1/auth/password/forgot", body).await.expect(202);
        until("the mail is there", || async { mailed_token(&shop, &email).is_some() }).await;
        let token = mailed_token(&shop, &email).unwrap();

        let answers = together((0..16).map(|number| {
            let password = format!("a new password {number}");
            let body = json!({"token": token, "password": password});
            let client = doors.at(number, &shop.client());
            async move { client.post("/v1/auth/password/reset", body).await }
        }))
        .await;

        let set: Vec<_> = (0..16).filter(|number| answers[*number].status == 204).collect();
        assert_eq!(set.len(), 1, "{engine:?} {answers:?}");
        assert!(answers.iter().all(|answer| answer.status == 204 || answer.is_refusal()));
        shop.sign_in(&email, &format!("a new password {}", set[0])).await;
        doors.close(&shop).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_registered_by_many_at_once_is_one_account() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let doors = Doors::open(&shop).await;
        let email = new_email();

        let answers = together((0..16).map(|number| {
            let (client, body) = (doors.at(number, &shop.client()), registration(&email));
            async move { client.post("/v1/auth/register", body).await }
        }))
        .await;

        // Nobody learns whether the address has an account.
        assert!(answers.iter().all(|answer| answer.status == 202), "{engine:?} {answers:?}");
        let accounts = format!("select count(*) from identity_users where email = '{email}'");
        assert_eq!(shop.database.number(&accounts).await, 1);
        doors.close(&shop).await;
        shop.close().await;
    }
}
