//! The framing of lz4-java's `LZ4BlockOutputStream`, which is what Spark's `lz4` codec writes.
//!
//! Blocks of: magic `LZ4Block`, a byte with the method, three little-endian u32 (compressed size,
//! size, checksum), data. A block of size 0 ends a stream, and another stream may follow.
//! The checksum is not verified: a damaged block does not decode, or gives lines that are not
//! JSON, and both are reported already.

use std::io::{self, Read};

pub const MAGIC: &[u8] = b"LZ4Block";

const HEADER: usize = 21;
const RAW: u8 = 0x10;
const LZ4: u8 = 0x20;
/// The largest block that lz4-java makes.
const LARGEST: usize = 32 << 20;

/// Decodes a stream of blocks.
pub struct Lz4Blocks<R> {
    inner: R,
    compressed: Vec<u8>,
    block: Vec<u8>,
    given: usize,
}

impl<R: Read> Lz4Blocks<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, compressed: Vec::new(), block: Vec::new(), given: 0 }
    }

    /// Fills `block`; false at the end of the input.
    fn next_block(&mut self) -> io::Result<bool> {
        let mut header = [0; HEADER];
        if !read_header(&mut self.inner, &mut header)? {
            return Ok(false);
        }
        if !header.starts_with(MAGIC) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "no LZ4 block where one should begin",
            ));
        }
        let compressed_size = size_at(&header, 9)?;
        let size = size_at(&header, 13)?;
        self.compressed.resize(compressed_size, 0);
        self.inner.read_exact(&mut self.compressed)?;
        self.block.resize(size, 0);
        self.given = 0;
        match header[8] & 0xf0 {
            RAW if compressed_size == size => self.block.copy_from_slice(&self.compressed),
            LZ4 => {
                let n = lz4_flex::block::decompress_into(&self.compressed, &mut self.block)
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                self.block.truncate(n);
            }
            _ => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "an LZ4 block of no known kind",
                ));
            }
        }
        Ok(true)
    }
}

impl<R: Read> Read for Lz4Blocks<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.block.len() {
            if !self.next_block()? {
                return Ok(0);
            }
        }
        let n = out.len().min(self.block.len() - self.given);
        out[..n].copy_from_slice(&self.block[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

/// False when the input ends before the first byte.
fn read_header(inner: &mut impl Read, header: &mut [u8]) -> io::Result<bool> {
    let mut n = 0;
    while n < header.len() {
        match inner.read(&mut header[n..]) {
            Ok(0) if n == 0 => return Ok(false),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(more) => n += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

fn size_at(header: &[u8; HEADER], at: usize) -> io::Result<usize> {
    let bytes = [header[at], header[at + 1], header[at + 2], header[at + 3]];
    usize::try_from(u32::from_le_bytes(bytes)).ok().filter(|size| *size <= LARGEST).ok_or_else(
        || io::Error::new(io::ErrorKind::InvalidData, "an LZ4 block beyond its largest size"),
    )
}
