//! The framing of snappy-java's `SnappyOutputStream`, which is what Spark's `snappy` codec writes.
//!
//! A header (8 bytes of magic, two big-endian u32 of version), then chunks of a big-endian u32
//! size and a raw snappy block. Where streams were joined, a header stands where a size should.

use std::io::{self, Read};

pub const MAGIC: &[u8] = &[0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];

/// The first four bytes of the magic; as a size it would be beyond all reason.
const MAGIC_AS_SIZE: [u8; 4] = [0x82, b'S', b'N', b'A'];
const REST_OF_HEADER: usize = 12;
/// snappy-java's largest block is 512 MiB in theory and 32 KiB by Spark's default.
const LARGEST: usize = 64 << 20;

/// Decodes a stream of chunks.
pub struct SnappyStream<R> {
    inner: R,
    decoder: snap::raw::Decoder,
    compressed: Vec<u8>,
    block: Vec<u8>,
    given: usize,
}

impl<R: Read> SnappyStream<R> {
    pub fn new(inner: R) -> Self {
        let decoder = snap::raw::Decoder::new();
        Self { inner, decoder, compressed: Vec::new(), block: Vec::new(), given: 0 }
    }

    /// Fills `block`; false at the end of the input.
    fn next_block(&mut self) -> io::Result<bool> {
        let Some(size) = self.next_size()? else { return Ok(false) };
        self.compressed.resize(size, 0);
        self.inner.read_exact(&mut self.compressed)?;
        let length = snap::raw::decompress_len(&self.compressed).map_err(io::Error::other)?;
        self.block.resize(bounded(length)?, 0);
        self.decoder.decompress(&self.compressed, &mut self.block).map_err(io::Error::other)?;
        self.given = 0;
        Ok(true)
    }

    fn next_size(&mut self) -> io::Result<Option<usize>> {
        loop {
            let mut word = [0; 4];
            if self.inner.read(&mut word[..1])? == 0 {
                return Ok(None);
            }
            self.inner.read_exact(&mut word[1..])?;
            if word != MAGIC_AS_SIZE {
                let size = usize::try_from(u32::from_be_bytes(word)).unwrap_or(usize::MAX);
                return bounded(size).map(Some);
            }
            self.inner.read_exact(&mut [0; REST_OF_HEADER])?;
        }
    }
}

impl<R: Read> Read for SnappyStream<R> {
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

fn bounded(size: usize) -> io::Result<usize> {
    if size <= LARGEST {
        Ok(size)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, "a snappy block beyond all reason"))
    }
}
