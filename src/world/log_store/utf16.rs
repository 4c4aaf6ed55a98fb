//! Logs in UTF-16, as PowerShell writes what it is told to redirect.

use std::io::{self, BufRead, BufReader, Read};

use super::unpack::Text;

const BUFFER: usize = 16 * 1024;

/// Of the two bytes of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    LittleEndian,
    BigEndian,
}

/// The text in UTF-8. What is no character becomes the mark for those.
pub struct Utf16 {
    text: BufReader<Text>,
    order: Order,
    /// The first byte of a unit whose other one is still to come.
    odd: Option<u8>,
    /// The first unit of a character that has two.
    high: Option<u16>,
    decoded: Vec<u8>,
    /// Of `decoded`, that were handed out.
    n_read: usize,
}

impl Utf16 {
    /// `text` begins behind its byte order mark.
    pub fn new(text: Text, order: Order) -> Self {
        let text = BufReader::with_capacity(BUFFER, text);
        Utf16 { text, order, odd: None, high: None, decoded: Vec::new(), n_read: 0 }
    }

    /// False at the end.
    fn decode_more(&mut self) -> io::Result<bool> {
        self.decoded.clear();
        self.n_read = 0;
        let mut block = [0; BUFFER];
        let n = {
            let buffered = self.text.fill_buf()?;
            block[..buffered.len()].copy_from_slice(buffered);
            buffered.len()
        };
        self.text.consume(n);
        for &byte in &block[..n] {
            match self.odd.take() {
                None => self.odd = Some(byte),
                Some(first) => self.push_unit(match self.order {
                    Order::LittleEndian => u16::from_le_bytes([first, byte]),
                    Order::BigEndian => u16::from_be_bytes([first, byte]),
                }),
            }
        }
        let is_cut = self.odd.is_some() || self.high.is_some();
        if n == 0 && is_cut {
            (self.odd, self.high) = (None, None);
            self.push(char::REPLACEMENT_CHARACTER);
        }
        Ok(n > 0 || is_cut)
    }

    fn push_unit(&mut self, unit: u16) {
        if self.high.is_none() && (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
            return;
        }
        let units = self.high.take().into_iter().chain([unit]);
        for character in char::decode_utf16(units) {
            self.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }

    fn push(&mut self, character: char) {
        self.decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

impl Read for Utf16 {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.n_read == self.decoded.len() {
            if !self.decode_more()? {
                return Ok(0);
            }
        }
        let mut ready = &self.decoded[self.n_read..];
        let n = ready.read(buffer)?;
        self.n_read += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf8(bytes: &[u8]) -> String {
        let mut text = String::new();
        // One byte at a time: units and characters lie across the pieces.
        let bytes: Vec<[u8; 1]> = bytes.iter().map(|byte| [*byte]).collect();
        let pieces: Text = Box::new(Pieces(bytes.into_iter()));
        Utf16::new(pieces, Order::BigEndian).read_to_string(&mut text).expect("UTF-8");
        text
    }

    struct Pieces(std::vec::IntoIter<[u8; 1]>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.next().map_or(Ok(0), |piece| piece.as_slice().read(buffer))
        }
    }

    #[test]
    fn halves_of_characters_are_put_together_or_marked() {
        assert_eq!(utf8(&[0xd8, 0x3d, 0xdc, 0xa5, 0, b'a']), "💥a");
        assert_eq!(utf8(&[0xd8, 0x3d, 0, b'a']), "\u{fffd}a");
        assert_eq!(utf8(&[0xdc, 0xa5, 0, b'a', 0]), "\u{fffd}a\u{fffd}");
        assert_eq!(utf8(&[0, b'a', 0xd8, 0x3d]), "a\u{fffd}");
    }
}
