//! What the address of a log is: a path, a page, an object, a task of Airflow. Nothing is asked.

use std::fmt;

use reqwest::Url;

use super::Unavailable;

/// Where a log is said to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A path of this machine: a file, a folder, or a pattern with `*`, `?` and `[...]`.
    Local(String),
    /// `http://` or `https://`.
    Web(Url),
    /// An object of a store, all objects below a prefix, or a pattern.
    Object(ObjectAddress),
    /// One try of a task, asked of Airflow itself.
    Airflow(TaskLog),
}

/// `s3://bucket/key` and its like. Keys are taken as they stand: they are not percent-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectAddress {
    pub kind: StoreKind,
    /// Bucket, or `container@account.host`.
    pub bucket: String,
    /// Without a slash at its beginning.
    pub key: String,
}

/// Whose protocol the store speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    S3,
    Gcs,
    Azure,
}

/// A try of a task as Airflow's API names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskLog {
    /// A page of the instance, where the event had one: which instance it is.
    pub page: Option<Url>,
    pub dag: String,
    pub run: String,
    pub task: String,
    /// From 1.
    pub attempt: i32,
    pub map_index: Option<i32>,
}

impl StoreKind {
    /// Every scheme that means the same store, the one that we print first.
    pub fn schemes(self) -> &'static [&'static str] {
        match self {
            StoreKind::S3 => &["s3", "s3a", "s3n"],
            StoreKind::Gcs => &["gs", "gcs"],
            StoreKind::Azure => &["abfs", "abfss", "wasb", "wasbs"],
        }
    }

    fn of(scheme: &str) -> Option<Self> {
        let all = [StoreKind::S3, StoreKind::Gcs, StoreKind::Azure];
        all.into_iter().find(|kind| kind.schemes().contains(&scheme))
    }
}

impl Address {
    /// # Errors
    /// `Refused` for schemes that nobody here speaks, and for addresses that hold a password.
    pub fn parse(text: &str) -> Result<Address, Unavailable> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Address::Local(text.to_owned()));
        };
        let scheme = scheme.to_ascii_lowercase();
        match scheme.as_str() {
            "file" => Ok(Address::Local(text.to_owned())),
            "http" | "https" => web(text).map(Address::Web),
            other => match StoreKind::of(other) {
                Some(kind) => object(kind, rest).map(Address::Object),
                None => refused(format!("logs at {other}:// addresses cannot be read")),
            },
        }
    }

    /// Who sets the pace when it is asked.
    pub fn host(&self) -> String {
        match self {
            Address::Local(_) => "local files".to_owned(),
            Address::Web(url) => authority(url),
            Address::Object(object) => object.root(),
            Address::Airflow(task) => task.page.as_ref().map_or("airflow".to_owned(), authority),
        }
    }

    /// The last part, by which people call it.
    pub fn name(&self) -> String {
        let last = |path: &str| path.rsplit('/').find(|part| !part.is_empty()).map(str::to_owned);
        match self {
            Address::Local(path) => last(path),
            Address::Web(url) => last(url.path()),
            Address::Object(object) => last(&object.key),
            Address::Airflow(task) => Some(task.name()),
        }
        .unwrap_or_else(|| "log".to_owned())
    }
}

/// Without what may be secret: the query of a page, which signs it.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Local(path) => f.write_str(path),
            Address::Web(url) => f.write_str(&shown(url)),
            Address::Object(object) => object.fmt(f),
            Address::Airflow(task) => write!(f, "Airflow's log of {}", task.name()),
        }
    }
}

impl ObjectAddress {
    /// The store without the key.
    pub fn root(&self) -> String {
        format!("{}://{}", self.kind.schemes()[0], self.bucket)
    }

    /// Whether the other is this one or lies below it.
    pub fn covers(&self, other: &ObjectAddress) -> bool {
        let prefix = self.key.trim_end_matches('/');
        let below = other.key.strip_prefix(prefix);
        self.kind == other.kind
            && self.bucket == other.bucket
            && (prefix.is_empty()
                || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }
}

impl fmt::Display for ObjectAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.root(), self.key)
    }
}

impl TaskLog {
    fn name(&self) -> String {
        let mapped = self.map_index.filter(|index| *index >= 0);
        let mapped = mapped.map_or_else(String::new, |index| format!("[{index}]"));
        format!("{}.{}{mapped} attempt {}", self.dag, self.task, self.attempt)
    }
}

/// Scheme, host and path of a page.
pub fn shown(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), authority(url), url.path())
}

/// Name and port.
pub fn authority(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

fn web(text: &str) -> Result<Url, Unavailable> {
    let url = match Url::parse(text) {
        Ok(url) if url.host_str().is_some() => url,
        _ => return refused("the address of the log is no address".to_owned()),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refused(format!("the address {} holds a user or a password", shown(&url)));
    }
    Ok(url)
}

fn object(kind: StoreKind, rest: &str) -> Result<ObjectAddress, Unavailable> {
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    // In Hadoop's s3a://key:secret@bucket the user is a secret; in abfs:// it is the container.
    let has_user = kind != StoreKind::Azure && bucket.contains('@');
    if bucket.is_empty() || has_user || bucket.contains(':') {
        return refused("the address of the log names no bucket, or more than a bucket".to_owned());
    }
    Ok(ObjectAddress { kind, bucket: bucket.to_owned(), key: key.trim_start_matches('/').into() })
}

fn refused<T>(why: String) -> Result<T, Unavailable> {
    Err(Unavailable::Refused(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_told_apart_and_shown_without_its_secrets() {
        for (text, host, name, shown) in [
            ("/var/log/a.log", "local files", "a.log", "/var/log/a.log"),
            ("file:///var/log/a.log", "local files", "a.log", "file:///var/log/a.log"),
            (
                "https://logs:8443/x/a.log?X-Amz-Signature=abc#f",
                "logs:8443",
                "a.log",
                "https://logs:8443/x/a.log",
            ),
            (
                "s3a://bucket/runs/a b#1.log",
                "s3://bucket",
                "a b#1.log",
                "s3://bucket/runs/a b#1.log",
            ),
            ("gs://bucket/runs/", "gs://bucket", "runs", "gs://bucket/runs/"),
            (
                "abfss://c@acc.dfs.core.windows.net/a.log",
                "abfs://c@acc.dfs.core.windows.net",
                "a.log",
                "abfs://c@acc.dfs.core.windows.net/a.log",
            ),
        ] {
            let address = Address::parse(text).expect(text);
            assert_eq!((address.host().as_str(), address.name().as_str()), (host, name), "{text}");
            assert_eq!(address.to_string(), shown);
        }
    }

    #[test]
    fn what_nobody_speaks_or_holds_a_password_is_refused_without_being_repeated() {
        for text in [
            "hdfs://nn/a.log",
            "https://me:hunter2@logs/a.log",
            "s3a://AKIA:hunter2@bucket/a",
            "http://",
            "s3:///a",
        ] {
            let why = Address::parse(text).expect_err(text).to_string();
            assert!(!why.contains("hunter2"), "{why}");
        }
    }

    #[test]
    fn a_prefix_covers_whole_parts_only() {
        let of = |text: &str| match Address::parse(text) {
            Ok(Address::Object(object)) => object,
            other => panic!("{other:?}"),
        };
        let prefix = of("s3://bucket/logs/");
        assert!(prefix.covers(&of("s3a://bucket/logs/a.log")));
        assert!(!prefix.covers(&of("s3://bucket/logs-private/a.log")));
        assert!(!prefix.covers(&of("s3://other/logs/a.log")));
        assert!(!prefix.covers(&of("gs://bucket/logs/a.log")));
        assert!(of("s3://bucket").covers(&of("s3://bucket/a")));
    }
}
