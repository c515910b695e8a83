//! A folder to work in, the binary to run in it, and what came of it.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder of its own for one test.
pub(crate) struct Folder(tempfile::TempDir);

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, with the folders on the way to it.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Names of what lies in the folder.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The binary, about to run in this folder in a plain environment.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_modelaudit"));
        command.args(args).current_dir(self.0.path());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "CI"] {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C.UTF-8");
        command.stdin(Stdio::null());
        command
    }

    /// Runs with arguments that have no spaces in them.
    pub(crate) fn run(&self, args: &str) -> Ran {
        self.run_all(args.split_whitespace())
    }

    pub(crate) fn run_all<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        done(&mut self.command(args))
    }

    /// Runs with standard input.
    pub(crate) fn run_with_input(&self, args: &str, input: &[u8]) -> Ran {
        let mut command = self.command(args.split_whitespace());
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // It may well end without reading everything.
        let _ = child.stdin.take().unwrap().write_all(input);
        ran(&child.wait_with_output().unwrap())
    }
}

/// Runs a command to its end.
pub(crate) fn done(command: &mut Command) -> Ran {
    ran(&command.output().unwrap())
}

fn ran(output: &std::process::Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout.clone()).unwrap(),
        err: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

impl Ran {
    /// Compares everything with a file of `tests/cli/expected`.
    #[track_caller]
    pub(crate) fn expect(&self, name: &str) {
        let got = format!(
            "{}--- stderr\n{}--- exit code {}\n",
            self.out, self.err, self.code
        );
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/cli/expected")
            .join(name);
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::write(&path, &got).unwrap();
        }
        let want = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(got == want, "{} differs; got:\n{got}", path.display());
    }

    /// A mistake of the user: nothing on standard output, exit code 2, and both texts in the message.
    #[track_caller]
    pub(crate) fn fails_with(&self, what: &str, help: &str) {
        assert_eq!(self.code, 2, "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        assert!(self.err.contains(what), "`{what}` is not in\n{}", self.err);
        assert!(self.err.contains(help), "`{help}` is not in\n{}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// A file with an issue of severity warning: the head of a native executable.
pub(crate) fn executable() -> Vec<u8> {
    let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0];
    elf.resize(16, 0);
    elf.extend_from_slice(&[2, 0, 0x3e, 0, 1, 0, 0, 0]);
    elf.extend_from_slice(&0x40_1000_u64.to_le_bytes());
    elf.extend_from_slice(&64_u64.to_le_bytes());
    elf.extend_from_slice(&0_u64.to_le_bytes());
    elf.extend_from_slice(&[0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 64, 0, 0, 0, 0, 0]);
    elf.resize(4096, 0);
    elf
}

/// A pickle that runs a command.
#[cfg(feature = "formats")]
pub(crate) const EVIL: &[u8] = b"\x80\x02cposix\nsystem\nX\x0a\x00\x00\x00echo pwned\x85R.";

/// A pickle of a number.
#[cfg(feature = "formats")]
pub(crate) const GOOD: &[u8] = b"\x80\x02K\x2a.";
