//! Libraries and interpreters that are missing or do not fit.

use super::{CauseKind, Refined};
use crate::records::root_cause::StepKind::ConfigChange;
use crate::stages::find_cause::run::{Run, Sighting};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "env.missing_python_module",
        what: "A Python module is not installed where it is imported, or does not fit what is.",
        mistaken_for: "On the driver it may be there; workers have their own environment.",
        says: "the Python module {module|that is imported} is not installed",
        echo_of: &["jdbc."],
        told_quietly: true,
        refine: unless_in_passing,
        steps: &[(
            ConfigChange,
            "ship {module|the module} with --py-files or spark.archives, or install it on every node",
        )],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "env.missing_jar",
        what: "A class, data source or driver is not on the class path, or is there in a version that does not fit.",
        mistaken_for: "A typo in the format looks the same.",
        says: "{class_name|a class} is not on the class path",
        steps: &[(
            ConfigChange,
            "add the package of {class_name|the class} to spark.jars.packages, in the version for this Spark",
        )],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "env.python_version_mismatch",
        what: "Driver and workers run different versions of Python.",
        mistaken_for: "Pickle errors of other kinds may come first.",
        says: "the workers run Python {actual|of another version}, the driver {limit|of its own}",
        steps: &[(
            ConfigChange,
            "set PYSPARK_PYTHON and PYSPARK_DRIVER_PYTHON to the same interpreter",
        )],
        ..CauseKind::USUAL
    },
];

/// Jobs pass an import error on in their own words and give up; others say it and do without.
fn unless_in_passing(run: &Run<'_>, sighting: &Sighting<'_>) -> Refined {
    if sighting.is_in_passing(run) { Refined::No } else { Refined::Same }
}
