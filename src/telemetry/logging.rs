//! The process's own log, on standard error: standard output belongs to what was asked for.

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For people.
    Text { colours: bool },
    /// One JSON object a line, for machines.
    Json,
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The filter is not one.
    #[error("failed to read the log filter {filter:?}")]
    Filter {
        filter: String,
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// A process has one log.
    #[error("failed to start the log: another one is running in this process")]
    Started,
}

impl Style {
    /// JSON if it is asked for, else text, with colours where a person may be looking and has not
    /// asked for none.
    pub fn choose(json: bool, no_colour: bool) -> Style {
        if json {
            return Style::Json;
        }
        Style::Text { colours: !no_colour && std::io::stderr().is_terminal() }
    }
}

/// Logs to standard error from now on. `filter` is a level, or levels by module: `info,adp=debug`.
///
/// # Errors
/// When the filter cannot be read, or this is not the first call in the process.
pub fn start(style: Style, filter: &str) -> Result<(), LoggingError> {
    let subscriber = subscriber(style, filter, std::io::stderr)?;
    subscriber.try_init().map_err(|_| LoggingError::Started)
}

fn subscriber<W>(
    style: Style,
    filter: &str,
    writer: W,
) -> Result<Box<dyn Subscriber + Send + Sync>, LoggingError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder()
        .parse(filter)
        .map_err(|source| LoggingError::Filter { filter: filter.to_owned(), source })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    Ok(match style {
        Style::Text { colours } => Box::new(lines.with_ansi(colours).finish()),
        Style::Json => Box::new(lines.json().flatten_event(true).finish()),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("unshared").write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(style: Style, filter: &str) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(style, filter, move || writer.clone()).expect("a filter");
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(step = "find_cause", "slow turn");
            tracing::info!("quiet");
        });
        let bytes = lines.0.lock().expect("unshared").clone();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn json_is_one_object_a_line() {
        let text = logged(Style::Json, "info");
        let objects: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(objects.len(), 2);
        assert_eq!(objects[0]["message"], "slow turn");
        assert_eq!(objects[0]["step"], "find_cause");
        assert_eq!(objects[0]["level"], "WARN");
    }

    #[test]
    fn text_has_colours_only_where_asked_and_the_filter_holds() {
        let plain = logged(Style::Text { colours: false }, "warn");
        assert!(plain.contains("WARN") && plain.contains("slow turn"), "{plain}");
        assert!(!plain.contains("quiet") && !plain.contains('\u{1b}'), "{plain}");
        assert!(logged(Style::Text { colours: true }, "warn").contains('\u{1b}'));
    }

    #[test]
    fn a_filter_that_is_none_is_refused() {
        let error = start(Style::Json, "adp=loud").expect_err("not a level");
        assert!(error.to_string().contains("adp=loud"), "{error}");
    }
}
