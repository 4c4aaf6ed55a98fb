//! One log behind HTTP, and everything that a server can do to it.

use adp::world::log_store::{Address, Again, Gap, Pace, Unavailable};
use std::io::Write;
use std::time::Duration;

use super::fake::{Habit, LogServer};
use super::{HASTY, get, read_for, server, store, with_token, within};

fn log() -> Vec<u8> {
    (1..=2_000).flat_map(|n| format!("line {n:05}\n").into_bytes()).collect()
}

#[tokio::test]
async fn a_broken_transfer_is_resumed_where_it_broke() {
    let servers = LogServer::start();
    let store = store(&[server(&servers.url("/"))], &[]);
    let log = log();
    for (path, habit, n_ranges) in
        [("/cut", Habit::Cuts(7_001), 3), ("/cut-whole", Habit::CutsWhole, 2)]
    {
        let got = get(&store, &servers.put(path, habit, &log)).await.expect(path);
        assert_eq!(got.broke, None, "{path}");
        assert!(got.text.as_bytes() == log, "{path} gives {} bytes", got.text.len());
        let asked = servers.asked().into_iter().filter(|asked| asked.path == path);
        let ranges = asked.filter(|asked| asked.headers.contains_key("range")).count();
        assert_eq!(ranges, n_ranges, "{path}");
    }
}

#[tokio::test]
async fn a_log_that_cannot_be_had_whole_ends_explained() {
    let servers = LogServer::start();
    let store = store(&[server(&servers.url("/"))], &[]);
    let log = log();
    for (path, habit, says, n_bytes) in [
        ("/changes", Habit::Changes, "the log changed after 11000 bytes", log.len() / 2),
        ("/boasts", Habit::Boasts, "the transfer broke after 22000 bytes", log.len()),
        ("/silent", Habit::Silent, "nothing came for 0.3 seconds", 0),
    ] {
        let got = get(&store, &servers.put(path, habit, &log)).await;
        let (text, broke) = match got {
            Ok(got) => {
                assert_eq!(got.noted.changed, path == "/changes");
                (got.text, got.broke.unwrap_or_default())
            }
            Err(why) => (String::new(), why.to_string()),
        };
        assert!(broke.contains(says), "{path}: {broke}");
        assert_eq!(text.len(), n_bytes, "{path}");
    }
}

#[tokio::test]
async fn a_trickle_without_end_is_given_up_and_what_came_is_kept() {
    let servers = LogServer::start();
    let store = store(&[server(&servers.url("/"))], &[]);
    let url = servers.put("/trickle", Habit::Trickles, b"ERROR x\n");
    let got = get(&store, &url).await.expect("something came");
    assert!(got.text.starts_with("ERROR x\nERROR x\n"), "{}", got.text);
    let broke = got.broke.expect("it has no end");
    assert!(broke.contains("for 1 seconds fewer than 1024 bytes a second came"), "{broke}");
    let patient = Pace { measured: Duration::from_secs(3_600), ..HASTY };
    let store = within(&[server(&servers.url("/"))], &[], 1 << 20, patient);
    let got = read_for(&store, &Address::parse(&url).unwrap(), Duration::from_secs(1)).await;
    let broke = got.expect("something came").broke.expect("it has no end");
    assert_eq!(broke, "the logs took longer than 1 seconds");
}

#[tokio::test]
async fn every_redirect_is_looked_at_and_accounts_stay_at_home() {
    let (home, elsewhere) = (LogServer::start(), LogServer::start());
    let other = elsewhere.put("/logs/a.log", Habit::Good, b"text\n");
    let lists = [
        vec![with_token(&home.url("/"), "hunter2")],
        vec![with_token(&home.url("/"), "hunter2"), server(&elsewhere.url("/logs"))],
    ];
    let outside = home.put("/1", Habit::Redirects(other.clone()), b"");
    let refused = get(&store(&lists[0], &[]), &outside).await.expect_err("elsewhere");
    assert!(matches!(&refused, Unavailable::Refused(why) if why.contains("[[logs.web]]")));
    assert_eq!(elsewhere.asked().len(), 0, "nobody is asked who is not on the list");

    let store = store(&lists[1], &[]);
    assert_eq!(get(&store, &outside).await.expect("on the list").text, "text\n");
    assert!(elsewhere.asked().iter().all(|asked| !asked.headers.contains_key("authorization")));
    assert_eq!(home.asked()[0].headers["authorization"], "Bearer hunter2");

    for target in [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "file:///etc/passwd",
        &elsewhere.url("/logs/../private"),
        &home.url("/2"),
    ] {
        let url = home.put("/2", Habit::Redirects(target.to_owned()), b"");
        let refused = get(&store, &url).await.expect_err(target);
        assert!(matches!(refused, Unavailable::Refused(_)), "{target}: {refused:?}");
        assert!(!refused.to_string().contains("hunter2"));
    }
}

#[tokio::test]
async fn what_is_not_on_the_list_is_not_asked() {
    let servers = LogServer::start();
    servers.put("/private/a.log", Habit::Good, b"text\n");
    let store = store(&[server(&servers.url("/logs"))], &[]);
    for url in [servers.url("/private/a.log"), servers.url("/logs/..%2fprivate/a.log")] {
        assert!(matches!(get(&store, &url).await, Err(Unavailable::Refused(_))), "{url}");
    }
    assert_eq!(servers.asked().len(), 0);
}

#[tokio::test]
async fn answers_that_are_no_log_say_whose_fault_it_is() {
    let servers = LogServer::start();
    let store = store(&[server(&servers.url("/"))], &[]);
    let ask = async |status| {
        get(&store, &servers.put("/a?sig=hunter2", Habit::First(9, status), b"")).await
    };
    let busy = ask("429 Too Many Requests\r\nRetry-After: 7").await.expect_err("busy");
    let seven = Some(Again::After(Duration::from_secs(7)));
    assert!(matches!(&busy, Unavailable::Busy { again, .. } if *again == seven), "{busy:?}");
    let busy = ask("503 Service Unavailable").await.expect_err("busy");
    assert!(matches!(&busy, Unavailable::Busy { again: None, .. }), "{busy:?}");
    assert!(!busy.to_string().contains("hunter2"), "{busy}");
    assert!(matches!(ask("404 Not Found").await, Err(Unavailable::Missing(_))));
    let refused = ask("403 Forbidden").await.expect_err("refused").to_string();
    assert!(refused.contains("name no account"), "{refused}");
    let page = get(&store, &servers.put("/p", Habit::Page, b"<html>Sign in</html>")).await;
    assert!(matches!(page, Err(Unavailable::Refused(why)) if why.contains("login")));
    let guarded = servers.put("/g", Habit::Wants("Bearer hunter2"), b"text\n");
    let somebody = super::store(&[with_token(&servers.url("/"), "hunter2")], &[]);
    assert_eq!(get(&somebody, &guarded).await.expect("its account").text, "text\n");
    let stranger = super::store(&[with_token(&servers.url("/"), "hunter3")], &[]);
    let refused = get(&stranger, &guarded).await.expect_err("a stranger").to_string();
    assert!(refused.contains("may not read it") && !refused.contains("hunter3"), "{refused}");
    let gone = super::server("http://127.0.0.1:9");
    let gone = get(&super::store(&[gone], &[]), "http://127.0.0.1:9/a").await;
    assert!(matches!(gone, Err(Unavailable::Busy { .. })), "{gone:?}");
}

#[tokio::test]
async fn a_log_is_unpacked_whatever_the_headers_say() {
    let servers = LogServer::start();
    let store = store(&[server(&servers.url("/"))], &[]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&log()).unwrap();
    let packed = gzip.finish().unwrap();
    for (path, habit) in [("/coded", Habit::Packed), ("/a.log.gz", Habit::Cuts(1_000))] {
        let got = get(&store, &servers.put(path, habit, &packed)).await.expect(path);
        assert!(got.broke.is_none() && got.text.as_bytes() == log(), "{path}: {:?}", got.broke);
    }
}

#[tokio::test]
async fn of_a_long_log_beginning_and_end_are_fetched_and_the_middle_is_not() {
    let servers = LogServer::start();
    let store = within(&[server(&servers.url("/"))], &[], 2_200, HASTY);
    let got = get(&store, &servers.put("/long", Habit::Good, &log())).await.expect("a log");
    assert!(got.text.starts_with("line 00001\n") && got.text.ends_with("line 02000\n"));
    let gap = Gap { after_line: 100, lines: None, bytes: 19_811, most_bytes: 2_200 };
    assert_eq!(got.noted.gap, Some(gap));
    let ranges: Vec<_> = servers.asked().iter().map(|a| a.headers.get("range").cloned()).collect();
    assert_eq!(ranges, [None, Some("bytes=20900-".to_owned())]);

    // Without ranges the middle goes by, and so its lines can be counted.
    let got = get(&store, &servers.put("/whole", Habit::Whole, &log())).await.expect("a log");
    let gap = got.noted.gap.expect("a gap");
    assert_eq!((gap.after_line, gap.lines), (100, Some(1_801)));
    assert_eq!(got.text.lines().nth(100), Some("line 01902"));
}
