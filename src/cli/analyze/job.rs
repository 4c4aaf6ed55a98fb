//! The job's source on this disk: the fix for it, and the only write that `analyze` ever does to
//! something that it has not made.

use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use adp_redact::Redactor;
use anyhow::{Context, bail};
use git2::{ObjectType, Oid};
use tempfile::NamedTempFile;

use super::inputs::{cannot_read, wrong};
use crate::records::fix::{FixPlan, FixStatus, FixedFile};
use crate::records::{Diagnosis, Fix};
use crate::stages::write_fix::plan_fix;

/// A job's source as it was read.
pub struct Job {
    /// With links resolved, so that a fix changes the file and not the link.
    path: PathBuf,
    /// As a diff may name it.
    pub name: String,
    bytes: Vec<u8>,
}

/// What is done about the cause.
pub struct Remedy<'a> {
    pub plan: FixPlan,
    pub job: Option<&'a Job>,
    new_text: Option<String>,
    pub is_written: bool,
}

impl Job {
    /// # Errors
    /// `Usage` for a file that cannot be read.
    pub fn open(path: &Path) -> anyhow::Result<Job> {
        let cannot = |error| cannot_read(path, error);
        let real = fs::canonicalize(path).map_err(cannot)?;
        if !real.is_file() {
            return Err(wrong(format!("{} is not a file", path.display())));
        }
        let bytes = fs::read(&real).map_err(cannot)?;
        Ok(Job { path: real, name: name_for_a_diff(path), bytes })
    }

    /// None where it is not UTF-8, as Python's sources are unless they say otherwise.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// Replaces the file in one go, so that nobody ever sees half of it.
    fn replace(&self, text: &str) -> anyhow::Result<()> {
        if fs::read(&self.path)? != self.bytes {
            bail!("it was changed in the meantime");
        }
        let folder = self.path.parent().expect("a file lies in a folder");
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().set_permissions(fs::metadata(&self.path)?.permissions())?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }
}

impl<'a> Remedy<'a> {
    /// What step `write_fix` would propose for this source.
    pub fn of(redactor: &Redactor, diagnosis: &Diagnosis, job: Option<&'a Job>) -> Remedy<'a> {
        let Some(job) = job else {
            return Remedy::without_patch(FixStatus::None, "no source was given (--job)", None);
        };
        let Some(source) = job.text() else {
            let why = format!("{} is not UTF-8", job.name);
            return Remedy::without_patch(FixStatus::Refused, &why, Some(job));
        };
        let Diagnosis { cause, metrics, .. } = diagnosis;
        let (plan, new_text) = plan_fix(redactor, cause, metrics, &job.name, source);
        Remedy { plan, job: Some(job), new_text, is_written: false }
    }

    fn without_patch(status: FixStatus, reason: &str, job: Option<&'a Job>) -> Remedy<'a> {
        let plan = FixPlan {
            status,
            codemod: None,
            applicability: None,
            reason: reason.to_owned(),
            explanation: Vec::new(),
            diff: String::new(),
            gates: Vec::new(),
        };
        Remedy { plan, job, new_text: None, is_written: false }
    }

    /// Names of the files that the patch changes.
    pub fn files(&self) -> Vec<&str> {
        self.patched().map(|(job, _)| job.name.as_str()).into_iter().collect()
    }

    /// Changes the job's source where there is a patch.
    ///
    /// # Errors
    /// When the file is no longer what was read, or cannot be written.
    pub fn write(&mut self) -> anyhow::Result<()> {
        let Some((job, text)) = self.patched() else { return Ok(()) };
        job.replace(text).with_context(|| {
            format!("failed to write the fix to {}, which is as it was", job.path.display())
        })?;
        self.is_written = true;
        Ok(())
    }

    /// As it would lie on its topic, but that a lone file belongs to no repository.
    pub fn record(&self, redactor: &Redactor, diagnosis: &Diagnosis) -> Fix {
        let Diagnosis { case, incident, cause, metrics } = diagnosis.clone();
        let files = self.patched().map(|(job, text)| FixedFile {
            path: job.name.clone(),
            before_sha: blob_id(&job.bytes),
            content: redactor.redact(text).text,
        });
        Fix {
            case,
            incident,
            repository: None,
            fix_id: None,
            base: None,
            cause,
            metrics,
            plan: self.plan.clone(),
            files: files.into_iter().collect(),
        }
    }

    fn patched(&self) -> Option<(&'a Job, &str)> {
        self.job.zip(self.new_text.as_deref())
    }
}

/// As git would call the content.
fn blob_id(bytes: &[u8]) -> String {
    Oid::hash_object(ObjectType::Blob, bytes).map(|id| id.to_string()).unwrap_or_default()
}

/// The path from where the user stands, so that `patch -p1` or `git apply` finds it there; the bare
/// name for a file that lies elsewhere.
fn name_for_a_diff(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(here).unwrap_or(path);
    let below = below.strip_prefix(".").unwrap_or(below);
    let is_below = below.components().all(|part| matches!(part, Component::Normal(_)));
    let name = if is_below { below.as_os_str() } else { path.file_name().unwrap_or_default() };
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_names_the_job_as_seen_from_here() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(name_for_a_diff(&here.join("jobs/a.py")), "jobs/a.py");
        assert_eq!(name_for_a_diff(Path::new("./jobs/a.py")), "jobs/a.py");
        assert_eq!(name_for_a_diff(Path::new("../jobs/a.py")), "a.py");
        assert_eq!(name_for_a_diff(Path::new("/somewhere/else/a.py")), "a.py");
    }

    #[test]
    fn a_source_that_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.py");
        fs::write(&path, "one\n").unwrap();
        let job = Job::open(&path).unwrap();
        job.replace("two\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
        let error = job.replace("three\n").unwrap_err();
        assert_eq!(error.to_string(), "it was changed in the meantime");
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_the_mode_stays_the_mode() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a.py"), folder.path().join("link.py"));
        fs::write(&path, "one\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
        symlink(&path, &link).unwrap();
        Job::open(&link).unwrap().replace("two\n").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o750);
    }
}
