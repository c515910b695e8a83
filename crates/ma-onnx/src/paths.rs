//! Paths that a file names: where they lead, by their text alone.

/// How a path leaves the directory of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// `/etc/passwd`
    Absolute,
    /// `C:\x`
    Drive,
    /// `\\server\share`
    Network,
    /// `https://…`, `file:…`
    Url,
    /// `../x`, `a/../../x`
    Parent,
    /// A zero byte: what follows it is seen by some readers only.
    Nul,
    /// `%2e%2e%2f`: a way out for readers that decode it.
    Encoded,
    /// `a/../b`: stays inside unless `a` is a link.
    Detour,
}

impl Leaves {
    /// As the end of "the path …".
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Absolute => "is absolute",
            Self::Drive => "names a drive",
            Self::Network => "names a computer in the network",
            Self::Url => "is a URL",
            Self::Parent => "leads out of the model's directory",
            Self::Nul => "holds a zero byte, where some readers stop",
            Self::Encoded => "hides a way out of the model's directory behind percent signs",
            Self::Detour => "goes up and down again",
        }
    }

    /// Whether it certainly leaves the directory, for one reader or another.
    pub(crate) fn is_sure(self) -> bool {
        !matches!(self, Self::Encoded | Self::Detour)
    }
}

/// How `path` leaves the directory that it is relative to, if it does. Both kinds of slash separate,
/// since the file may be loaded on either system.
pub(crate) fn leaves(path: &str) -> Option<Leaves> {
    plainly(path).or_else(|| {
        let decoded = decode(path);
        let hidden = decoded != path && plainly(&decoded).is_some_and(Leaves::is_sure);
        hidden.then_some(Leaves::Encoded)
    })
}

fn plainly(path: &str) -> Option<Leaves> {
    let bytes = path.as_bytes();
    let slash = |at: usize| matches!(bytes.get(at), Some(b'/' | b'\\'));
    let letter = bytes.first().is_some_and(u8::is_ascii_alphabetic);
    if path.contains('\0') {
        Some(Leaves::Nul)
    } else if slash(0) && slash(1) {
        Some(Leaves::Network)
    } else if slash(0) {
        Some(Leaves::Absolute)
    } else if letter && bytes.get(1) == Some(&b':') && slash(2) {
        Some(Leaves::Drive)
    } else if path.contains("://") || path.to_ascii_lowercase().starts_with("file:") {
        Some(Leaves::Url)
    } else {
        walk(path)
    }
}

fn walk(path: &str) -> Option<Leaves> {
    let (mut depth, mut detour) = (0u32, false);
    for part in path.split(['/', '\\']) {
        // Windows ignores spaces at the end of a name.
        match part.trim_end_matches(' ') {
            "" | "." => {}
            ".." => {
                detour = true;
                match depth.checked_sub(1) {
                    Some(up) => depth = up,
                    None => return Some(Leaves::Parent),
                }
            }
            _ => depth = depth.saturating_add(1),
        }
    }
    detour.then_some(Leaves::Detour)
}

/// Percent signs decoded, twice, since some readers do it twice.
fn decode(path: &str) -> String {
    let mut text = path.to_owned();
    for _ in 0..2 {
        for (code, plain) in [
            ("%2e", "."),
            ("%2E", "."),
            ("%2f", "/"),
            ("%2F", "/"),
            ("%5c", "\\"),
            ("%5C", "\\"),
            ("%25", "%"),
        ] {
            text = text.replace(code, plain);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_out_are_seen() {
        for (path, way) in [
            ("../x", Leaves::Parent),
            ("a/../../x", Leaves::Parent),
            ("a\\..\\..\\x", Leaves::Parent),
            ("./.. /x", Leaves::Parent),
            ("/etc/passwd", Leaves::Absolute),
            ("\\x", Leaves::Absolute),
            ("\\\\server\\share", Leaves::Network),
            ("//server/share", Leaves::Network),
            ("C:\\x", Leaves::Drive),
            ("c:/x", Leaves::Drive),
            ("file:/etc/passwd", Leaves::Url),
            ("FILE:x", Leaves::Url),
            ("https://127.0.0.1/x", Leaves::Url),
            ("x\0../y", Leaves::Nul),
            ("%2e%2e/x", Leaves::Encoded),
            ("%252e%252e%252fx", Leaves::Encoded),
            ("a/../b", Leaves::Detour),
        ] {
            assert_eq!(leaves(path), Some(way), "{path}");
        }
        for path in [
            "model.onnx_data",
            "model.layers/0",
            "onnx::MatMul_123",
            "W:0",
            "a/./b",
            "..x/y..",
            "3f2a-11",
            "100%",
            "weights...data",
        ] {
            assert_eq!(leaves(path), None, "{path}");
        }
    }
}
