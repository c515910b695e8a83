//! Where a file name in a file leads, seen from the directory that the file lies in.

/// What makes a name lead out of the directory of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Below the directory.
    Beside,
    /// To a fixed place of the machine, whatever the directory.
    Absolute,
    /// Above the directory.
    Above,
    /// To the home directory of whoever loads it, or by way of an environment variable.
    Home,
    /// To another machine.
    Remote,
}

impl Reach {
    /// Where `name` leads. Both separators count, since the loader's system is not known.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let name = name.trim_start();
        let scheme = name.split_once("://").map(|(scheme, _)| scheme);
        if scheme.is_some_and(|s| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric()))
            || name.starts_with("\\\\")
            || name.starts_with("//")
        {
            return if name.starts_with("file:") {
                Self::Absolute
            } else {
                Self::Remote
            };
        }
        let drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
        if drive || name.starts_with(['/', '\\']) {
            return Self::Absolute;
        }
        if name.split(['/', '\\']).any(|part| part == "..") {
            return Self::Above;
        }
        if name.starts_with('~') || (name.starts_with('$') && !name.starts_with("${ORIGIN}")) {
            return Self::Home;
        }
        Self::Beside
    }

    /// Whether it leads out.
    #[must_use]
    pub fn leaves(self) -> bool {
        self != Self::Beside
    }

    /// In words, behind "which".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Beside => "lies beside this one",
            Self::Absolute => "is a fixed place on the machine of whoever loads it",
            Self::Above => "lies outside the directory of this file",
            Self::Home => "depends on the user who loads it",
            Self::Remote => "lies on another machine",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reach;

    #[test]
    fn names_are_told_apart() {
        for (name, reach) in [
            ("weights.raw", Reach::Beside),
            ("a/b..c/d", Reach::Beside),
            ("./x.h5", Reach::Beside),
            ("${ORIGIN}/x.h5", Reach::Beside),
            ("/etc/passwd", Reach::Absolute),
            ("C:\\x", Reach::Absolute),
            ("file:///etc/passwd", Reach::Absolute),
            ("a/../../b", Reach::Above),
            ("..\\b", Reach::Above),
            ("~/x", Reach::Home),
            ("https://example.com/x", Reach::Remote),
            ("\\\\server\\share", Reach::Remote),
        ] {
            assert_eq!(Reach::of(name), reach, "{name}");
        }
    }
}
