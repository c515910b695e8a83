//! Targets that are URLs. None but `file://` is read yet; each gets an answer that helps.

use std::path::PathBuf;

/// What a target with a scheme asks for.
pub(crate) enum Url {
    /// A local path.
    File(PathBuf),
    /// Something remote: what it is, and how to get it.
    Remote {
        /// The scheme as written.
        scheme: String,
        /// What to do instead.
        help: String,
    },
}

/// Splits a target that starts with a scheme; `None` for paths.
pub(crate) fn parse(target: &str) -> Option<Url> {
    let (scheme, rest) = target.split_once("://")?;
    let plausible = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !plausible {
        return None;
    }
    let scheme = scheme.to_ascii_lowercase();
    if scheme == "file" {
        let path = rest.strip_prefix("localhost").unwrap_or(rest);
        return Some(Url::File(PathBuf::from(percent_decoded(path))));
    }
    let help = help(&scheme, target, rest);
    Some(Url::Remote { scheme, help })
}

fn help(scheme: &str, target: &str, rest: &str) -> String {
    let hub = ["huggingface.co/", "hf.co/"];
    let on_hub = hub.iter().find_map(|host| rest.strip_prefix(host));
    match (scheme, on_hub) {
        ("hf", _) => format!("download it first: hf download {rest} --local-dir model"),
        ("http" | "https", Some(repo)) => {
            let mut parts = repo.split('/').filter(|p| !p.is_empty());
            let id: Vec<_> = parts.by_ref().take(2).collect();
            let id = id.join("/");
            format!("download it first: hf download {id} --local-dir model")
        }
        ("http" | "https" | "ftp", None) => format!("download it first: curl -LO {target}"),
        ("s3", _) => format!("download it first: aws s3 cp --recursive {target} model"),
        ("gs" | "gcs", _) => {
            format!("download it first: gcloud storage cp -r gs://{rest} model")
        }
        ("az" | "abfs" | "abfss" | "wasb" | "wasbs", _) => {
            "download it first, for example with azcopy".to_owned()
        }
        ("models" | "runs" | "mlflow-artifacts", _) => {
            format!("download it first: mlflow artifacts download -u {target} -d model")
        }
        ("ollama" | "oci" | "docker", _) => {
            "download it first, for example with `oras pull` or `ollama pull`".to_owned()
        }
        _ => "download it first and name the local file or directory".to_owned(),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|h| std::str::from_utf8(h).ok());
        let value = hex.and_then(|h| u8::from_str_radix(h, 16).ok());
        match (byte, value) {
            (b'%', Some(value)) => {
                bytes.push(value);
                rest = tail.get(2..).unwrap_or(&[]);
            }
            _ => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help_of(target: &str) -> String {
        match parse(target) {
            Some(Url::Remote { help, .. }) => help,
            _ => panic!("{target} is not remote"),
        }
    }

    #[test]
    fn remote_targets_get_a_command_that_downloads_them() {
        assert!(help_of("hf://org/model").contains("hf download org/model"));
        assert!(
            help_of("https://huggingface.co/org/model/tree/main").contains("download org/model ")
        );
        assert!(
            help_of("https://example.org/a.pkl").contains("curl -LO https://example.org/a.pkl")
        );
        assert!(help_of("s3://bucket/key").contains("aws s3 cp"));
    }

    #[test]
    fn file_urls_are_paths_and_paths_are_not_urls() {
        let Some(Url::File(path)) = parse("file:///tmp/a%20b.pkl") else {
            panic!("no file");
        };
        assert_eq!(path, PathBuf::from("/tmp/a b.pkl"));
        assert!(parse("models/a.pkl").is_none());
        assert!(parse("C://models").is_none());
    }
}
