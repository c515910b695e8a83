//! Paths that hold credentials, and paths where what is written runs by itself.

/// Parts of paths under which credentials lie.
const SECRETS: &[&str] = &[
    ".ssh/",
    ".ssh\\",
    "id_rsa",
    "id_ed25519",
    ".aws/",
    ".aws\\",
    ".netrc",
    ".pypirc",
    ".npmrc",
    ".docker/config.json",
    ".kube/config",
    ".git-credentials",
    ".config/gcloud",
    ".azure/",
    "/etc/shadow",
    "/etc/passwd",
    "/proc/self/environ",
    "login data",
    "cookies.sqlite",
    "logins.json",
    "key4.db",
    ".gnupg/",
    "wallet.dat",
    ".bash_history",
    ".zsh_history",
    ".cache/huggingface/token",
    ".huggingface/token",
];

/// Parts of paths whose contents are run by themselves later.
const PERSISTENT: &[&str] = &[
    ".bashrc",
    ".bash_profile",
    ".zshrc",
    ".profile",
    "/etc/cron",
    "/var/spool/cron",
    ".ssh/authorized_keys",
    "/etc/systemd/",
    ".config/systemd/",
    ".config/autostart",
    "launchagents/",
    "launchdaemons/",
    "start menu\\programs\\startup",
    "/etc/ld.so.preload",
    "sitecustomize.py",
    "usercustomize.py",
    "/etc/rc.local",
    "/etc/init.d/",
    "/etc/profile",
];

/// Whether a path names a place where credentials are kept.
#[must_use]
pub fn is_secret_path(path: &str) -> bool {
    let lower = path.to_lowercase();
    path.len() < 4096 && SECRETS.iter().any(|part| lower.contains(part))
}

/// Whether what is written to this path runs by itself later.
#[must_use]
pub fn is_persistence_path(path: &str) -> bool {
    let lower = path.to_lowercase();
    path.len() < 4096 && PERSISTENT.iter().any(|part| lower.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert!(
            is_secret_path("~/.ssh/id_rsa") && is_secret_path("C:\\Users\\x\\.aws\\credentials")
        );
        assert!(is_persistence_path("/home/x/.bashrc") && !is_persistence_path("config.json"));
        assert!(!is_secret_path("weights/model.safetensors"));
    }
}
