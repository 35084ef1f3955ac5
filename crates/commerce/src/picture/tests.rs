//! Who may show which picture, and what becomes of it afterwards.

use serde_json::json;

use super::*;
use crate::{
    Actor, Env, FieldError, Role,
    testing::{Memory, TestEnv},
};

fn urls(name: &str) -> PictureUrls {
    let url = |size: &str| format!("https://img.example/{name}/{size}");
    PictureUrls { thumb: url("thumb"), card: url("card"), full: url("full") }
}

fn person(env: &Env, role: Role) -> Actor {
    Actor { user: UserId::new(env), session: Id::new(env), role }
}

fn open(env: &Env, owner: &Actor) -> Picture {
    let id = PictureId::new(env);
    Picture {
        id,
        owner: owner.user,
        alt: "A red car".into(),
        stem: id,
        holder: None,
        state: PictureState::Open(urls("one")),
    }
}

struct World {
    env: Env,
    memory: Memory,
    seller: Actor,
}

impl World {
    fn new() -> Self {
        let env = TestEnv::new().env();
        let seller = person(&env, Role::Seller);
        Self { env, memory: Memory::default(), seller }
    }

    fn put(&self, picture: &Picture) {
        self.memory.put_picture(picture.clone());
    }

    async fn choose(&self, who: &Actor, ids: &[PictureId]) -> (Chosen, Vec<FieldError>) {
        let images: Vec<_> = ids.iter().map(|id| NewImage::picture(*id)).collect();
        choose(&self.memory, who, &images, |at| format!("#/images/{at}")).await.unwrap()
    }

    /// The images that show these pictures, all of them put up.
    async fn hang(&self, holder: &Holder, pictures: &[&Picture]) -> Vec<Image> {
        let ids: Vec<_> = pictures.iter().map(|picture| picture.id).collect();
        let (chosen, _) = self.choose(&self.seller, &ids).await;
        let mut images = Vec::new();
        for picture in pictures {
            place(&mut images, &self.env, NewImage::picture(picture.id), &chosen);
            self.put(&Picture { holder: Some(holder.clone()), ..(*picture).clone() });
        }
        images
    }

    async fn stand(&self, holder: &Holder, images: &[Image]) -> Standing {
        stand(&self.memory, holder, images, self.env.now()).await.unwrap()
    }
}

fn codes(faults: &[FieldError]) -> Vec<(&str, &str)> {
    faults.iter().map(|fault| (fault.pointer.as_str(), fault.code.as_str())).collect()
}

#[tokio::test]
async fn every_picture_that_cannot_be_shown_is_told_with_its_place() {
    let world = World::new();
    let stranger = person(&world.env, Role::Seller);
    let good = open(&world.env, &world.seller);
    let theirs = open(&world.env, &stranger);
    let of = |state| Picture { state, ..open(&world.env, &world.seller) };
    let (gone, private) = (of(PictureState::Gone), of(PictureState::Private));
    let on_its_way = of(PictureState::Uploading);
    let holder = Some(Holder::new("lot", world.env.uuid()));
    let used = Picture { holder, ..open(&world.env, &world.seller) };
    for picture in [&good, &theirs, &gone, &private, &on_its_way, &used] {
        world.put(picture);
    }
    let missing = PictureId::new(&world.env);
    let ids = [good.id, theirs.id, missing, gone.id, private.id, on_its_way.id, used.id, good.id];

    let (_, faults) = world.choose(&world.seller, &ids).await;

    assert_eq!(
        codes(&faults),
        [
            ("#/images/1/picture", "unknown_picture"),
            ("#/images/2/picture", "unknown_picture"),
            ("#/images/3/picture", "unknown_picture"),
            ("#/images/4/picture", "picture_private"),
            ("#/images/5/picture", "picture_not_ready"),
            ("#/images/6/picture", "picture_in_use"),
            ("#/images/7/picture", "repeated"),
        ]
    );
    let operator = person(&world.env, Role::Operator);
    assert_eq!(world.choose(&operator, &[theirs.id]).await.1, []);
}

#[tokio::test]
async fn every_picture_that_cannot_be_evidence_is_told_with_its_place() {
    let world = World::new();
    let of = |owner: &Actor, state| Picture { state, ..open(&world.env, owner) };
    let own = |state| of(&world.seller, state);
    let good = own(PictureState::Private);
    let public = open(&world.env, &world.seller);
    let theirs = of(&person(&world.env, Role::Seller), PictureState::Private);
    let (gone, on_its_way) = (own(PictureState::Gone), own(PictureState::Uploading));
    let holder = Some(Holder::new("lot", world.env.uuid()));
    let used = Picture { holder, ..own(PictureState::Private) };
    for picture in [&good, &public, &theirs, &gone, &on_its_way, &used] {
        world.put(picture);
    }
    let missing = PictureId::new(&world.env);
    let ids =
        [good.id, public.id, theirs.id, missing, gone.id, on_its_way.id, used.id, good.id, used.id];
    let unfit = async |who: &Actor, ids: &[PictureId]| {
        unfit_evidence(&world.memory, who, ids, |at| format!("#/photos/{at}")).await.unwrap()
    };

    let faults = unfit(&world.seller, &ids).await;

    assert_eq!(
        codes(&faults),
        [
            ("#/photos/1", "picture_public"),
            ("#/photos/2", "unknown_picture"),
            ("#/photos/3", "unknown_picture"),
            ("#/photos/4", "unknown_picture"),
            ("#/photos/5", "picture_not_ready"),
            ("#/photos/6", "picture_in_use"),
            ("#/photos/7", "repeated"),
            ("#/photos/8", "picture_in_use"),
        ]
    );
    let operator = person(&world.env, Role::Operator);
    assert_eq!(codes(&unfit(&operator, &[good.id]).await), [("#/photos/0", "unknown_picture")]);
}

#[test]
fn evidence_is_taken_and_never_let_go() {
    let env = TestEnv::new().env();
    let [before, new] = [(); 2].map(|()| PictureId::new(&env));
    let holder = Holder::new("lot", env.uuid());

    let moved = kept(&holder, &[before], &[new], env.now());

    let ways: Vec<_> = moved.iter().map(|moved| (moved.picture, moved.way)).collect();
    assert_eq!(ways, [(new, Way::Keep)]);
}

#[tokio::test]
async fn an_image_has_its_pictures_addresses_and_words_unless_it_has_words_of_its_own() {
    let world = World::new();
    let picture = open(&world.env, &world.seller);
    world.put(&picture);
    let (chosen, _) = world.choose(&world.seller, &[picture.id]).await;
    let mut images = Vec::new();
    let own = NewImage { alt: Some("Seen from the left".into()), ..NewImage::picture(picture.id) };

    place(&mut images, &world.env, NewImage::picture(picture.id), &chosen);
    place(&mut images, &world.env, own.at(0), &chosen);

    assert_eq!(
        (images[0].alt.as_str(), images[1].alt.as_str()),
        ("Seen from the left", "A red car")
    );
    assert_eq!(images[0].url, "https://img.example/one/full");
    assert_eq!(images[0].card_url(), "https://img.example/one/card");
    assert_eq!(faults(&images), []);
}

#[test]
fn only_what_changes_is_moved() {
    let env = TestEnv::new().env();
    let [kept, left, taken] = [(); 3].map(|()| PictureId::new(&env));
    let holder = Holder::new("lot", env.uuid());

    let moved = moves(&holder, &[kept, left], &[taken, kept], env.now());

    let ways: Vec<_> = moved.iter().map(|moved| (moved.picture, moved.way)).collect();
    assert_eq!(ways, [(left, Way::Leave), (taken, Way::Take)]);
}

#[tokio::test]
async fn a_replaced_picture_gives_way_to_the_last_of_those_that_replaced_it() {
    let world = World::new();
    let holder = Holder::new("lot", world.env.uuid());
    let first = open(&world.env, &world.seller);
    world.put(&first);
    let images = world.hang(&holder, &[&first]).await;
    // The first was replaced twice before anybody was told.
    let gone = Picture { holder: None, state: PictureState::Gone, ..first.clone() };
    let second = Picture { id: PictureId::new(&world.env), ..gone.clone() };
    let third = Picture {
        id: PictureId::new(&world.env),
        holder: Some(holder.clone()),
        state: PictureState::Open(urls("three")),
        ..first.clone()
    };
    for picture in [&gone, &second, &third] {
        world.put(picture);
    }

    let once = world.stand(&holder, &images).await;
    let twice = world.stand(&holder, &once.images).await;

    assert_eq!(once.images[0].picture_id(), Some(third.id));
    assert_eq!(once.images[0].url, "https://img.example/three/full");
    assert_eq!(once.images[0].id, images[0].id);
    assert_eq!(once.moves, [], "what replaced it is held already");
    assert_eq!(twice, once, "a second telling changes nothing");
}

#[tokio::test]
async fn a_picture_that_was_taken_down_goes_and_others_stay() {
    let world = World::new();
    let holder = Holder::new("lot", world.env.uuid());
    let (bad, good) = (open(&world.env, &world.seller), open(&world.env, &world.seller));
    world.put(&bad);
    world.put(&good);
    let mut images = world.hang(&holder, &[&bad, &good]).await;
    place(&mut images, &world.env, NewImage::web("/1.jpg", "Of the web"), &Chosen::none());
    world.put(&Picture { holder: None, state: PictureState::Gone, ..bad });

    let standing = world.stand(&holder, &images).await;

    assert_eq!(standing.images, images[1..]);
    assert_eq!(standing.moves, []);
}

#[tokio::test]
async fn what_replaced_a_picture_that_is_shown_no_more_is_let_go() {
    let world = World::new();
    let holder = Holder::new("lot", world.env.uuid());
    let heir = Picture { holder: Some(holder.clone()), ..open(&world.env, &world.seller) };
    world.put(&heir);

    let standing = world.stand(&holder, &[]).await;

    let left = standing.moves.iter().map(|moved| (moved.picture, moved.way)).collect::<Vec<_>>();
    assert_eq!(left, [(heir.id, Way::Leave)]);
}

#[test]
fn news_concerns_its_holder_alone() {
    let env = TestEnv::new().env();
    let id = env.uuid();
    let news = json!({"holder": Holder::new("lot", id)});

    assert_eq!(concerns(&news, "lot"), Some(id));
    assert_eq!(concerns(&news, "house"), None);
    assert_eq!(concerns(&json!({"holder": null}), "lot"), None);
    assert_eq!(concerns(&json!({}), "lot"), None);
}
