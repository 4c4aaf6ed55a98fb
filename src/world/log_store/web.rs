//! Logs behind HTTP, on servers that the settings name by the beginning of their addresses.
//!
//! Every address that is asked is on the list, the one of the event and that of each redirect, and
//! only the server that an account belongs to hears of it.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, IF_RANGE, LAST_MODIFIED,
    LOCATION, RANGE, RETRY_AFTER,
};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::time::timeout;

use super::address::{authority, shown};
use super::cap::Notes;
use super::transfer::{self, Answer, Chunks, Origin, Pace};
use super::{Again, Raw, Unavailable, Until};
use crate::config::WebLogs;
use crate::runtime::Moment;
use crate::world::outbound::{self, NotVetted};

const MOST_REDIRECTS: usize = 5;

/// Web servers that may be asked for logs.
#[derive(Clone, Debug, Default)]
pub struct Web {
    servers: Arc<Vec<Server>>,
    client: Option<Client>,
    pace: Pace,
}

#[derive(Debug)]
struct Server {
    prefix: Url,
    account: Account,
}

/// How a server is told who we are.
#[derive(Clone, Debug)]
pub enum Account {
    Nobody,
    Token(crate::config::Secret),
    Basic { username: String, password: crate::config::Secret },
}

impl Account {
    /// A token goes before a name.
    pub fn of(token: &crate::config::Secret, name: &str, password: &crate::config::Secret) -> Self {
        match (token.reveal(), name) {
            ("", "") => Account::Nobody,
            ("", name) => Account::Basic { username: name.to_owned(), password: password.clone() },
            _ => Account::Token(token.clone()),
        }
    }

    fn sign(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match self {
            Account::Nobody => request,
            Account::Token(token) => request.bearer_auth(token.reveal()),
            Account::Basic { username, password } => {
                request.basic_auth(username, Some(password.reveal()))
            }
        }
    }

    fn is_somebody(&self) -> bool {
        !matches!(self, Account::Nobody)
    }
}

/// An address that is on the list.
#[derive(Clone, Debug)]
pub struct Asked {
    url: Url,
}

impl Web {
    /// # Errors
    /// When no HTTP client can be set up on this machine.
    pub fn new(servers: &[WebLogs], pace: Pace) -> reqwest::Result<Self> {
        let server = |server: &WebLogs| {
            let account = Account::of(&server.token, &server.username, &server.password);
            Some(Server { prefix: Url::parse(&server.url).ok()?, account })
        };
        let servers: Vec<_> = servers.iter().filter_map(server).collect();
        // A client reads the machine's certificates, which costs whoever asks nobody.
        let connect = || outbound::client().connect_timeout(pace.connect).build();
        let client = (!servers.is_empty()).then(connect).transpose()?;
        Ok(Web { servers: Arc::new(servers), client, pace })
    }

    /// For one service with an account of its own, and no list.
    pub fn of_service(client: Client, pace: Pace) -> Self {
        Web { servers: Arc::default(), client: Some(client), pace }
    }

    /// The address, if we may ask there.
    ///
    /// # Errors
    /// `Refused`, with what to do about it.
    pub fn vet(&self, url: &Url) -> Result<Asked, Unavailable> {
        self.server_of(url)?;
        Ok(Asked { url: url.clone() })
    }

    /// The log as it comes, and a way to its end.
    pub async fn open(
        &self,
        asked: Asked,
        until: &Until,
        notes: &Notes,
    ) -> Result<Raw, Unavailable> {
        let fetch = Fetch { web: self.clone(), url: asked.url, account: None, accept: "*/*" };
        let (transfer, jump) = transfer::open(Origin::Web(fetch), until, notes).await?;
        Ok((Box::new(transfer), Some(jump)))
    }

    fn server_of(&self, url: &Url) -> Result<&Server, Unavailable> {
        outbound::vet(url.host_str().unwrap_or_default())
            .map_err(|why| Unavailable::Refused(why.to_string()))?;
        self.servers.iter().find(|server| covers(&server.prefix, url)).ok_or_else(|| {
            let shown = shown(url);
            Unavailable::Refused(format!(
                "{shown} is not below an address that may be asked: [[logs.web]] names those"
            ))
        })
    }
}

/// Same scheme, host and port, and a path that is the prefix's or below it.
pub fn covers(prefix: &Url, url: &Url) -> bool {
    let below = url.path().strip_prefix(prefix.path().trim_end_matches('/'));
    let is_plain = matches!(url.scheme(), "http" | "https");
    is_plain
        && prefix.origin() == url.origin()
        && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        && !climbs(url.path())
}

/// Whether a server that decodes once more would find a way up in the path.
fn climbs(path: &str) -> bool {
    let plain = path.to_ascii_lowercase().replace("%25", "%");
    let plain = plain.replace("%2e", ".").replace("%2f", "/").replace("%5c", "/");
    plain.replace('\\', "/").split('/').any(|part| part == "..")
}

/// How one log is asked for.
#[derive(Clone, Debug)]
pub struct Fetch {
    web: Web,
    url: Url,
    /// Where the address was vetted by whoever made it, its account; it is never sent elsewhere.
    account: Option<Account>,
    accept: &'static str,
}

impl Fetch {
    /// A page of a server that is not on the list of logs, such as Airflow's.
    pub fn of_service(web: Web, url: Url, account: Account, accept: &'static str) -> Self {
        Fetch { web, url, account: Some(account), accept }
    }

    pub fn pace(&self) -> Pace {
        self.web.pace
    }

    /// The log from that place on, or from its beginning where the server cannot or where it is
    /// not the log of that version any more.
    ///
    /// # Errors
    /// As opening a log.
    pub async fn ask(&self, from: u64, version: Option<&str>) -> Result<Answer, Unavailable> {
        let mut headers = HeaderMap::new();
        let plain =
            |text: &str| text.parse().map_err(|_| self.refused("gave a version of no form"));
        headers.insert(ACCEPT, plain(self.accept)?);
        // Ranges are of what is sent: it must be the log itself.
        headers.insert(ACCEPT_ENCODING, plain("identity")?);
        if from > 0 {
            headers.insert(RANGE, plain(&format!("bytes={from}-"))?);
            // A weak version does not promise the same bytes, so no server takes it here.
            if let Some(version) = version.filter(|version| !version.starts_with("W/")) {
                headers.insert(IF_RANGE, plain(version)?);
            }
        }
        self.answer(self.get(headers).await?, from)
    }

    async fn get(&self, headers: HeaderMap) -> Result<Response, Unavailable> {
        let mut url = self.url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let (account, is_ours) = match &self.account {
                Some(account) if url.origin() == self.url.origin() => (account, true),
                _ => {
                    let account = &self.web.server_of(&url)?.account;
                    (account, account.is_somebody())
                }
            };
            let client = self.web.client.as_ref();
            let client = client.ok_or_else(|| self.refused("cannot be asked without a client"))?;
            let request = account.sign(client.get(url.clone()).headers(headers.clone()));
            let response = match timeout(self.web.pace.answer, request.send()).await {
                Ok(response) => response.map_err(|error| unreachable_host(&url, error))?,
                Err(_) => {
                    return Err(Unavailable::busy(format!("{} does not answer", shown(&url))));
                }
            };
            if !response.status().is_redirection() {
                return accepted(&url, response, is_ours);
            }
            url = self.redirected(&url, &response)?;
        }
        Err(self.refused("redirects without end"))
    }

    fn redirected(&self, url: &Url, response: &Response) -> Result<Url, Unavailable> {
        let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
        let target = target.and_then(|target| url.join(target).ok());
        let target = target.ok_or_else(|| self.refused("redirects to no address"))?;
        if url.scheme() == "https" && target.scheme() != "https" {
            return Err(self.refused("redirects to an address without encryption"));
        }
        if !target.username().is_empty() || target.password().is_some() {
            return Err(self.refused("redirects to an address with a password"));
        }
        Ok(target)
    }

    fn refused(&self, why: &str) -> Unavailable {
        Unavailable::Refused(format!("{} {why}", shown(&self.url)))
    }

    fn answer(&self, response: Response, from: u64) -> Result<Answer, Unavailable> {
        let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let version = text(ETAG).or_else(|| text(LAST_MODIFIED)).map(str::to_owned);
        let (at, length) = match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let (at, length) = text(CONTENT_RANGE).and_then(range).ok_or_else(|| {
                    self.refused("sends a part of the log and does not say which")
                })?;
                if at != from {
                    return Err(self.refused("sends another part of the log than was asked for"));
                }
                (at, length)
            }
            _ => (0, response.content_length()),
        };
        Ok(Answer { at, length, version, chunks: Chunks::Web(response) })
    }
}

/// First byte and length of `bytes 5-9/10`.
fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, length) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, length.trim().parse().ok()))
}

fn unreachable_host(url: &Url, error: reqwest::Error) -> Unavailable {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if let Some(not_vetted) = error.downcast_ref::<NotVetted>() {
            return Unavailable::Refused(not_vetted.to_string());
        }
        cause = error.source();
    }
    let what = if error.is_connect() { "cannot be reached" } else { "breaks off" };
    Unavailable::busy(format!("{} {what}", authority(url)))
}

/// The answer, if it is a log.
fn accepted(url: &Url, response: Response, has_account: bool) -> Result<Response, Unavailable> {
    let shown = shown(url);
    let code = response.status();
    match code {
        // What guards a server answers with its own page, and calls that a success.
        StatusCode::OK if is_page(url, &response) => Err(Unavailable::Refused(format!(
            "{shown} sends a web page instead of a log: it may want a login"
        ))),
        StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(response),
        StatusCode::NO_CONTENT | StatusCode::NOT_FOUND | StatusCode::GONE => {
            Err(Unavailable::missing(&shown))
        }
        // Nothing lies behind the end: the log was cut since, and is another now.
        StatusCode::RANGE_NOT_SATISFIABLE => Err(Unavailable::missing(&shown)),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let remedy = if has_account {
                "the account in the settings may not read it"
            } else {
                "the settings name no account for it"
            };
            Err(Unavailable::Refused(format!("{shown} answers {}: {remedy}", code.as_u16())))
        }
        _ if code.is_server_error()
            || matches!(
                code,
                StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::REQUEST_TIMEOUT
                    | StatusCode::TOO_EARLY
                    | StatusCode::CONFLICT
            ) =>
        {
            let what = format!("{shown} answers {}", code.as_u16());
            Err(Unavailable::Busy { what, again: again(response.headers()) })
        }
        _ => Err(Unavailable::Refused(format!("{shown} answers {}", code.as_u16()))),
    }
}

fn is_page(url: &Url, response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html")) && !url.path().contains(".htm")
}

/// `Retry-After`: seconds or a date.
fn again(headers: &HeaderMap) -> Option<Again> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Again::After(Duration::from_secs(seconds)));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Again::At(Moment(date.timestamp().as_millisecond())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    #[test]
    fn a_prefix_covers_what_lies_below_it_on_that_server() {
        let prefix = url("https://logs.internal/airflow");
        for inside in ["https://logs.internal/airflow", "https://logs.internal:443/airflow/a?b=c"] {
            assert!(covers(&prefix, &url(inside)), "{inside}");
        }
        for outside in [
            "http://logs.internal/airflow/a",
            "https://logs.internal:8443/airflow/a",
            "https://logs.internal.evil.org/airflow/a",
            "https://logs.internal/airflow-private/a",
            "https://logs.internal/airflow/../admin",
            "https://logs.internal/airflow/%2e%2e/admin",
            "https://logs.internal/airflow/..%2fadmin",
            "https://logs.internal/airflow/..%252fadmin",
            "https://logs.internal/airflow/..%5cadmin",
        ] {
            assert!(!covers(&prefix, &url(outside)), "{outside}");
        }
    }

    #[test]
    fn when_to_ask_again_is_read_in_both_forms() {
        let headers = |text: &str| HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
        assert_eq!(again(&headers("120")), Some(Again::After(Duration::from_secs(120))));
        let date = again(&headers("Mon, 23 Nov 2026 03:00:00 GMT"));
        assert_eq!(date, Some(Again::At(Moment(1_795_402_800_000))));
        assert_eq!(again(&headers("soon")), None);
    }
}
