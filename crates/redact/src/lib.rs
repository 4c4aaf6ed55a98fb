//! Takes secrets out of text before anything is made of it.
//!
//! Five looks at each line: secrets that show by their shape (keys of known makers, private keys,
//! signed URLs), values beside a name that says what they are (`password=`, in the spellings of
//! programs, configuration files and command lines), headers, long random words near a telling
//! word, and longer ones that are the value of anything. All keywords are looked for in one pass,
//! so text without any costs little more than reading it.
//!
//! A secret becomes a [placeholder](Redacted::text) such as `[redacted:secret:3f]`. Its last part
//! is eight bits of the secret's digest: the same secret has the same placeholder everywhere, so two
//! lines can be compared, and a dictionary of likely passwords is narrowed to no less than one in
//! 256. More bits would tell more secrets apart and give weak ones away.
//!
//! Text is read line by line with little memory between lines, so a [`Stream`] of chunks gives the
//! same as the whole. Redacting twice changes nothing. Nothing here does input or output.

mod redactor;
mod redacted;
mod stream;
mod restore;
mod placeholder;
mod span;
mod rule;
mod rules;
mod private_key;
mod named;
mod nearby;
mod opaque;
mod words;

pub use redacted::Redacted;
pub use redactor::{BadPattern, Options, Redactor};
pub use restore::is_redacted;
pub use stream::Stream;
