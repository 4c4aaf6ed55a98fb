//! Opens an event log whatever Spark wrote it with.
//!
//! The suffix is what Spark goes by, the magic is what the file is; where they differ the magic
//! is believed, since people rename and recompress.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

use super::super::Problem;
use super::lz4_block::{self, Lz4Blocks};
use super::snappy_stream::{self, SnappyStream};

const BUFFER: usize = 256 << 10;

/// A reader of the plain text of `path`.
pub fn open(path: &Path) -> Result<Box<dyn BufRead>, Problem> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let failed = |error| Problem::Unavailable(format!("failed to open {name}: {error}"));
    let mut file = File::open(path).map_err(failed)?;
    let mut head = Vec::with_capacity(8);
    (&mut file).take(8).read_to_end(&mut head).map_err(failed)?;
    let codec = Codec::of(&head, &name)?;
    let whole = BufReader::with_capacity(BUFFER, Cursor::new(head).chain(file));
    Ok(match codec {
        Codec::Plain => Box::new(whole),
        Codec::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(whole).map_err(failed)?;
            Box::new(BufReader::with_capacity(BUFFER, decoder))
        }
        Codec::Lz4Block => Box::new(BufReader::with_capacity(BUFFER, Lz4Blocks::new(whole))),
        Codec::Lz4Frame => {
            let decoder = lz4_flex::frame::FrameDecoder::new(whole);
            Box::new(BufReader::with_capacity(BUFFER, decoder))
        }
        Codec::Snappy => Box::new(BufReader::with_capacity(BUFFER, SnappyStream::new(whole))),
        Codec::Gzip => {
            let decoder = flate2::bufread::MultiGzDecoder::new(whole);
            Box::new(BufReader::with_capacity(BUFFER, decoder))
        }
    })
}

enum Codec {
    Plain,
    Zstd,
    /// What Spark's `lz4` is.
    Lz4Block,
    /// What the `lz4` tool makes.
    Lz4Frame,
    /// What Spark's `snappy` is.
    Snappy,
    /// Not Spark's, but what people pack logs with.
    Gzip,
}

impl Codec {
    fn of(head: &[u8], name: &str) -> Result<Self, Problem> {
        let by_magic: [(&[u8], Self); 5] = [
            (&[0x28, 0xb5, 0x2f, 0xfd], Self::Zstd),
            (lz4_block::MAGIC, Self::Lz4Block),
            (&[0x04, 0x22, 0x4d, 0x18], Self::Lz4Frame),
            (snappy_stream::MAGIC, Self::Snappy),
            (&[0x1f, 0x8b], Self::Gzip),
        ];
        for (magic, codec) in by_magic {
            if head.starts_with(magic) {
                return Ok(codec);
            }
        }
        let base = name.strip_suffix(".compact").unwrap_or(name);
        let base = base.strip_suffix(".inprogress").unwrap_or(base);
        let suffix = base.rsplit('.').next().unwrap_or_default();
        match suffix {
            // Opened a moment ago: Spark writes the first compressed block when it is full.
            _ if head.is_empty() => Ok(Self::Plain),
            "lzf" => Err(Problem::Refused(format!(
                "{name} is compressed with lzf; set \
                 spark.eventLog.compression.codec to zstd, lz4 or snappy"
            ))),
            "zstd" | "lz4" | "snappy" if !head.starts_with(b"{") => {
                Err(Problem::Unreadable(format!("{name} is not what its suffix says")))
            }
            _ => Ok(Self::Plain),
        }
    }
}
