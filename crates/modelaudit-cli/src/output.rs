//! Where results go: standard output, or a file that is either complete or not there.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ma_report::TextOptions;
use tempfile::{Builder, NamedTempFile};

use crate::error::Problem;
use crate::terminal::Terminal;

/// Where a result goes.
#[derive(Debug)]
pub(crate) enum Output {
    /// Standard output.
    Stdout,
    /// A device, pipe or the like, which is written to as it is.
    Stream(PathBuf),
    /// A regular file, which is replaced when the result is complete.
    File {
        /// As the user wrote it.
        shown: PathBuf,
        /// The file itself, with links resolved.
        target: PathBuf,
    },
}

impl Output {
    /// Finds out where `path` leads, and whether it can be written to: better before a long scan
    /// than after it.
    pub(crate) fn new(path: Option<&Path>, inputs: &[OsString]) -> Result<Self, Problem> {
        let Some(path) = path else {
            return Ok(Self::Stdout);
        };
        if path == Path::new("-") || path == Path::new("/dev/stdout") {
            return Ok(Self::Stdout);
        }
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        match fs::metadata(&target) {
            Ok(metadata) if metadata.is_dir() => {
                return Err(
                    Problem::new(format!("`{}` is a directory", path.display())).help(format!(
                        "name a file in it, such as `{}`",
                        path.join("report.txt").display()
                    )),
                );
            }
            Ok(metadata) if !metadata.is_file() => return Ok(Self::Stream(path.to_path_buf())),
            Ok(_) if is_input(&target, inputs) => {
                return Err(Problem::new(format!(
                    "the report would replace `{}`, which is to be scanned",
                    path.display()
                ))
                .help("choose another name for --output"));
            }
            _ => {}
        }
        let shown = path.to_path_buf();
        let output = Self::File { shown, target };
        // The probe vanishes again at once.
        output.beside().map_err(|e| output.failed(&e))?;
        Ok(output)
    }

    /// How text that goes there is written.
    pub(crate) fn text_options(&self, terminal: &Terminal) -> TextOptions {
        match self {
            Self::Stdout => terminal.stdout(),
            Self::Stream(_) | Self::File { .. } => terminal.file(),
        }
    }

    /// The file, when it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File { shown, .. } => Some(shown),
            _ => None,
        }
    }

    /// Writes a result. That nobody reads it to its end is no error.
    pub(crate) fn write(
        &self,
        body: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Problem> {
        let written = match self {
            Self::Stdout => buffered(io::stdout().lock(), body),
            Self::Stream(path) => OpenOptions::new()
                .write(true)
                .open(path)
                .and_then(|file| buffered(file, body)),
            Self::File { target, .. } => self.replace(target, body),
        };
        match written {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(|e| self.failed(&e)),
        }
    }

    fn replace(
        &self,
        target: &Path,
        body: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut temporary = self.beside()?;
        buffered(temporary.as_file_mut(), body)?;
        if let Ok(old) = fs::metadata(target) {
            temporary.as_file().set_permissions(old.permissions())?;
        }
        temporary.as_file().sync_all()?;
        temporary.persist(target).map(drop).map_err(|e| e.error)
    }

    /// A temporary file in the directory of the target.
    fn beside(&self) -> io::Result<NamedTempFile> {
        let target = match self {
            Self::File { target, .. } => target.as_path(),
            _ => Path::new("."),
        };
        let dir = target.parent().filter(|p| !p.as_os_str().is_empty());
        builder().tempfile_in(dir.unwrap_or(Path::new(".")))
    }

    fn failed(&self, e: &io::Error) -> Problem {
        let (what, path) = match self {
            Self::Stdout => return Problem::new(format!("the report can't be written: {e}")),
            Self::Stream(path) => ("report", path),
            Self::File { shown, .. } => ("report", shown),
        };
        let name = path.display();
        let dir = path.parent().filter(|p| !p.as_os_str().is_empty());
        if let (io::ErrorKind::NotFound, Some(dir)) = (e.kind(), dir) {
            return Problem::new(format!(
                "the {what} can't be written to `{name}`: there is no directory `{}`",
                dir.display()
            ))
            .help(format!("create it first: mkdir -p {}", dir.display()));
        }
        let help = match e.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "make room on that disk, or choose another place for --output"
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "choose a directory that you may write to for --output"
            }
            io::ErrorKind::NotADirectory => "choose another place for --output",
            _ => "",
        };
        Problem::new(format!("the {what} can't be written to `{name}`: {e}")).help(help)
    }
}

/// A file with the permissions that any new file gets, and not those of a secret.
fn builder() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(".modelaudit-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

fn buffered<W: Write>(
    to: W,
    body: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(64 << 10, to);
    let result = body(&mut to).and_then(|()| to.flush());
    // Dropping the buffer would write what is left of it once more.
    drop(to.into_parts());
    result
}

fn is_input(target: &Path, inputs: &[OsString]) -> bool {
    let same = |input: &OsString| {
        let input = Path::new(input);
        let named = fs::metadata(input).is_ok_and(|m| m.is_file());
        named && fs::canonicalize(input).is_ok_and(|i| i == target)
    };
    inputs.iter().any(same)
}

/// Whether a file can be made in `dir`.
pub(crate) fn can_write(dir: &Path) -> io::Result<()> {
    builder().tempfile_in(dir).map(drop)
}
