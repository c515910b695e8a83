//! What a path in a graph reaches: whether it stays where the process works, leads elsewhere, names a
//! place that holds secrets or starts programs, or goes over the network.

/// What a path reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Nothing: it is empty.
    Empty,
    /// Memory of the process (`ram://`, `local://`).
    Memory,
    /// A file below the working directory.
    Relative,
    /// A temporary folder.
    Temporary,
    /// A file anywhere, by an absolute path.
    Absolute,
    /// A file outside of where it seems to be (`..`).
    Traversal,
    /// A file below somebody's home (`~`).
    Home,
    /// A place that holds secrets or settings of the system; the text says which.
    Sensitive(&'static str),
    /// A place from which programs are started; the text says how.
    Startup(&'static str),
    /// Another machine or a storage service; the text is the scheme.
    Network(&'static str),
}

impl Reach {
    /// Whether it leaves the working directory of the process.
    #[must_use]
    pub fn escapes(self) -> bool {
        !matches!(self, Self::Empty | Self::Memory | Self::Relative)
    }

    /// In words, to follow «the file».
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Empty => "no file",
            Self::Memory => "in the memory of the process",
            Self::Relative => "in the working directory",
            Self::Temporary => "in a temporary folder",
            Self::Absolute => "at an absolute path",
            Self::Traversal => "outside of its own folder",
            Self::Home => "in the home folder",
            Self::Sensitive(what) | Self::Startup(what) => what,
            Self::Network(_) => "on another machine",
        }
    }
}

/// Parts of paths that hold secrets; compared in lower case with `/` as separator.
const SENSITIVE: &[(&str, &str)] = &[
    ("/.ssh/", "that holds keys for other machines"),
    ("id_rsa", "that holds a private key"),
    ("id_ed25519", "that holds a private key"),
    ("id_ecdsa", "that holds a private key"),
    ("/.aws/", "that holds credentials of Amazon Web Services"),
    ("/.azure/", "that holds credentials of Azure"),
    ("/.config/gcloud", "that holds credentials of Google Cloud"),
    ("/.kube/", "that holds credentials of Kubernetes"),
    ("/.docker/", "that holds credentials of Docker"),
    ("/.huggingface/", "that holds credentials of Hugging Face"),
    (
        "/.cache/huggingface/token",
        "that holds credentials of Hugging Face",
    ),
    ("/.netrc", "that holds passwords"),
    ("/.pgpass", "that holds passwords"),
    ("/.git-credentials", "that holds passwords"),
    ("/.npmrc", "that holds credentials of a registry"),
    ("/.pypirc", "that holds credentials of a registry"),
    ("/.gnupg/", "that holds private keys"),
    ("credentials", "that holds credentials"),
    ("/etc/shadow", "that holds passwords of the system"),
    ("/etc/passwd", "that lists the users of the system"),
    ("/etc/sudoers", "that says who may become root"),
    ("/proc/", "that tells about running programs"),
    ("/var/run/secrets", "that holds secrets of a container"),
    ("/run/secrets", "that holds secrets of a container"),
    ("/var/run/docker.sock", "that controls Docker"),
    ("/login data", "that holds passwords of a browser"),
    ("/cookies.sqlite", "that holds the sessions of a browser"),
    ("/.bash_history", "that holds typed commands"),
    (
        "/windows/system32/config",
        "that holds passwords of the system",
    ),
    ("wallet.dat", "that holds a wallet"),
];

/// Parts of paths from which programs are started.
const STARTUP: &[(&str, &str)] = &[
    (
        "/etc/cron",
        "from which the system starts programs by the clock",
    ),
    (
        "/var/spool/cron",
        "from which the system starts programs by the clock",
    ),
    ("/etc/profile", "that every shell runs"),
    ("/etc/ld.so", "that puts code into every program"),
    ("/etc/init.d", "from which the system starts services"),
    ("/etc/rc.", "that runs when the system starts"),
    ("/systemd/", "from which the system starts services"),
    ("/launchagents/", "from which macOS starts programs"),
    ("/launchdaemons/", "from which macOS starts programs"),
    (
        "/.config/autostart",
        "from which the desktop starts programs",
    ),
    (
        "/start menu/programs/startup",
        "from which Windows starts programs",
    ),
    ("/.bashrc", "that every shell runs"),
    ("/.bash_profile", "that every shell runs"),
    ("/.profile", "that every shell runs"),
    ("/.zshrc", "that every shell runs"),
    ("/.zprofile", "that every shell runs"),
    ("/.ssh/authorized_keys", "that says who may log in"),
    ("/.ssh/rc", "that runs at every login"),
    ("sitecustomize.py", "that every Python runs when it starts"),
    ("usercustomize.py", "that every Python runs when it starts"),
    ("/site-packages/", "from which Python imports"),
    ("/dist-packages/", "from which Python imports"),
    ("/.git/hooks/", "that git runs"),
    (
        "/.ipython/profile_default/startup",
        "that every notebook runs",
    ),
];

/// Schemes that TensorFlow file systems or debug sinks know and that leave the machine.
const NETWORK: &[&str] = &[
    "http://",
    "https://",
    "s3://",
    "s3e://",
    "gs://",
    "hdfs://",
    "viewfs://",
    "har://",
    "ftp://",
    "grpc://",
    "grpcs://",
    "az://",
    "azfs://",
    "abfs://",
    "wasb://",
    "oss://",
    "cns://",
    "ws://",
    "wss://",
    "tcp://",
    "mongodb://",
    "rediss://",
    "redis://",
    "mysql://",
    "postgres://",
];

/// Schemes that stay in the process.
const MEMORY: &[&str] = &["ram://", "local://", "memcbk://", "bytes://", "unused://"];

/// Judges a path as TensorFlow's file systems take it.
#[must_use]
pub fn judge_path(path: &str) -> Reach {
    let path = path.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    if path.is_empty() {
        return Reach::Empty;
    }
    let lower = path.to_lowercase().replace('\\', "/");
    if let Some(scheme) = NETWORK.iter().find(|s| lower.starts_with(**s)) {
        return Reach::Network(scheme);
    }
    if MEMORY.iter().any(|s| lower.starts_with(s)) {
        return Reach::Memory;
    }
    let local = lower.strip_prefix("file://").unwrap_or(&lower);
    // So that a part that begins with a separator is found at the start too.
    let padded = format!("/{local}");
    if let Some((_, what)) = STARTUP.iter().find(|(part, _)| padded.contains(part)) {
        return Reach::Startup(what);
    }
    if let Some((_, what)) = SENSITIVE.iter().find(|(part, _)| padded.contains(part)) {
        return Reach::Sensitive(what);
    }
    if local.split('/').any(|part| part == ".env") {
        return Reach::Sensitive("that holds credentials");
    }
    place(local)
}

fn place(local: &str) -> Reach {
    if local.split('/').any(|part| part == "..") {
        return Reach::Traversal;
    }
    if local.starts_with("/etc/") {
        return Reach::Sensitive("that holds settings of the system");
    }
    if ["/tmp/", "/var/tmp/", "/dev/shm/"]
        .iter()
        .any(|t| local.starts_with(t))
    {
        return Reach::Temporary;
    }
    if local.starts_with('~') {
        return Reach::Home;
    }
    let drive = local.as_bytes().get(1) == Some(&b':')
        && local
            .as_bytes()
            .first()
            .is_some_and(u8::is_ascii_alphabetic);
    if local.starts_with('/') || drive {
        return Reach::Absolute;
    }
    Reach::Relative
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart() {
        for (path, reach) in [
            ("", Reach::Empty),
            ("vocab.txt", Reach::Relative),
            ("a/..b/c", Reach::Relative),
            ("../x", Reach::Traversal),
            ("file://../x", Reach::Traversal),
            ("/data/x.txt", Reach::Absolute),
            ("C:\\x\\y", Reach::Absolute),
            ("~/x", Reach::Home),
            ("/tmp/x", Reach::Temporary),
            ("ram://x", Reach::Memory),
            ("gs://bucket/x", Reach::Network("gs://")),
            ("HTTPS://x", Reach::Network("https://")),
        ] {
            assert_eq!(judge_path(path), reach, "{path}");
        }
        for path in [
            "/etc/passwd",
            "~/.ssh/id_rsa",
            "C:\\Users\\x\\.aws\\config",
            ".env",
            "/etc/hosts",
        ] {
            assert!(matches!(judge_path(path), Reach::Sensitive(_)), "{path}");
        }
        for path in [
            "/etc/cron.d/x",
            "/root/.bashrc",
            "sitecustomize.py",
            "/root/.ssh/authorized_keys",
        ] {
            assert!(matches!(judge_path(path), Reach::Startup(_)), "{path}");
        }
    }
}
