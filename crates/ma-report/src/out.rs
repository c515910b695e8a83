//! Writing lines of text: styles, wrapping, and the fallback for terminals that know ASCII only.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::Style;

use crate::style::Styles;

/// How a text is written.
#[derive(Debug, Clone)]
pub struct TextOptions {
    /// Styles of its parts.
    pub styles: Styles,
    /// Whether characters beyond ASCII may be written.
    pub unicode: bool,
    /// Columns to wrap prose at.
    pub width: usize,
    /// Whether long lists are shown to their end.
    pub everything: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            styles: Styles::plain(),
            unicode: true,
            width: 100,
            everything: false,
        }
    }
}

/// A writer of styled text.
pub(crate) struct Out<'a> {
    to: &'a mut dyn Write,
    pub(crate) options: &'a TextOptions,
}

impl<'a> Out<'a> {
    pub(crate) fn new(to: &'a mut dyn Write, options: &'a TextOptions) -> Self {
        Self { to, options }
    }

    pub(crate) fn styles(&self) -> Styles {
        self.options.styles
    }

    /// Columns for prose; narrow terminals get long lines rather than single words.
    pub(crate) fn width(&self) -> usize {
        self.options.width.max(40)
    }

    /// Text that is safe to print already.
    pub(crate) fn put(&mut self, text: &str) -> io::Result<()> {
        let text = self.shown(text);
        self.to.write_all(text.as_bytes())
    }

    pub(crate) fn styled(&mut self, style: Style, text: &str) -> io::Result<()> {
        let text = self.shown(text);
        write!(self.to, "{style}{text}{style:#}")
    }

    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.put(text)?;
        self.put("\n")
    }

    pub(crate) fn end(&mut self) -> io::Result<()> {
        self.put("\n")
    }

    /// Prose after a styled label, wrapped and indented by `indent`; the text is escaped here.
    pub(crate) fn labelled(&mut self, indent: usize, label: &str, text: &str) -> io::Result<()> {
        let pad = " ".repeat(indent);
        let faint = self.styles().faint;
        self.put(&pad)?;
        self.styled(faint, label)?;
        let used = label.chars().count().saturating_add(1);
        let room = self.width().saturating_sub(indent);
        let hang = indent.saturating_add(2);
        for (i, line) in wrap(&flat(text), room, used).iter().enumerate() {
            if i == 0 {
                self.put(" ")?;
            } else {
                self.put(&" ".repeat(hang))?;
            }
            self.line(line)?;
        }
        Ok(())
    }

    /// A paragraph of prose.
    pub(crate) fn prose(&mut self, indent: usize, text: &str) -> io::Result<()> {
        let room = self.width().saturating_sub(indent);
        for line in wrap(&flat(text), room, 0) {
            self.put(&" ".repeat(indent))?;
            self.line(&line)?;
        }
        Ok(())
    }

    fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.options.unicode || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                c if c.is_ascii() => out.push(c),
                '✓' => out.push_str("OK"),
                '✗' => out.push('X'),
                '→' => out.push_str("->"),
                '…' => out.push_str("..."),
                '–' | '─' => out.push('-'),
                '×' => out.push('x'),
                c => {
                    // Writing to a String can't fail.
                    let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
                }
            }
        }
        Cow::Owned(out)
    }
}

/// Prose on one line: escaped, with its line breaks and runs of spaces made single spaces.
pub(crate) fn flat(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    ma_core::text::escape(&words.join(" ")).into_owned()
}

/// Lines of at most `room` characters, the first of which starts after `used` characters; a word that
/// is longer than a line stays whole.
pub(crate) fn wrap(text: &str, room: usize, used: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut len = used;
    for word in text.split(' ') {
        let n = word.chars().count();
        if !line.is_empty() && len.saturating_add(n).saturating_add(1) > room {
            lines.push(std::mem::take(&mut line));
            len = 2;
        }
        if !line.is_empty() {
            line.push(' ');
            len = len.saturating_add(1);
        }
        line.push_str(word);
        len = len.saturating_add(n);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_wrapped_at_words() {
        assert_eq!(wrap("one two three", 8, 0), ["one two", "three"]);
        assert_eq!(wrap("one two three", 8, 4), ["one", "two", "three"]);
        assert_eq!(wrap("unbreakable", 4, 0), ["unbreakable"]);
        assert_eq!(wrap("", 4, 0), [""]);
    }

    #[test]
    fn without_unicode_everything_is_ascii() {
        let options = TextOptions {
            unicode: false,
            ..TextOptions::default()
        };
        let mut bytes = Vec::new();
        let mut out = Out::new(&mut bytes, &options);
        out.line("✓ a → b… ü").unwrap();
        assert_eq!(bytes, b"OK a -> b... \\u{fc}\n");
    }
}
