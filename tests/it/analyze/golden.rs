//! Runs as people would analyze them: `tests/golden-analyze/<case>/` holds what they have,
//! `command` is what they type, `expected.txt` and `expected.json` are what they see, rewritten
//! with `UPDATE_EXPECT=1`. A new case is a new folder.

use std::fs;

use expect_test::expect_file;

use super::{adp, copied, folder_of, printed};

/// Every case, by the name of its folder.
pub fn cases() -> Vec<String> {
    let folders = fs::read_dir(folder_of("")).expect("the golden cases are part of the project");
    let mut names: Vec<String> = folders
        .map(|folder| folder.expect("a readable folder").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    assert!(names.len() >= 7, "golden cases are gone");
    names
}

#[test]
fn people_and_programs_see_what_they_should() {
    for case in cases() {
        let copy = copied(&case);
        let command = fs::read_to_string(copy.path().join("command")).expect("what to type");
        for (format, expected) in [("text", "expected.txt"), ("json", "expected.json")] {
            let output = adp(copy.path())
                .args(command.split_whitespace())
                .args(["--format", format])
                .output()
                .expect("the program");
            expect_file![folder_of(&case).join(expected)].assert_eq(&printed(&output));
        }
    }
}
