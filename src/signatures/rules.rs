//! The signatures in force: the built-in ones, with the operator's packs laid over them and less
//! what is switched off.
//!
//! A file of a later pack replaces the signature with its id of an earlier one, in its place, so
//! that a pack holds only what differs. Nothing is half right: a file that cannot be used refuses
//! the whole, and whoever has good rules keeps them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use adp_scanner::{Pack, PackError, Signature};
use serde::Serialize;

use super::FILES;
use super::files::{PackFile, PackFiles};
use crate::config;
use crate::stages::find_cause::causes;

/// Signatures that passed their examples, and where each came from.
pub struct Rules {
    pub pack: Pack,
    /// How many, and a digest of everything that they say.
    pub version: String,
    /// One for each signature of the pack, in its order.
    pub origins: Vec<Origin>,
    /// What was read and is switched off.
    pub disabled: Vec<(Signature, Origin)>,
}

/// Where a signature came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The folder that the settings name; none for what is built in.
    pub pack: Option<PathBuf>,
    /// Its path, for what is built in below `signatures/`.
    pub file: String,
    /// The file of an earlier pack whose signature it replaces.
    pub replaces: Option<String>,
}

/// Why signatures are not used: the file, and what is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A folder or file that the settings lead to.
    #[error("failed to read {path} of a signature pack")]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// One file is wrong, or its examples are.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Nothing is known about what it would diagnose.
    #[error(
        "signature {file} has the class {class}, which no cause explains: `adp explain` lists those there are"
    )]
    UnknownClass { file: String, class: String },
    /// A setting that does nothing is a mistake.
    #[error("rules.disable has {pattern:?}, which is the id of no signature")]
    NothingToDisable { pattern: String },
}

impl RulesError {
    /// With its causes: the file is in one, what is wrong with it in the next.
    pub fn in_full(&self) -> String {
        let causes = std::iter::successors(Some(self as &dyn std::error::Error), |e| e.source());
        causes.map(|cause| cause.to_string().trim().to_owned()).collect::<Vec<_>>().join(": ")
    }
}

/// What one file of a pack is worth by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    pub file: String,
    pub n_examples: usize,
    /// None where it is right.
    pub problem: Option<String>,
}

impl Verdict {
    pub fn is_right(&self) -> bool {
        self.problem.is_none()
    }
}

impl Rules {
    /// The built-in signatures alone.
    ///
    /// # Errors
    /// None that a release can have: a test loads them.
    pub fn built_in() -> Result<Rules, RulesError> {
        Rules::of(&PackFiles::default(), &[])
    }

    /// What the settings say.
    ///
    /// # Errors
    /// When a pack is not there, or anything in it cannot be used.
    pub fn load(settings: &config::Rules) -> Result<Rules, RulesError> {
        Rules::of(&PackFiles::read(&settings.packs)?, &settings.disable)
    }

    /// The built-in signatures, with those files over them and without what `disable` names.
    ///
    /// # Errors
    /// When one of the files cannot be used, or a pattern of `disable` names nothing.
    pub fn of(files: &PackFiles, disable: &[String]) -> Result<Rules, RulesError> {
        let mut layers = Layers::default();
        for (file, text) in FILES {
            layers.lay(Signature::read(file, text)?, built_in_origin(file))?;
        }
        for PackFile { pack, path, text } in &files.0 {
            let file = path.display().to_string();
            let signature = Signature::read(&file, text)?;
            layers.lay(signature, Origin { pack: Some(pack.clone()), file, replaces: None })?;
        }
        layers.without(disable)?.into_rules()
    }

    /// Every file by itself, where loading stops at the first that is wrong.
    pub fn judge_each(files: &PackFiles) -> Vec<Verdict> {
        files.0.iter().map(judge).collect()
    }

    /// The signature with this id, its origin and whether it is in force.
    pub fn get(&self, id: &str) -> Option<(&Signature, &Origin, bool)> {
        self.all().find(|(signature, ..)| signature.id == id)
    }

    /// Every signature with its origin and whether it is in force.
    pub fn all(&self) -> impl Iterator<Item = (&Signature, &Origin, bool)> {
        let used = self.pack.signatures().iter().zip(&self.origins);
        let used = used.map(|(signature, origin)| (signature, origin, true));
        used.chain(self.disabled.iter().map(|(signature, origin)| (signature, origin, false)))
    }
}

fn judge(file: &PackFile) -> Verdict {
    let name = file.path.display().to_string();
    let mut n_examples = 0;
    let judged =
        Signature::read(&name, &file.text).map_err(RulesError::from).and_then(|mut rule| {
            n_examples = rule.must_match.len() + rule.must_not_match.len();
            check_class(&rule, &name)?;
            // Those may well be in other files; the packs as a whole tell.
            rule.suppressed_by.clear();
            Pack::of(vec![(name.clone(), rule)])?;
            Ok(())
        });
    Verdict { file: name, n_examples, problem: judged.err().map(|error| error.in_full()) }
}

fn built_in_origin(file: &str) -> Origin {
    Origin { pack: None, file: format!("signatures/{file}"), replaces: None }
}

/// Signatures in the making, one to an id.
#[derive(Default)]
struct Layers {
    signatures: Vec<(Signature, Origin)>,
    places: BTreeMap<String, usize>,
    disabled: Vec<(Signature, Origin)>,
}

impl Layers {
    fn lay(&mut self, signature: Signature, mut origin: Origin) -> Result<(), RulesError> {
        check_class(&signature, &origin.file)?;
        let Some(&place) = self.places.get(&signature.id) else {
            self.places.insert(signature.id.clone(), self.signatures.len());
            self.signatures.push((signature, origin));
            return Ok(());
        };
        let (_, earlier) = &self.signatures[place];
        if earlier.pack == origin.pack {
            let reason = format!("the id {} is taken by {}", signature.id, earlier.file);
            return Err(PackError::Inconsistent { file: origin.file, reason }.into());
        }
        origin.replaces = Some(earlier.file.clone());
        self.signatures[place] = (signature, origin);
        Ok(())
    }

    fn without(mut self, disable: &[String]) -> Result<Layers, RulesError> {
        for pattern in disable {
            let (off, on): (Vec<_>, Vec<_>) = self
                .signatures
                .into_iter()
                .partition(|(signature, _)| is_named(&signature.id, pattern));
            let is_off_already =
                self.disabled.iter().any(|(signature, _)| is_named(&signature.id, pattern));
            if off.is_empty() && !is_off_already {
                return Err(RulesError::NothingToDisable { pattern: pattern.clone() });
            }
            self.signatures = on;
            self.disabled.extend(off);
        }
        // What is switched off can silence nobody.
        let gone: BTreeSet<&str> =
            self.disabled.iter().map(|(signature, _)| signature.id.as_str()).collect();
        for (signature, _) in &mut self.signatures {
            signature.suppressed_by.retain(|by| !gone.contains(by.as_str()));
        }
        Ok(self)
    }

    fn into_rules(self) -> Result<Rules, RulesError> {
        let (signatures, origins): (Vec<Signature>, Vec<Origin>) =
            self.signatures.into_iter().unzip();
        let version = version(&signatures);
        let named = origins.iter().map(|origin| origin.file.clone()).zip(signatures).collect();
        Ok(Rules { pack: Pack::of(named)?, version, origins, disabled: self.disabled })
    }
}

fn check_class(signature: &Signature, file: &str) -> Result<(), RulesError> {
    match &signature.class {
        Some(class) if causes::of_class(class).is_none() => {
            Err(RulesError::UnknownClass { file: file.to_owned(), class: class.clone() })
        }
        _ => Ok(()),
    }
}

/// Whether a pattern of `rules.disable` means this id: the id itself, or its family as `noise.*`.
fn is_named(id: &str, pattern: &str) -> bool {
    match pattern.strip_suffix(".*") {
        Some(family) => id.strip_prefix(family).is_some_and(|rest| rest.starts_with('.')),
        None => id == pattern,
    }
}

fn version(signatures: &[Signature]) -> String {
    let texts: Vec<String> = signatures
        .iter()
        .map(|signature| serde_json::to_string(signature).expect("a signature is plain data"))
        .collect();
    let parts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let digest = crate::records::ids::digest("Pack", &parts);
    format!("{} signatures, {}", signatures.len(), &digest[..8])
}

/// The rules in force, for whoever reads logs; they change as a whole, between two logs.
#[derive(Clone)]
pub struct Rulebook(Arc<RwLock<Arc<Rules>>>);

impl Rulebook {
    pub fn new(rules: Rules) -> Rulebook {
        Rulebook(Arc::new(RwLock::new(Arc::new(rules))))
    }

    /// To be kept for the whole of one log.
    pub fn current(&self) -> Arc<Rules> {
        // Nobody can panic while holding it.
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts other rules in force.
    pub fn swap(&self, rules: Rules) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn rule(id: &str, class: &str, keyword: &str) -> String {
        format!(
            "id = '{id}'\nsummary = 's'\nkind = 'cause'\nclass = '{class}'\nseverity = 'error'\n\
             keywords = ['{keyword}']\nmust_match = ['a {keyword} z']\n"
        )
    }

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn load(packs: &[&Path], disable: &[&str]) -> Result<Rules, RulesError> {
        Rules::load(&config::Rules {
            packs: packs.iter().map(|pack| (*pack).to_owned()).collect(),
            disable: disable.iter().map(|pattern| (*pattern).to_owned()).collect(),
        })
    }

    fn refusal(packs: &[&Path], disable: &[&str]) -> String {
        format!("{:#}", anyhow::Error::from(load(packs, disable).err().expect("must be refused")))
    }

    #[test]
    fn a_later_pack_replaces_by_id_and_adds_the_rest() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(one.path(), "deep/er/mine.toml", &rule("mine.quota", "infra.disk_full", "QUOTA-1"));
        write(one.path(), "notes.md", "not a rule");
        write(one.path(), ".git/x.toml", "not a rule either");
        write(two.path(), "quota.toml", &rule("mine.quota", "infra.disk_full", "QUOTA-2"));
        write(two.path(), "heap.toml", &rule("memory.java_heap", "oom.driver", "HEAP-1"));
        let built_in = Rules::built_in().unwrap();
        let rules = load(&[one.path(), two.path()], &[]).unwrap();
        assert_eq!(rules.pack.signatures().len(), built_in.pack.signatures().len() + 1);
        let (mine, origin, _) = rules.get("mine.quota").unwrap();
        assert_eq!(mine.keywords, ["QUOTA-2"]);
        assert!(origin.replaces.as_ref().is_some_and(|file| file.ends_with("deep/er/mine.toml")));
        let (_, origin, _) = rules.get("memory.java_heap").unwrap();
        assert_eq!(origin.replaces.as_deref(), Some("signatures/memory/java_heap.toml"));
        let place = |rules: &Rules| {
            rules.pack.signatures().iter().position(|rule| rule.id == "memory.java_heap")
        };
        assert_eq!(place(&rules), place(&built_in), "it stands where the other stood");
    }

    #[test]
    fn the_version_tells_contents_apart() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a.toml", &rule("mine.a", "infra.disk_full", "QUOTA-1"));
        let one = load(&[folder.path()], &[]).unwrap().version;
        assert_eq!(load(&[folder.path()], &[]).unwrap().version, one);
        write(folder.path(), "a.toml", &rule("mine.a", "infra.disk_full", "QUOTA-2"));
        assert_ne!(load(&[folder.path()], &[]).unwrap().version, one);
    }

    #[test]
    fn what_is_switched_off_is_told_and_silences_nobody() {
        let rules = load(&[], &["memory.gc_overhead", "noise.*"]).unwrap();
        let off: Vec<&str> =
            rules.disabled.iter().map(|(signature, _)| signature.id.as_str()).collect();
        assert_eq!(off[0], "memory.gc_overhead");
        assert!(off.len() > 3 && off[1..].iter().all(|id| id.starts_with("noise.")), "{off:?}");
        assert!(rules.pack.get("memory.gc_overhead").is_none());
        let heap = rules.pack.get("memory.java_heap").unwrap();
        assert!(!heap.suppressed_by.iter().any(|by| by == "memory.gc_overhead"));
        let found = rules.get("memory.gc_overhead").map(|(.., in_force)| in_force);
        assert_eq!(found, Some(false), "it can still be looked up");
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let wrong = |text: &str| {
            write(folder.path(), "a.toml", text);
            refusal(&[folder.path()], &[])
        };
        let text = wrong(&rule("mine.a", "mine.unheard_of", "K-1"));
        assert!(text.contains("a.toml has the class mine.unheard_of"), "{text}");
        let text = wrong(&rule("mine.a", "oom.driver", "K-1").replace("a K-1 z", "a K-2 z"));
        assert!(text.contains("a.toml fails its own example: \"a K-2 z\" must match"), "{text}");
        let text = wrong("id = 1");
        assert!(text.contains("a.toml: ") && text.contains("expected a string"), "{text}");
        write(folder.path(), "a.toml", &rule("mine.a", "oom.driver", "K-1"));
        write(folder.path(), "b.toml", &rule("mine.a", "oom.driver", "K-1"));
        let text = refusal(&[folder.path()], &[]);
        assert!(text.contains("b.toml") && text.contains("mine.a is taken by"), "{text}");
        assert!(refusal(&["/none".as_ref()], &[]).contains("failed to read /none"));
        assert!(refusal(&[], &["nois.*"]).contains("\"nois.*\", which is the id of no signature"));
    }

    #[test]
    fn a_mounted_config_map_is_read_once() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "..2026_11_24/a.toml", &rule("mine.a", "oom.driver", "K-1"));
        symlink("..2026_11_24", folder.path().join("..data")).unwrap();
        symlink("..data/a.toml", folder.path().join("a.toml")).unwrap();
        assert!(load(&[folder.path()], &[]).unwrap().get("mine.a").is_some());
    }
}
