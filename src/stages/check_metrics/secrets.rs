//! Takes secrets out of what Spark tells of a run: names of stages, reasons, plans and settings are
//! texts of the user's, and findings quote them.

use adp_redact::Redactor;

use crate::world::spark_history::RunMetrics;

/// The run with a placeholder for each secret.
pub(super) fn without_secrets(mut run: RunMetrics, redactor: &Redactor) -> RunMetrics {
    let RunMetrics {
        application,
        jobs,
        stages,
        executors,
        queries,
        settings,
        last_good,
        reading,
        ..
    } = &mut run;
    let mut texts: Vec<&mut String> = Vec::new();
    texts.extend(&mut application.name);
    texts.extend(jobs.failed.iter_mut().map(|job| &mut job.reason));
    for stage in stages {
        texts.push(&mut stage.name);
        texts.extend(&mut stage.failure);
        texts.extend(stage.work.iter_mut().filter_map(|work| work.key.as_mut()));
        texts.extend(stage.failures.iter_mut().map(|failure| &mut failure.reason));
    }
    let removals = executors.iter_mut().filter_map(|executor| executor.removed.as_mut());
    texts.extend(removals.map(|removal| &mut removal.reason));
    for query in queries {
        texts.push(&mut query.description);
        texts.push(&mut query.plan);
        for join in &mut query.joins {
            texts.push(&mut join.operator);
            texts.extend(&mut join.key);
        }
        texts.extend(query.scans.iter_mut().map(|scan| &mut scan.operator));
    }
    texts.extend(last_good.iter_mut().map(|run| &mut run.from));
    texts.push(&mut reading.from);
    texts.extend(&mut reading.gaps);
    for text in texts {
        *text = redactor.redact(text).text;
    }
    for (name, value) in settings {
        // The name tells what its value is.
        let whole = redactor.redact(&format!("{name}={value}"));
        *value = redactor.piece(&whole, value);
    }
    run
}
