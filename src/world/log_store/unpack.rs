//! Packed and oddly encoded logs, told by their first bytes and not by their names.
//!
//! A small file can unpack to more than anybody can read: a log that grows beyond reason ends in an
//! error that says so, and what lies packed in a packed log in a packed log is not looked for.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::spark_history::{LZ4_BLOCK_MAGIC, Lz4Blocks, SNAPPY_JAVA_MAGIC, SnappyStream};
use super::cap::{Breaking, Notes};
use super::entries::{EntryLines, document};
use super::utf16::{Order, Utf16};

/// Text from a log of any packing.
pub type Text = Box<dyn Read + Send>;

/// Chatty logs unpack to some fifty times their size; zeros to a thousand.
const MOST_TIMES: u64 = 200;
/// Below this nobody is hurt, whatever the ratio.
const HARMLESS: u64 = 128 << 20;
/// Packings within each other.
const MOST_NESTED: usize = 2;
/// As a power of two: more memory than this for one log is not given.
const LARGEST_ZSTD_WINDOW: u32 = 24;
const BUFFER: usize = 64 * 1024;
const AN_ENTRY_IS_A_LINE: &str =
    "it is one JSON document with many entries: lines are numbered by entry";
/// Bytes of a log's start by which we tell what it is.
const LONGEST_MAGIC: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstd,
    Bzip2,
    /// What the `lz4` tool makes.
    Lz4Frame,
    /// What lz4-java makes.
    Lz4Block,
    /// What the `snzip` and Go tools make.
    SnappyFrame,
    /// What snappy-java makes.
    SnappyJava,
}

impl Packing {
    const ALL: [(&'static [u8], Packing); 7] = [
        (&[0x1f, 0x8b], Packing::Gzip),
        (&[0x28, 0xb5, 0x2f, 0xfd], Packing::Zstd),
        (b"BZh", Packing::Bzip2),
        (&[0x04, 0x22, 0x4d, 0x18], Packing::Lz4Frame),
        (LZ4_BLOCK_MAGIC, Packing::Lz4Block),
        (b"\xff\x06\x00\x00sNaPpY", Packing::SnappyFrame),
        (SNAPPY_JAVA_MAGIC, Packing::SnappyJava),
    ];

    fn of(start: &[u8]) -> Option<Packing> {
        let found = Packing::ALL.iter().find(|(magic, _)| start.starts_with(magic))?;
        // A line of text may well begin with BZh; a block of bzip2 says its size after it.
        let is_text = found.1 == Packing::Bzip2 && !start.get(3).is_some_and(u8::is_ascii_digit);
        (!is_text).then_some(found.1)
    }

    fn unpack(self, packed: Text) -> io::Result<Text> {
        let packed = BufReader::with_capacity(BUFFER, packed);
        Ok(match self {
            Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
            Packing::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(packed)?;
                decoder.window_log_max(LARGEST_ZSTD_WINDOW)?;
                Box::new(decoder)
            }
            Packing::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(packed)),
            Packing::Lz4Frame => Box::new(lz4_flex::frame::FrameDecoder::new(packed)),
            Packing::Lz4Block => Box::new(Lz4Blocks::new(packed)),
            Packing::SnappyFrame => Box::new(snap::read::FrameDecoder::new(packed)),
            Packing::SnappyJava => Box::new(SnappyStream::new(packed)),
        })
    }
}

/// The log's text in UTF-8 and in lines, and whether it lies there like that. Notes what became of
/// its lines.
///
/// # Errors
/// When its first bytes cannot be read. What is wrong further on is found by reading.
pub fn unpack(raw: Text, notes: &Notes) -> io::Result<(Text, bool)> {
    let (text, is_packed) = unpacked(raw)?;
    let (text, is_encoded) = decoded(text)?;
    let (text, is_array) = lines_of_array(text, notes)?;
    Ok((text, !is_packed && !is_encoded && !is_array))
}

/// Whatever marks its encoding is gone; the text of no mark is taken as it is.
fn decoded(text: Text) -> io::Result<(Text, bool)> {
    let (start, text) = start_of(text)?;
    let (mark, order) = match start.as_slice() {
        [0xff, 0xfe, ..] => (2, Some(Order::LittleEndian)),
        [0xfe, 0xff, ..] => (2, Some(Order::BigEndian)),
        [0xef, 0xbb, 0xbf, ..] => (3, None),
        _ => (0, None),
    };
    let text = behind(mark, start, text);
    Ok(match order {
        Some(order) => (Box::new(Utf16::new(text, order)), true),
        None => (text, mark > 0),
    })
}

/// What log services export as one document, an entry to a line.
fn lines_of_array(text: Text, notes: &Notes) -> io::Result<(Text, bool)> {
    let (start, text) = start_of(text)?;
    let found = document(&start);
    let text = behind(found.map_or(0, |(_, at)| at), start, text);
    let Some((document, _)) = found else { return Ok((text, false)) };
    notes.note(|noted| noted.remark(AN_ENTRY_IS_A_LINE));
    Ok((Box::new(EntryLines::new(text, document)), true))
}

fn unpacked(raw: Text) -> io::Result<(Text, bool)> {
    let n_packed = Arc::new(AtomicU64::new(0));
    let mut text: Text = Box::new(Counted { inner: raw, n_bytes: Arc::clone(&n_packed) });
    for depth in 0.. {
        let (start, rest) = start_of(text)?;
        let packing = Packing::of(&start);
        text = behind(0, start, rest);
        match packing {
            None if depth == 0 => return Ok((text, false)),
            None => break,
            Some(_) if depth == MOST_NESTED => {
                return Err(io::Error::other("it is packed more than twice"));
            }
            Some(packing) => text = packing.unpack(text)?,
        }
    }
    Ok((Box::new(Unpacked { inner: text, n_bytes: 0, n_packed }), true))
}

/// The first bytes of the text, and what follows them. What breaks behind them is found by reading.
fn start_of(mut text: Text) -> io::Result<(Vec<u8>, Text)> {
    let mut start = Vec::with_capacity(LONGEST_MAGIC);
    match text.by_ref().take(LONGEST_MAGIC as u64).read_to_end(&mut start) {
        Ok(_) => Ok((start, text)),
        Err(error) if start.is_empty() => Err(error),
        Err(error) => Ok((start, Box::new(Breaking(Some(error))))),
    }
}

/// The text once more, but for its first bytes.
fn behind(n_bytes: u64, start: Vec<u8>, rest: Text) -> Text {
    let mut start = Cursor::new(start);
    start.set_position(n_bytes);
    Box::new(start.chain(rest))
}

/// Counts what is read of the packed log.
struct Counted {
    inner: Text,
    n_bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.n_bytes.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Ends where no log would have come to.
struct Unpacked {
    inner: Text,
    n_bytes: u64,
    n_packed: Arc<AtomicU64>,
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_packed = self.n_packed.load(Ordering::Relaxed);
        if self.n_bytes > HARMLESS && self.n_bytes / MOST_TIMES > n_packed {
            return Err(io::Error::other(format!(
                "it unpacks like an archive bomb: {} bytes came of {n_packed}",
                self.n_bytes
            )));
        }
        let n = self.inner.read(buffer)?;
        self.n_bytes += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const TEXT: &str = "26/11/23 17:25:38 INFO one\n26/11/23 17:25:39 ERROR two\n";

    fn unpacked(bytes: Vec<u8>) -> Result<String, String> {
        let mut text = String::new();
        let (mut reader, _) =
            unpack(Box::new(Cursor::new(bytes)), &Notes::default()).map_err(|e| e.to_string())?;
        reader.read_to_string(&mut text).map_err(|e| e.to_string())?;
        Ok(text)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    fn bzip2(bytes: &[u8]) -> Vec<u8> {
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip2.write_all(bytes).unwrap();
        bzip2.finish().unwrap()
    }

    fn lz4(bytes: &[u8]) -> Vec<u8> {
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        lz4.write_all(bytes).unwrap();
        lz4.finish().unwrap()
    }

    fn snappy(bytes: &[u8]) -> Vec<u8> {
        let mut snappy = snap::write::FrameEncoder::new(Vec::new());
        snappy.write_all(bytes).unwrap();
        snappy.into_inner().unwrap()
    }

    fn snappy_java(bytes: &[u8]) -> Vec<u8> {
        let block = snap::raw::Encoder::new().compress_vec(bytes).unwrap();
        let size = u32::try_from(block.len()).unwrap().to_be_bytes();
        [SNAPPY_JAVA_MAGIC, &[0, 0, 0, 1, 0, 0, 0, 1], &size, &block].concat()
    }

    #[test]
    fn every_packing_reads_alike_also_in_parts_that_were_joined() {
        let text = TEXT.as_bytes();
        let packed = [gzip(text), zstd::encode_all(text, 1).unwrap(), bzip2(text), snappy(text)];
        for bytes in packed {
            assert_eq!(unpacked(bytes.repeat(2)), Ok(TEXT.repeat(2)));
            assert_eq!(unpacked(gzip(&bytes)), Ok(TEXT.to_owned()), "packed twice");
        }
        for bytes in [lz4(text), snappy_java(text), text.to_vec()] {
            assert_eq!(unpacked(bytes), Ok(TEXT.to_owned()));
        }
        assert_eq!(unpacked(Vec::new()), Ok(String::new()));
        assert_eq!(unpacked(b"BZhello".to_vec()), Ok("BZhello".to_owned()));
    }

    #[test]
    fn what_is_packed_more_than_twice_or_cut_says_so() {
        let thrice = gzip(&gzip(&gzip(TEXT.as_bytes())));
        assert_eq!(unpacked(thrice), Err("it is packed more than twice".to_owned()));
        let mut cut = bzip2(TEXT.as_bytes());
        cut.truncate(cut.len() - 3);
        assert!(unpacked(cut).is_err());
    }

    #[test]
    fn text_of_another_encoding_is_utf_8() {
        let text = format!("{TEXT}Größe 💥\n");
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for (mark, bytes) in [
            (&[0xff, 0xfe][..], little.as_slice()),
            (&[0xfe, 0xff], &big),
            (&[0xef, 0xbb, 0xbf], text.as_bytes()),
        ] {
            let bytes = [mark, bytes].concat();
            assert_eq!(unpacked(bytes.clone()).as_ref(), Ok(&text));
            assert_eq!(unpacked(gzip(&gzip(&bytes))).as_ref(), Ok(&text));
        }
    }

    #[test]
    fn an_exported_array_is_a_line_for_each_entry() {
        let array = b" [\n  {\n    \"a\": \"[{,\\\" x\"\n  },\n  {\"b\": [1, {}]}\n]\n";
        let notes = Notes::default();
        let (mut reader, _) = unpack(Box::new(&array[..]), &notes).unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "{\"a\":\"[{,\\\" x\"}\n{\"b\":[1,{}]}\n");
        assert_eq!(notes.noted().remarks, [AN_ENTRY_IS_A_LINE]);
    }

    #[test]
    fn what_came_before_it_broke_is_read_however_little() {
        let broken = Breaking(Some(io::Error::other("it broke")));
        let (mut reader, _) = unpack(Box::new(b"ERR".chain(broken)), &Notes::default()).unwrap();
        let mut text = String::new();
        let error = reader.read_to_string(&mut text).expect_err("it broke");
        assert_eq!((text.as_str(), error.to_string().as_str()), ("ERR", "it broke"));
    }

    #[test]
    fn a_bomb_ends_explained() {
        let zeros = gzip(&vec![0; 8 << 20]);
        let bomb = zeros.repeat(usize::try_from(HARMLESS >> 20).unwrap() / 4);
        let (mut reader, is_plain) =
            unpack(Box::new(Cursor::new(bomb)), &Notes::default()).unwrap();
        assert!(!is_plain);
        let ended = io::copy(&mut reader, &mut io::sink()).expect_err("a bomb");
        assert!(ended.to_string().starts_with("it unpacks like an archive bomb"), "{ended}");
    }
}
