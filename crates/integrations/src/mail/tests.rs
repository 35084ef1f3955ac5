use std::sync::{Arc, Mutex};

use commerce::{Clock, testing::ManualClock};
use identity::{Email, Mail, MailError, Mailer};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use super::*;

const LINK: &str = "https://shop.example/reset-password#token=rst_00000000000000000000000000000001_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::default())
}

fn mail(to: &str) -> Mail {
    Mail {
        id: Uuid::from_u128(7),
        to: Email::parse(to).unwrap(),
        subject: "Set a new password",
        text: format!("Hello,\n\n{LINK}\n"),
        link: Some(LINK.into()),
    }
}

#[tokio::test]
async fn a_mail_in_a_folder_can_be_read_by_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let mailer =
        FolderMailer::try_new(folder.path().join("new"), "Souk <no-reply@souk.example>", clock());
    let mailer = mailer.unwrap();

    mailer.send(&mail("ada/lovelace@example.org")).await.unwrap();
    mailer.send(&mail("ada/lovelace@example.org")).await.unwrap();

    let mut files = std::fs::read_dir(folder.path().join("new")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none(), "sent twice, it is one file");
    let name = file.file_name().unwrap().to_str().unwrap();
    assert_eq!(name, "00000000000000000000000000000007_ada_lovelace@example.org.eml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.lines().any(|line| line == LINK), "the link stands alone: {text}");
    assert!(text.contains("To: ada/lovelace@example.org\r\n"), "{text}");
    assert!(text.contains("Message-ID: <00000000000000000000000000000007@souk.example>"), "{text}");
}

#[tokio::test]
async fn a_mail_is_handed_to_the_server() {
    let (url, heard) = server("250 taken").await;
    let mailer = SmtpMailer::try_new(&url.into(), "Souk <no-reply@souk.example>", clock()).unwrap();

    mailer.send(&mail("ada@example.org")).await.unwrap();

    let heard = heard.lock().unwrap().clone();
    assert!(heard.contains("MAIL FROM:<no-reply@souk.example>"), "{heard}");
    assert!(heard.contains("RCPT TO:<ada@example.org>"), "{heard}");
    assert!(heard.contains(LINK), "{heard}");
}

#[tokio::test]
async fn a_refusal_for_good_is_told_from_one_for_now() {
    let outcome = async |answer| {
        let (url, _) = server(answer).await;
        let mailer = SmtpMailer::try_new(&url.into(), "no-reply@souk.example", clock()).unwrap();
        mailer.send(&mail("ada@example.org")).await
    };

    assert!(matches!(outcome("550 no such mailbox").await, Err(MailError::Lasting(_))));
    assert!(matches!(outcome("451 try later").await, Err(MailError::Passing(_))));
}

#[tokio::test]
async fn a_server_that_is_away_is_a_passing_trouble() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    drop(listener);
    let mailer = SmtpMailer::try_new(&url.into(), "no-reply@souk.example", clock()).unwrap();

    let outcome = mailer.send(&mail("ada@example.org")).await;

    assert!(matches!(outcome, Err(MailError::Passing(_))), "{outcome:?}");
}

#[test]
fn bad_settings_are_told_without_their_secret() {
    let make = |url: &str, from| SmtpMailer::try_new(&url.into(), from, clock()).err();

    let refused = make("http://user:hunter22@mail.example", "no-reply@souk.example").unwrap();
    assert!(!refused.to_string().contains("hunter22"), "{refused}");
    let sender = make("smtp://localhost", "nobody at all");
    assert_eq!(sender, Some(MailSettingsError::Sender("nobody at all".into())));
}

/// An SMTP server for one message, that gives `answer` to the recipient.
async fn server(answer: &'static str) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let heard = Arc::<Mutex<String>>::default();
    let ear = heard.clone();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        converse(stream, answer, &ear).await;
    });
    (url, heard)
}

async fn converse(stream: TcpStream, answer: &str, ear: &Mutex<String>) {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut in_message = false;
    writer.write_all(b"220 stub\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        ear.lock().unwrap().extend([line.as_str(), "\n"]);
        let reply = match line.get(..4).unwrap_or(&line) {
            "." if in_message => "250 taken",
            _ if in_message => continue,
            "DATA" => "354 go on",
            "RCPT" => answer,
            "QUIT" => "221 bye",
            _ => "250 stub",
        };
        in_message = reply.starts_with("354");
        writer.write_all(format!("{reply}\r\n").as_bytes()).await.unwrap();
    }
}
