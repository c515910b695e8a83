//! Integers, doubles and strings of the three encodings.
//!
//! XDR: big-endian 4-byte integers, 8-byte doubles. Native: the same in the byte order of the writer.
//! ASCII: words between white space, `NA` for a missing integer, strings with C escapes.

use ma_core::{Cursor, ScanError};

use crate::model::{AnomalyKind, Encoding};

/// Why reading stopped.
pub(super) enum Stop {
    /// The source or a limit.
    Scan(ScanError),
    /// The bytes.
    Broken(AnomalyKind),
}

impl From<ScanError> for Stop {
    fn from(error: ScanError) -> Self {
        Self::Scan(error)
    }
}

impl From<ma_core::LimitHit> for Stop {
    fn from(hit: ma_core::LimitHit) -> Self {
        Self::Scan(ScanError::Limit(hit))
    }
}

/// What reading gives.
pub(super) type Read<T> = Result<T, Stop>;

/// `NA` as an integer.
pub(super) const NA: i32 = i32::MIN;

/// The longest word that R reads.
const MAX_WORD: usize = 127;

/// Reads primitive values.
pub(super) struct Reader<'b> {
    pub(super) cursor: Cursor<'b>,
    pub(super) encoding: Encoding,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn cut<T>(value: Option<T>, what: &'static str) -> Read<T> {
    value.ok_or(Stop::Broken(AnomalyKind::Truncated(what)))
}

impl Reader<'_> {
    /// An integer.
    pub(super) fn int(&mut self) -> Read<i32> {
        match self.encoding {
            Encoding::Ascii => self.int_word(),
            Encoding::Xdr | Encoding::Native { big_endian: true } => {
                Ok(i32::from_be_bytes(cut(self.cursor.array()?, "an integer")?))
            }
            Encoding::Native { big_endian: false } => {
                Ok(i32::from_le_bytes(cut(self.cursor.array()?, "an integer")?))
            }
        }
    }

    fn int_word(&mut self) -> Read<i32> {
        let word = self.word()?;
        if word == b"NA" {
            return Ok(NA);
        }
        let text = String::from_utf8_lossy(&word);
        let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = digits
            .get(..count)
            .and_then(|d| d.parse().ok())
            .ok_or(Stop::Broken(AnomalyKind::BadNumber))?;
        let number = if text.starts_with('-') {
            number.saturating_neg()
        } else {
            number
        };
        i32::try_from(number).map_err(|_| Stop::Broken(AnomalyKind::BadNumber))
    }

    /// A word of the ASCII encoding.
    pub(super) fn word(&mut self) -> Read<Vec<u8>> {
        self.skip_space()?;
        let mut word = Vec::new();
        loop {
            // R wants white space behind the last word, too.
            let byte = cut(self.cursor.byte()?, "a number")?;
            if is_space(byte) {
                break;
            }
            if word.len() == MAX_WORD {
                return Err(Stop::Broken(AnomalyKind::BadNumber));
            }
            word.push(byte);
        }
        Ok(word)
    }

    fn skip_space(&mut self) -> Read<()> {
        let mut skipped = 0u64;
        while self.cursor.peek()?.is_some_and(is_space) {
            self.cursor.consume(1);
            skipped = skipped.saturating_add(1);
            if skipped.is_multiple_of(4096) {
                self.cursor.budget().charge_steps(4096)?;
            }
        }
        Ok(())
    }

    /// A double.
    pub(super) fn double(&mut self) -> Read<f64> {
        match self.encoding {
            Encoding::Ascii => {
                let word = self.word()?;
                let text = String::from_utf8_lossy(&word);
                Ok(match text.as_ref() {
                    "NA" | "NaN" => f64::NAN,
                    text => text.parse().unwrap_or(f64::NAN),
                })
            }
            Encoding::Xdr | Encoding::Native { big_endian: true } => {
                Ok(f64::from_be_bytes(cut(self.cursor.array()?, "a number")?))
            }
            Encoding::Native { big_endian: false } => {
                Ok(f64::from_le_bytes(cut(self.cursor.array()?, "a number")?))
            }
        }
    }

    /// A string of `len` bytes, of which at most `keep` are kept. True when there were more.
    pub(super) fn string(&mut self, len: u64, keep: usize) -> Read<(Vec<u8>, bool)> {
        if self.encoding == Encoding::Ascii {
            return self.escaped(len, keep);
        }
        let left = self.cursor.remaining();
        if len > left {
            return Err(Stop::Broken(AnomalyKind::LengthBeyondFile {
                declared: len,
                left,
            }));
        }
        let kept = len.min(keep as u64);
        let bytes = cut(self.cursor.bytes(kept)?, "a string")?;
        self.cursor.skip(len.saturating_sub(kept));
        Ok((bytes, len > kept))
    }

    fn escaped(&mut self, len: u64, keep: usize) -> Read<(Vec<u8>, bool)> {
        let left = self.cursor.remaining();
        if len > left {
            return Err(Stop::Broken(AnomalyKind::LengthBeyondFile {
                declared: len,
                left,
            }));
        }
        let mut bytes = Vec::new();
        if len == 0 {
            return Ok((bytes, false));
        }
        self.skip_space()?;
        for i in 0..len {
            if i.is_multiple_of(1024) {
                self.cursor.budget().charge_steps(1024)?;
            }
            let mut byte = cut(self.cursor.byte()?, "a string")?;
            if byte == b'\\' {
                let escape = cut(self.cursor.byte()?, "a string")?;
                byte = match escape {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'v' => 0x0b,
                    b'b' => 0x08,
                    b'r' => b'\r',
                    b'f' => 0x0c,
                    b'a' => 0x07,
                    b'0'..=b'7' => self.octal(escape)?,
                    other => other,
                };
            }
            if bytes.len() < keep {
                bytes.push(byte);
            }
        }
        Ok((bytes, len > keep as u64))
    }

    fn octal(&mut self, first: u8) -> Read<u8> {
        let mut value = first & 7;
        for _ in 0..2 {
            match self.cursor.peek()? {
                Some(digit @ b'0'..=b'7') => {
                    self.cursor.consume(1);
                    value = value.wrapping_mul(8).wrapping_add(digit & 7);
                }
                _ => break,
            }
        }
        Ok(value)
    }
}
