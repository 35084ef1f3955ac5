use super::*;

fn bcrypt(cost: u32, threads: usize, queue: usize) -> Bcrypt {
    let pepper = "a pepper of thirty-two bytes or more".into();
    Bcrypt::try_new(PasswordSettings { cost, threads, queue, pepper }).unwrap()
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

#[tokio::test]
async fn asvs_v6_2_9_long_and_many_byte_passwords_are_taken_whole() {
    let hasher = bcrypt(4, 1, 4);

    for text in ["x".repeat(200), "🦀".repeat(64), "🦀".repeat(256), "with \0 inside".into()] {
        let hash = hasher.hash(&password(&text)).await.unwrap();
        assert_eq!(hasher.verify(&password(&text), &hash).await, Ok(Matched::Yes));
        let shorter: String = text.chars().take(text.chars().count() - 1).collect();
        assert_eq!(hasher.verify(&password(&shorter), &hash).await, Ok(Matched::No));
    }
}

#[tokio::test]
async fn asvs_v6_2_8_passwords_that_differ_after_72_bytes_differ() {
    let hasher = bcrypt(4, 1, 4);
    let same = "a".repeat(72);
    let (ada, bob) = (password(&format!("{same}ada")), password(&format!("{same}bob")));

    let hash = hasher.hash(&ada).await.unwrap();

    assert_eq!(hasher.verify(&ada, &hash).await, Ok(Matched::Yes));
    assert_eq!(hasher.verify(&bob, &hash).await, Ok(Matched::No));
}

#[tokio::test]
async fn a_password_is_worth_nothing_under_another_pepper() {
    let settings =
        |pepper: &str| PasswordSettings { cost: 4, threads: 1, queue: 1, pepper: pepper.into() };
    let ours = Bcrypt::try_new(settings("our pepper")).unwrap();
    let theirs = Bcrypt::try_new(settings("their pepper")).unwrap();
    let password = password("correct horse");

    let hash = ours.hash(&password).await.unwrap();

    assert_eq!(theirs.verify(&password, &hash).await, Ok(Matched::No));
}

#[tokio::test]
async fn a_hash_of_another_cost_is_outdated() {
    let hash = bcrypt(4, 1, 1).hash(&password("correct horse")).await.unwrap();

    let matched = bcrypt(5, 1, 1).verify(&password("correct horse"), &hash).await;

    assert_eq!(matched, Ok(Matched::Outdated));
}

#[tokio::test]
async fn nobody_costs_as_much_as_somebody() {
    let hasher = bcrypt(6, 1, 1);
    let nobody = format!("$2b$06${NOBODY}");

    assert_eq!(hasher.verify_dummy(&password("correct horse")).await, Ok(()));
    let parts: bcrypt::HashParts = nobody.parse().unwrap();
    assert_eq!(parts.get_cost(), 6);
}

#[tokio::test]
async fn a_broken_hash_is_our_fault_and_no_panic() {
    let broken = PasswordHash::new("$2b$12$short");

    let refused = bcrypt(4, 1, 1).verify(&password("correct horse"), &broken).await;

    assert!(matches!(refused, Err(HashError::Broken(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_refused_beyond_the_queue_and_never_runs_on_more_threads() {
    let hasher = bcrypt(4, 2, 3);
    // Both threads are taken, so nobody who comes now gets further than the queue.
    let busy = hasher.threads.clone().acquire_many_owned(2).await.unwrap();
    let _on_threads = hasher.places.clone().acquire_many_owned(2).await.unwrap();
    let flood: Vec<_> = (0..50)
        .map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.hash(&password("correct horse")).await })
        })
        .collect();
    while flood.iter().filter(|task| task.is_finished()).count() < 47 {
        tokio::task::yield_now().await;
    }
    drop(busy);
    let mut refused = 0;
    for task in flood {
        match task.await.unwrap() {
            Err(HashError::Busy { .. }) => refused += 1,
            done => assert!(done.is_ok()),
        }
    }

    assert_eq!(refused, 47);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let settings = |cost, threads| PasswordSettings { cost, threads, queue: 1, pepper: "p".into() };

    assert_eq!(Bcrypt::try_new(settings(3, 1)).err(), Some(PasswordSettingsError::Cost));
    assert_eq!(Bcrypt::try_new(settings(4, 0)).err(), Some(PasswordSettingsError::Threads));
    assert!(!format!("{:?}", settings(4, 1)).contains("\"p\""));
}
