//! Names of members as the file system of whoever unpacks them would take them.
//!
//! `resolve` walks a path component by component through the links that the archive itself makes, so
//! that a chain of links, each of them harmless, is seen to leave (CVE-2025-4517 and its like).

use std::collections::HashMap;

/// How a name leaves the folder that the archive is unpacked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// `..` leads above the top.
    Parent,
    /// It starts at the root.
    Absolute,
    /// It names a Windows drive.
    Drive,
    /// It names a network share.
    Share,
    /// A NUL ends the name early for some readers.
    Nul,
}

impl Escape {
    /// In words.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Parent => "leads above the folder it is unpacked to",
            Self::Absolute => "is an absolute path",
            Self::Drive => "names a drive",
            Self::Share => "names a network share",
            Self::Nul => "holds a NUL, where some readers end the name",
        }
    }
}

/// Whether a name leaves the folder, on any system.
pub(crate) fn escape(name: &str) -> Option<Escape> {
    if name.contains('\0') {
        return Some(Escape::Nul);
    }
    if name.starts_with("\\\\") || name.starts_with("//?/") {
        return Some(Escape::Share);
    }
    if name.starts_with('/') || name.starts_with('\\') {
        return Some(Escape::Absolute);
    }
    let mut chars = name.chars();
    let drive = chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.next() == Some(':')
        && matches!(chars.next(), Some('/' | '\\'));
    if drive {
        return Some(Escape::Drive);
    }
    let mut depth = 0u64;
    for part in name.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(up) => depth = up,
                None => return Some(Escape::Parent),
            },
            _ => depth = depth.saturating_add(1),
        }
    }
    None
}

/// Whether the name has a `..` that does not leave.
pub(crate) fn has_parent(name: &str) -> bool {
    name.split(['/', '\\']).any(|p| p == "..")
}

/// The name as file systems that fold case, separators, empty parts and trailing dots see it.
pub(crate) fn folded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for part in name.split(['/', '\\']) {
        let part = part.trim_end_matches(['.', ' ']);
        if part.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push('/');
        }
        out.extend(part.chars().flat_map(char::to_lowercase));
    }
    out
}

/// The plain form of a path: no empty parts, no `.`.
pub(crate) fn plain(name: &str) -> String {
    let parts = name.split('/').filter(|p| !p.is_empty() && *p != ".");
    parts.collect::<Vec<_>>().join("/")
}

/// Links that an archive makes, as a tree of path parts, so that a walk costs the length of the path.
#[derive(Debug)]
pub(crate) struct Links {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    children: HashMap<String, usize>,
    target: Option<String>,
}

impl Default for Links {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
        }
    }
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Leads {
    /// Inside.
    Inside,
    /// Inside, by way of this link.
    Through(String),
    /// Outside, perhaps by way of a link.
    Outside,
}

/// Links followed for one path; more is a loop.
const MAX_HOPS: u32 = 64;
/// Parts walked for one path.
const MAX_PARTS: usize = 4096;

impl Links {
    /// Notes a link.
    pub(crate) fn add(&mut self, name: &str, target: &str) {
        let mut node = 0usize;
        for part in parts(name).take(MAX_PARTS) {
            node = match self.child(node, part) {
                Some(next) => next,
                None => {
                    let next = self.nodes.len();
                    self.nodes.push(Node::default());
                    if let Some(n) = self.nodes.get_mut(node) {
                        n.children.insert(part.to_owned(), next);
                    }
                    next
                }
            };
        }
        if let Some(n) = self.nodes.get_mut(node) {
            n.target = Some(target.to_owned());
        }
    }

    fn child(&self, node: usize, part: &str) -> Option<usize> {
        self.nodes.get(node)?.children.get(part).copied()
    }

    /// True when there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.len() == 1
    }

    /// Where the target of a symbolic link at `name` leads.
    pub(crate) fn target(&self, name: &str, target: &str) -> Leads {
        if escape(target) == Some(Escape::Absolute) || target.contains('\0') {
            return Leads::Outside;
        }
        let folder = plain(name);
        let folder = folder.rsplit_once('/').map_or("", |(f, _)| f);
        match self.walk(&format!("{folder}/{target}"), true) {
            Leads::Through(_) => Leads::Inside,
            other => other,
        }
    }

    /// Where a member of that name would be written: links are followed in all parts but the last.
    pub(crate) fn member(&self, name: &str) -> Leads {
        self.walk(name, false)
    }

    fn walk(&self, path: &str, follow_last: bool) -> Leads {
        let mut through = None;
        let mut hops = 0u32;
        // Where the walk is: one tree node a part, `None` where no link lies below.
        let mut here: Vec<Option<usize>> = Vec::new();
        let mut todo: Vec<&str> = parts(path).rev().collect();
        while let Some(part) = todo.pop() {
            if part == ".." {
                if here.pop().is_none() {
                    return Leads::Outside;
                }
                continue;
            }
            let parent = here.last().copied().unwrap_or(Some(0));
            let node = parent.and_then(|p| self.child(p, part));
            here.push(node);
            if here.len() > MAX_PARTS || (todo.is_empty() && !follow_last) {
                break;
            }
            let node = node.and_then(|n| self.nodes.get(n));
            let Some(target) = node.and_then(|n| n.target.as_deref()) else {
                continue;
            };
            hops = hops.saturating_add(1);
            if hops > MAX_HOPS {
                break;
            }
            through.get_or_insert_with(|| part.to_owned());
            if target.starts_with('/') || target.starts_with('\\') {
                return Leads::Outside;
            }
            here.pop();
            todo.extend(parts(target).rev());
            if todo.len() > MAX_PARTS {
                break;
            }
        }
        through.map_or(Leads::Inside, Leads::Through)
    }
}

fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|p| !p.is_empty() && *p != ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave() {
        for (name, expected) in [
            ("a/b.pkl", None),
            ("./a", None),
            ("a/../b", None),
            ("w:0.npy", None),
            ("..data/x", None),
            ("../x", Some(Escape::Parent)),
            ("a/../../x", Some(Escape::Parent)),
            ("a\\..\\..\\x", Some(Escape::Parent)),
            ("/etc/x", Some(Escape::Absolute)),
            ("\\x", Some(Escape::Absolute)),
            ("\\\\host\\share\\x", Some(Escape::Share)),
            ("C:\\x", Some(Escape::Drive)),
            ("a\0.txt", Some(Escape::Nul)),
        ] {
            assert_eq!(escape(name), expected, "{name:?}");
        }
    }

    #[test]
    fn links_are_followed() {
        let mut links = Links::default();
        assert_eq!(links.target("a/l", ".."), Leads::Inside);
        assert_eq!(links.target("a/l", "../.."), Leads::Outside);
        assert_eq!(links.target("l", "/etc"), Leads::Outside);
        links.add("a/l", "..");
        assert_eq!(links.target("m", "a/l/.."), Leads::Outside);
        assert_eq!(links.member("a/l/x"), Leads::Through("l".into()));
        assert_eq!(links.member("a/l"), Leads::Inside);
        links.add("p", "q");
        links.add("q", "p");
        assert!(matches!(links.member("p/x"), Leads::Through(_)));
    }

    #[test]
    fn folding() {
        assert_eq!(folded("./A//b. /c"), "a/b/c");
        assert_eq!(folded("Data.PKL"), "data.pkl");
    }
}
