//! JSON that is safe to look at: what could steer a terminal or hide text (C1 controls, bidirectional
//! overrides, invisible characters) is written as `\uXXXX`. For a program it is the same string.

use std::io::{self, Write};

use ma_core::text;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter};

/// An indenting formatter whose strings are safe to print.
#[derive(Default)]
pub(super) struct Safe(PrettyFormatter<'static>);

impl Formatter for Safe {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        if text::escape(fragment).len() == fragment.len() {
            return writer.write_all(fragment.as_bytes());
        }
        let mut buf = [0; 4];
        let mut units = [0; 2];
        for c in fragment.chars() {
            let one = c.encode_utf8(&mut buf);
            if text::escape(one).len() == one.len() {
                writer.write_all(one.as_bytes())?;
            } else {
                for unit in c.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }

    fn write_char_escape<W>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        self.0.write_char_escape(writer, escape)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W>(&mut self, writer: &mut W, first: bool) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W>(&mut self, writer: &mut W, first: bool) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use crate::json::value;

    #[test]
    fn strings_are_safe_to_print_and_read_back_the_same() {
        let nasty = "a\u{1b}[2J\u{9b}31m\u{202e}b\u{e0041}\u{7f} ü \"q\" \\";
        let mut out = Vec::new();
        value(&mut out, &[nasty]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
        assert!(text.contains("\\u202e") && text.contains('ü'), "{text}");
        let back: Vec<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(back, [nasty]);
    }
}
