//! Logs in object stores: S3, Google Cloud Storage, Azure, and what speaks like them.
//!
//! Only buckets that the settings name are asked, each with the client that its options describe.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use futures_util::{StreamExt, TryStreamExt};
use glob::{MatchOptions, Pattern};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::{HttpClient, HttpConnector};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{
    ClientOptions, Error, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt,
    RetryConfig,
};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::address::{Address, ObjectAddress, StoreKind};
use super::cap::Notes;
use super::parts::{Joined, Open, together};
use super::transfer::{self, Answer, Chunks, Origin, Pace};
use super::unpack::Text;
use super::{Found, Place, Raw, Unavailable, Until};
use crate::config::ObjectLogs;
use crate::world::outbound;

/// Objects that are looked at below one prefix.
const MOST_OBJECTS: usize = 2_000;
const ONE_PART: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// Buckets that may be asked for logs.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    buckets: Arc<Vec<Bucket>>,
    pace: Pace,
}

struct Bucket {
    prefix: ObjectAddress,
    settings: ObjectLogs,
    /// Made when it is first asked: an account that does not work keeps nobody from starting.
    client: OnceLock<Result<Arc<dyn ObjectStore>, String>>,
}

/// One object, and whom to ask for it.
#[derive(Clone, Debug)]
pub struct Object {
    client: Arc<dyn ObjectStore>,
    bucket: ObjectAddress,
    path: Path,
    /// By which people tell it from others.
    name: String,
    pace: Pace,
}

impl Objects {
    /// Buckets whose address is none are left out: the settings were checked.
    pub fn new(buckets: &[ObjectLogs], pace: Pace) -> Self {
        let bucket = |settings: &ObjectLogs| match Address::parse(&settings.url) {
            Ok(Address::Object(prefix)) => {
                Some(Bucket { prefix, settings: settings.clone(), client: OnceLock::new() })
            }
            _ => None,
        };
        Objects { buckets: Arc::new(buckets.iter().filter_map(bucket).collect()), pace }
    }

    /// The object, those below it where it is a prefix, or those that a pattern names.
    ///
    /// # Errors
    /// `Refused` for buckets that the settings do not name.
    pub async fn find(&self, address: &ObjectAddress) -> Result<Vec<Found>, Unavailable> {
        let bucket = self.buckets.iter().find(|bucket| bucket.prefix.covers(address));
        let bucket = bucket.ok_or_else(|| {
            Unavailable::Refused(format!(
                "{address} is in no bucket that may be asked: [[logs.objects]] names those"
            ))
        })?;
        let client = bucket.client().map_err(|why| {
            Unavailable::Refused(format!("{} cannot be asked: {why}", address.root()))
        })?;
        let object = |path: Path, name: String| Object {
            client: Arc::clone(&client),
            bucket: address.clone(),
            path,
            name,
            pace: self.pace,
        };
        let bad = |error: object_store::path::Error| Unavailable::Refused(error.to_string());
        let wild = address.key.find(['*', '?', '[']);
        let is_prefix = address.key.is_empty() || address.key.ends_with('/');
        if wild.is_none() && !is_prefix {
            let name = address.key.rsplit('/').next().unwrap_or(&address.key).to_owned();
            let object = object(Path::parse(&address.key).map_err(bad)?, name.clone());
            match object.metadata().await {
                Err(Unavailable::Missing(why)) => {
                    // Where the folder cannot be looked at either, the object is what was asked for.
                    let below = self.below(&object.path, None, &object).await.unwrap_or_default();
                    return if below.is_empty() {
                        Err(Unavailable::Missing(why))
                    } else {
                        Ok(below)
                    };
                }
                other => other?,
            };
            return Ok(vec![Found { name, place: Place::Objects(vec![object]) }]);
        }
        let end = wild.unwrap_or(address.key.len());
        let folder = address.key[..end].rfind('/').map_or("", |slash| &address.key[..slash]);
        let pattern = wild.map(|_| Pattern::new(address.key[folder.len()..].trim_matches('/')));
        let pattern = pattern
            .transpose()
            .map_err(|error| Unavailable::Refused(format!("{address} is no pattern: {error}")))?;
        let folder = Path::parse(folder).map_err(bad)?;
        self.below(&folder, pattern.as_ref(), &object(folder.clone(), String::new())).await
    }

    /// Every log below the folder, asked for like that object.
    async fn below(
        &self,
        folder: &Path,
        pattern: Option<&Pattern>,
        like: &Object,
    ) -> Result<Vec<Found>, Unavailable> {
        let listing = like.client.list(Some(folder)).take(MOST_OBJECTS).try_collect();
        let listed: Result<Vec<ObjectMeta>, _> = timeout(self.pace.answer, listing)
            .await
            .map_err(|_| Unavailable::busy(format!("{} does not answer", like.bucket.root())))?;
        let listed = listed.map_err(|error| like.unavailable(error))?;
        let named = listed.into_iter().filter_map(|meta| {
            let name = meta.location.as_ref().strip_prefix(folder.as_ref())?;
            let name = name.trim_start_matches('/').to_owned();
            let is_wanted = pattern.is_none_or(|pattern| pattern.matches_with(&name, ONE_PART));
            let part = Object { path: meta.location, name: name.clone(), ..like.clone() };
            (is_wanted && !name.is_empty()).then_some((name, part))
        });
        let logs = together(named.collect()).into_iter();
        Ok(logs.map(|(name, parts)| Found { name, place: Place::Objects(parts) }).collect())
    }

    /// The log as it comes, and a way to its end.
    pub async fn open(
        &self,
        parts: &[Object],
        until: &Until,
        notes: &Notes,
    ) -> Result<Raw, Unavailable> {
        if let [object] = parts {
            let (transfer, jump) =
                transfer::open(Origin::Object(object.clone()), until, notes).await?;
            return Ok((Box::new(transfer), Some(jump)));
        }
        let handle = Handle::current();
        let open = |object: &Object| -> (String, Open) {
            let (handle, object) = (handle.clone(), object.clone());
            let (until, notes) = (until.clone(), notes.clone());
            let name = object.name.clone();
            let open = move || {
                let opening = transfer::open(Origin::Object(object.clone()), &until, &notes);
                let (transfer, _) = handle.block_on(opening).map_err(std::io::Error::other)?;
                Ok(Box::new(transfer) as Text)
            };
            (name, Box::new(open))
        };
        Ok((Box::new(Joined::new(parts.iter().map(open).collect(), notes.clone())), None))
    }
}

impl Object {
    pub fn pace(&self) -> Pace {
        self.pace
    }

    async fn metadata(&self) -> Result<ObjectMeta, Unavailable> {
        match timeout(self.pace.answer, self.client.head(&self.path)).await {
            Ok(answer) => answer.map_err(|error| self.unavailable(error)),
            Err(_) => Err(Unavailable::busy(format!("{} does not answer", self.bucket.root()))),
        }
    }

    /// The object from that place on, if it still is of that version.
    ///
    /// # Errors
    /// As opening a log.
    pub async fn ask(&self, from: u64, version: Option<&str>) -> Result<Answer, Unavailable> {
        let options = GetOptions {
            range: (from > 0).then_some(GetRange::Offset(from)),
            if_match: version.filter(|_| from > 0).map(str::to_owned),
            ..GetOptions::default()
        };
        let asking = self.client.get_opts(&self.path, options);
        let got = timeout(self.pace.answer, asking).await;
        let got =
            got.map_err(|_| Unavailable::busy(format!("{} does not answer", self.bucket.root())))?;
        let got = got.map_err(|error| self.unavailable(error))?;
        Ok(Answer {
            at: got.range.start,
            length: Some(got.meta.size),
            version: got.meta.e_tag.clone(),
            chunks: Chunks::Object(got.into_stream()),
        })
    }

    fn unavailable(&self, error: Error) -> Unavailable {
        let shown = format!("{}/{}", self.bucket.root(), self.path);
        match error {
            Error::NotFound { .. } => Unavailable::missing(&shown),
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
                Unavailable::Refused(format!(
                    "{shown} may not be read with the account in the settings, \
                     [logs.objects.options], or of this machine"
                ))
            }
            Error::Precondition { .. } => Unavailable::missing(&format!("{shown} as it was")),
            Error::InvalidPath { .. } | Error::NotSupported { .. } => {
                Unavailable::Refused(format!("{shown}: {error}"))
            }
            other => {
                Unavailable::busy(format!("{shown} cannot be had now: {}", first_line(&other)))
            }
        }
    }
}

/// Stores answer with pages of XML.
fn first_line(error: &Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}

impl Bucket {
    fn client(&self) -> Result<Arc<dyn ObjectStore>, String> {
        let made = self.client.get_or_init(|| self.connect().map_err(|error| error.to_string()));
        made.clone()
    }

    fn connect(&self) -> object_store::Result<Arc<dyn ObjectStore>> {
        // A try that failed waits in the ledger, and a transfer that broke is resumed by us.
        let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
        let root = self.prefix.root();
        Ok(match self.prefix.kind {
            StoreKind::S3 => {
                let builder = AmazonS3Builder::new().with_url(root);
                let builder = self.options().try_fold(builder, |builder, (name, value)| {
                    Ok::<_, Error>(builder.with_config(AmazonS3ConfigKey::from_str(name)?, value))
                })?;
                Arc::new(builder.with_retry(retry).with_http_connector(Connector).build()?)
            }
            StoreKind::Gcs => {
                let builder = GoogleCloudStorageBuilder::new().with_url(root);
                let builder = self.options().try_fold(builder, |builder, (name, value)| {
                    Ok::<_, Error>(builder.with_config(GoogleConfigKey::from_str(name)?, value))
                })?;
                Arc::new(builder.with_retry(retry).with_http_connector(Connector).build()?)
            }
            StoreKind::Azure => {
                let builder = MicrosoftAzureBuilder::new().with_url(root);
                let builder = self.options().try_fold(builder, |builder, (name, value)| {
                    Ok::<_, Error>(builder.with_config(AzureConfigKey::from_str(name)?, value))
                })?;
                Arc::new(builder.with_retry(retry).with_http_connector(Connector).build()?)
            }
        })
    }

    fn options(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settings.options.reveal()
    }
}

/// The option of that store's client that the name stands for, the same for each of its names; none
/// where there is no such option.
pub fn option_id(kind: StoreKind, name: &str) -> Option<String> {
    fn id<K: FromStr + fmt::Debug>(name: &str) -> Option<String> {
        K::from_str(name).ok().map(|key| format!("{key:?}"))
    }
    match kind {
        StoreKind::S3 => id::<AmazonS3ConfigKey>(name),
        StoreKind::Gcs => id::<GoogleConfigKey>(name),
        StoreKind::Azure => id::<AzureConfigKey>(name),
    }
}

/// Our own client in place of the store's: no redirects, no proxies of the environment.
#[derive(Debug)]
struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let generic = |source| Error::Generic { store: "HTTP", source: Box::new(source) };
        let pace = Pace::default();
        let client = outbound::client().connect_timeout(pace.connect).build();
        Ok(HttpClient::new(client.map_err(generic)?))
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
