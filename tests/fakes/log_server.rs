//! A web server on loopback that has logs and every bad habit of those who have them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How the server takes a question.
#[derive(Clone, Debug)]
pub enum Habit {
    /// The log, with ranges.
    Good,
    /// The log without ranges.
    Whole,
    /// The log, each time no more than so many bytes of what was promised.
    Cuts(usize),
    /// Likewise, and without ranges: half as much is missing each time.
    CutsWhole,
    /// Breaks off once, and has another log from then on.
    Changes,
    /// Says that it is longer than it is.
    Boasts,
    /// Headers, and then nothing.
    Silent,
    /// The log over and over again, two bytes every fiftieth of a second, without end.
    Trickles,
    /// Nobody else's log: there and there only.
    Redirects(String),
    /// This answer so many times, and then the log.
    First(u32, &'static str),
    /// Only for whoever sends this header.
    Wants(&'static str),
    /// Packed although nobody asked for it.
    Packed,
    /// A page for people.
    Page,
}

/// The running server.
pub struct LogServer {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    logs: BTreeMap<String, (Habit, Vec<u8>)>,
    asked: Vec<Asked>,
}

/// A question, with the names of its headers in small letters.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub headers: BTreeMap<String, String>,
}

impl LogServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // Whoever asked may be gone already.
                thread::spawn(move || answer(stream, &state));
            }
        });
        LogServer { address, state }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn put(&self, path: &str, habit: Habit, log: &[u8]) -> String {
        let mut state = self.state.lock().expect("no panic inside");
        state.logs.insert(path.to_owned(), (habit, log.to_vec()));
        self.url(path)
    }

    /// In the order in which they came.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.lock().expect("no panic inside").asked.clone()
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let Some(asked) = question(&stream)? else { return Ok(()) };
    let (n_before, found) = {
        let mut state = state.lock().expect("no panic inside");
        let n_before = state.asked.iter().filter(|before| before.path == asked.path).count();
        state.asked.push(asked.clone());
        (n_before, state.logs.get(&asked.path).cloned())
    };
    let Some((habit, log)) = found else {
        return stream.write_all(
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    };
    let from = asked
        .headers
        .get("range")
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    let part = |version: &str, promised: usize, sent: usize| {
        let from = from.filter(|_| asked.headers.get("if-range").is_none_or(|v| v == version));
        let start = from.unwrap_or(0).min(log.len());
        let (status, range) = match from {
            Some(_) if start >= log.len() => ("416 Range Not Satisfiable", String::new()),
            Some(_) => (
                "206 Partial Content",
                format!("Content-Range: bytes {start}-{}/{promised}\r\n", promised - 1),
            ),
            None => ("200 OK", String::new()),
        };
        let length = promised - start;
        let end = log.len().min(start + sent);
        (
            format!("HTTP/1.1 {status}\r\nETag: {version}\r\nContent-Length: {length}\r\n{range}"),
            start..end,
        )
    };
    let (head, range) = match &habit {
        Habit::Good => part("\"1\"", log.len(), log.len()),
        Habit::Whole => whole(&log, log.len()),
        Habit::Cuts(most) => part("\"1\"", log.len(), *most),
        Habit::CutsWhole => whole(&log, log.len() * (n_before + 1) / 3),
        Habit::Changes if n_before == 0 => part("\"1\"", log.len(), log.len() / 2),
        Habit::Changes => part("\"2\"", log.len(), log.len()),
        Habit::Boasts => part("\"1\"", log.len() + 100, log.len()),
        Habit::Silent => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")?;
            // Until whoever asked goes away.
            return BufReader::new(stream).read_line(&mut String::new()).map(drop);
        }
        Habit::Trickles => return trickle(stream, &log),
        Habit::Redirects(to) => {
            (format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n"), 0..0)
        }
        Habit::First(times, status) if n_before < *times as usize => {
            (format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n"), 0..0)
        }
        Habit::First(..) => whole(&log, log.len()),
        Habit::Wants(account) => {
            if asked.headers.get("authorization").is_some_and(|sent| sent == account) {
                whole(&log, log.len())
            } else {
                ("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n".to_owned(), 0..0)
            }
        }
        Habit::Packed => {
            let (head, range) = whole(&log, log.len());
            (format!("{head}Content-Encoding: gzip\r\n"), range)
        }
        Habit::Page => {
            let (head, range) = whole(&log, log.len());
            (format!("{head}Content-Type: text/html; charset=utf-8\r\n"), range)
        }
    };
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"Connection: close\r\n\r\n")?;
    stream.write_all(&log[range])
}

/// Until whoever asked goes away.
fn trickle(mut stream: TcpStream, log: &[u8]) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_millis(20)))?;
    stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
    for bytes in log.chunks(2).cycle() {
        stream.write_all(bytes)?;
        // Nothing comes: it is the time that passes.
        if stream.read(&mut [0]).is_ok_and(|n| n == 0) {
            break;
        }
    }
    Ok(())
}

fn whole(log: &[u8], sent: usize) -> (String, std::ops::Range<usize>) {
    (format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n", log.len()), 0..sent.min(log.len()))
}

fn question(stream: &TcpStream) -> std::io::Result<Option<Asked>> {
    let mut lines = BufReader::new(stream).lines();
    let Some(first) = lines.next().transpose()? else { return Ok(None) };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    Ok(Some(Asked { path, headers }))
}
