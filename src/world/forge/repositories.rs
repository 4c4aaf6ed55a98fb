//! The operator's mapping from pipelines to repositories.

use std::path::PathBuf;

use crate::records::{Case, Pipeline};

/// A repository whose jobs we may propose changes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// How records and people call it.
    pub name: String,
    /// A local git repository, bare or not.
    pub path: PathBuf,
    /// Branch that changes are made from and proposed for.
    pub base: String,
    /// Folder of the jobs inside the repository; empty for all of it.
    pub jobs: String,
    /// `dag.task`, or the whole key `source/project/dag/task`; `*` stands for any characters.
    pub pipelines: Vec<String>,
    /// Folder for the texts of pull requests; `pull-requests` beside the repository where none.
    pub pull_requests: Option<PathBuf>,
}

impl Repository {
    /// Folder that holds the texts of the repository's pull requests.
    pub fn pull_requests_folder(&self) -> PathBuf {
        match (&self.pull_requests, self.path.parent()) {
            (Some(folder), _) => folder.clone(),
            (None, Some(parent)) => parent.join("pull-requests"),
            (None, None) => self.path.join("pull-requests"),
        }
    }

    /// The folder of the jobs without slashes around it.
    pub(crate) fn jobs_folder(&self) -> &str {
        self.jobs.trim_matches('/')
    }

    /// The path in the repository of a path below the jobs.
    pub(crate) fn below_jobs(&self, path: &str) -> String {
        match self.jobs_folder() {
            "" => path.to_owned(),
            folder => format!("{folder}/{path}"),
        }
    }

    pub(crate) fn holds_job(&self, path: &str) -> bool {
        let folder = self.jobs_folder();
        let rest = path.strip_prefix(folder);
        folder.is_empty() || rest.is_some_and(|rest| rest.starts_with('/'))
    }

    fn serves(&self, pipeline: &Pipeline) -> bool {
        let (name, key) = (pipeline.name(), pipeline.key());
        let names = [name.as_str(), key.as_str()];
        self.pipelines.iter().any(|glob| names.iter().any(|name| matches(glob, name)))
    }
}

/// All repositories, in the order in which they are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repositories {
    list: Vec<Repository>,
}

impl Repositories {
    pub fn new(list: Vec<Repository>) -> Self {
        Repositories { list }
    }

    /// The first repository that the operator gave to the pipeline of the case.
    pub fn for_case(&self, case: &Case) -> Option<&Repository> {
        self.list.iter().find(|repository| repository.serves(&case.pipeline))
    }

    pub fn named(&self, name: &str) -> Option<&Repository> {
        self.list.iter().find(|repository| repository.name == name)
    }
}

/// Whether the glob covers the whole text.
fn matches(glob: &str, text: &str) -> bool {
    let (glob, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
    let (mut g, mut t) = (0, 0);
    // Where to go on when the last star takes one character more.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match glob.get(g) {
            Some('*') => {
                star = Some((g, t));
                g += 1;
            }
            Some(&c) if c == text[t] => {
                g += 1;
                t += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    g = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    glob[g..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::forge::testing::a_case;

    #[test]
    fn globs_cover_the_whole_name() {
        for (glob, text, covers) in [
            ("finance.*", "finance.close", true),
            ("finance.*", "refinance.close", false),
            ("*close", "finance.close", true),
            ("f?nance.close", "finance.close", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "xxaxxbxx", false),
            ("", "", true),
            ("", "x", false),
            ("**", "", true),
        ] {
            assert_eq!(matches(glob, text), covers, "{glob} {text}");
        }
    }

    #[test]
    fn the_mapping_decides_and_the_first_entry_wins() {
        let repository = |name: &str, glob: &str| Repository {
            name: name.to_owned(),
            path: "/srv/git/jobs".into(),
            base: "main".to_owned(),
            jobs: String::new(),
            pipelines: vec![glob.to_owned()],
            pull_requests: None,
        };
        let repositories = Repositories::new(vec![
            repository("a", "sales.*"),
            repository("b", "airflow/*/sales/*"),
        ]);
        let name = |dag: &str| repositories.for_case(&a_case(dag, "load")).map(|r| r.name.clone());
        assert_eq!(name("sales").as_deref(), Some("a"));
        assert_eq!(name("stock"), None);
        let whole = Repositories::new(vec![repository("b", "airflow/*/sales/*")]);
        assert!(whole.for_case(&a_case("sales", "load")).is_some());
        let folder = repository("a", "").pull_requests_folder();
        assert_eq!(folder, PathBuf::from("/srv/git/pull-requests"));
    }
}
