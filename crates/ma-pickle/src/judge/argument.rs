//! What the text among the arguments of a call says about the call.

use ma_python::catalogue::Capability;

use super::name::Name;
use super::{At, Judge, shown};
use crate::machine::Machine;
use crate::rules::SUSPICIOUS_CALL;
use crate::value::{Call, CallKind, Value, View};

/// Texts among the arguments that are read.
const MAX_TEXTS: usize = 64;
/// Characters of each.
const MAX_TEXT: usize = 4096;

/// What addresses are called.
pub(super) const ADDRESS: &str = "an address";

/// Programs that a shell line begins with. Words that are also ordinary ones count only with something
/// behind them that words of a language do not have.
const PROGRAMS: &[&str] = &[
    "ash",
    "base64",
    "bash",
    "bitsadmin",
    "busybox",
    "certutil",
    "chmod",
    "chown",
    "cmd",
    "cmd.exe",
    "crontab",
    "csh",
    "curl",
    "dash",
    "dd",
    "echo",
    "env",
    "fish",
    "ftp",
    "gcc",
    "git",
    "iptables",
    "kill",
    "killall",
    "ksh",
    "ln",
    "mkfifo",
    "mshta",
    "msiexec",
    "nc",
    "ncat",
    "netcat",
    "nohup",
    "node",
    "perl",
    "php",
    "pip",
    "pip3",
    "pkill",
    "powershell",
    "powershell.exe",
    "pwsh",
    "python",
    "python2",
    "python3",
    "reg",
    "regsvr32",
    "rm",
    "rsync",
    "ruby",
    "rundll32",
    "schtasks",
    "scp",
    "sftp",
    "sh",
    "socat",
    "ssh",
    "sudo",
    "systemctl",
    "tclsh",
    "telnet",
    "tftp",
    "touch",
    "wget",
    "whoami",
    "wmic",
    "wscript",
    "xterm",
    "zsh",
];

/// Python that does something.
const CODE: &[&str] = &[
    "import os",
    "import subprocess",
    "import socket",
    "import sys;",
    "__import__",
    "exec(",
    "eval(",
    "os.system",
    "os.popen",
    "subprocess.",
    "__globals__",
    "__builtins__",
    "__subclasses__",
];

/// Folders of programs, and what shells put between commands.
const SHELL: &[&str] = &[
    "/bin/",
    "/sbin/",
    "/dev/tcp/",
    "/etc/passwd",
    "/etc/shadow",
    "$(",
    " && ",
    " || ",
    "2>&1",
    "cmd.exe",
    "\\System32\\",
];

/// What a text is, when it is no mere word: `a shell command`, `an address`, `Python code`.
pub(super) fn what_is(text: &str) -> Option<&'static str> {
    let line = text.trim_start();
    if CODE.iter().any(|code| text.contains(code)) {
        return Some("Python code");
    }
    if is_address(line) {
        return Some(ADDRESS);
    }
    if SHELL.iter().any(|sign| text.contains(sign)) {
        return Some("a shell command");
    }
    // `echo x`, `true;sh`, `x | bash -i`; not the word `echo` alone.
    let mut commands = line.split([';', '|', '&', '\n']);
    let first = commands.next().unwrap_or_default();
    let alone = first.split_whitespace().count() < 2;
    let command = (is_program(first) && !alone) || commands.any(is_program);
    command.then_some("a shell command")
}

/// Whether a command begins with a program.
fn is_program(command: &str) -> bool {
    let word = command.split_whitespace().next().unwrap_or_default();
    PROGRAMS
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}

/// `scheme://…`, with a scheme in front.
fn is_address(text: &str) -> bool {
    text.split("://").next().is_some_and(|scheme| {
        scheme.len() < text.len()
            && scheme
                .rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '+'))
                .next()
                .is_some_and(|scheme| scheme.len() >= 2)
    })
}

impl Judge<'_> {
    /// A text among the arguments that is a command, an address or code, and what it is.
    pub(super) fn telling_argument(
        &self,
        machine: &Machine<'_>,
        call: &Call,
    ) -> Option<(&'static str, String)> {
        let mut todo: Vec<Value> = vec![call.args];
        todo.extend(call.kwargs);
        let mut left = MAX_TEXTS;
        let mut words: Vec<String> = Vec::new();
        while let Some(value) = todo.pop() {
            left = left.checked_sub(1)?;
            match machine.view(value) {
                View::Container(items) => {
                    todo.extend(items.items.iter().take(MAX_TEXTS).rev());
                }
                View::Const(_) | View::Call(_) => {
                    let Some(text) = self.words_of(machine, value) else {
                        continue;
                    };
                    if let Some(what) = what_is(&text) {
                        return Some((what, text));
                    }
                    words.push(text);
                    // `["sh", "-c", "id"]`.
                    let line = words.join(" ");
                    if words.len() > 1 && line.len() < MAX_TEXT && what_is(&line).is_some() {
                        return Some(("a shell command", line));
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn words_of(&self, machine: &Machine<'_>, value: Value) -> Option<String> {
        if let View::Const(_) = machine.view(value) {
            let constant = machine.constant(value, MAX_TEXT)?;
            let bytes = constant.as_bytes()?;
            return std::str::from_utf8(bytes).ok().map(str::to_owned);
        }
        let folded = self.fold(machine, value)?;
        let bytes = folded.as_bytes()?;
        let bytes = bytes.get(..MAX_TEXT).unwrap_or(bytes);
        std::str::from_utf8(bytes).ok().map(str::to_owned)
    }

    /// A class that is data when it is rebuilt from its fields, and acts when it is called with
    /// arguments: `numpy.memmap('file')`. True when it was reported.
    pub(super) fn judge_constructor(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        call: &Call,
        name: &Name,
    ) -> bool {
        let Some(does) = name.verdict.constructor else {
            return false;
        };
        // NEWOBJ calls `__new__` only, and that is where arrays open their file.
        let newobj = matches!(call.kind, CallKind::NewObj | CallKind::NewObjEx);
        let acts = !newobj || name.name.ends_with("memmap");
        let empty = machine.children(call.args).is_empty()
            && matches!(machine.view(call.args), View::Container(_) | View::Plain(_));
        if !acts || (empty && call.kwargs.is_none()) {
            return false;
        }
        let message = format!(
            "Calls {} with arguments, which {}",
            shown(&name.shown()),
            constructor_title(does)
        );
        let finding = (&SUSPICIOUS_CALL, ma_core::Severity::Warning);
        self.report_call(machine, at, finding, name, (message, does.why()));
        true
    }
}

fn constructor_title(does: Capability) -> &'static str {
    match does {
        Capability::ReadsFile | Capability::WritesFile => "opens or creates a file",
        other => other.title(),
    }
}

#[cfg(test)]
mod tests {
    use super::what_is;

    #[test]
    fn commands_addresses_and_code_are_told_from_words() {
        for (text, what) in [
            ("curl http://x", "an address"),
            ("https://example.com/x.py", "an address"),
            ("echo pwned", "a shell command"),
            ("/bin/sh", "a shell command"),
            ("PowerShell -enc AAAA", "a shell command"),
            ("rm -rf x", "a shell command"),
            ("true;sh", "a shell command"),
            ("import os; os.system('x')", "Python code"),
            ("__import__('os')", "Python code"),
        ] {
            assert_eq!(what_is(text), Some(what), "{text}");
        }
        for text in [
            "",
            "relu",
            "echo",
            "the quick brown fox",
            "a/b/c.txt",
            "r",
            "://",
            "i://",
            "linear, relu",
        ] {
            assert_eq!(what_is(text), None, "{text}");
        }
    }
}
