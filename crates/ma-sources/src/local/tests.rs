//! Files, directories, links and what can go wrong with them.

use std::fs;
use std::path::Path;

use std::sync::Arc;

use ma_core::{Budget, Collector, Container, Cx, Gap, GapReason, RootContent, ScanOptions};

use super::*;
use crate::resolve::{resolve, try_resolve};

fn write(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn open_dir(dir: &Path, options: &ResolveOptions) -> (Arc<dyn Container>, Vec<Gap>) {
    let root = resolve(dir, options);
    match root.content {
        RootContent::Directory(_, container) => (container, root.gaps),
        _ => panic!("no directory"),
    }
}

/// What the engine would look at, and the gaps.
fn list(dir: &Path) -> (Vec<String>, Vec<String>) {
    let root = dir.to_str().unwrap();
    let (container, gaps) = open_dir(dir, &ResolveOptions::default());
    let files = container.entries().iter().filter(|e| e.is_file());
    let gaps = gaps.iter().map(|g| {
        let path = g.artifact.to_string().replace(&format!("{root}/"), "");
        format!("{path}: {}", g.detail.replace(root, "ROOT"))
    });
    (files.map(|e| e.name.clone()).collect(), gaps.collect())
}

fn failure(target: impl AsRef<Path>) -> ResolveError {
    let error = try_resolve(target.as_ref(), &ResolveOptions::default()).err();
    error.expect("this can't be scanned")
}

#[test]
fn a_file_brings_its_siblings() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "model.onnx", b"onnx");
    write(dir.path(), "model.data", b"data!");
    let path = dir.path().join("model.onnx");
    let RootContent::File(artifact) = resolve(&path, &ResolveOptions::default()).content else {
        panic!("no file");
    };
    assert_eq!(artifact.blob.head(10).unwrap(), b"onnx");
    let home = artifact.home.clone().unwrap();
    let names: Vec<_> = home.container.entries().iter().map(|e| &*e.name).collect();
    assert_eq!(names, ["model.onnx", "model.data"]);
    assert_eq!(home.entry, EntryId(0));
    let (budget, mut sink) = (Budget::default(), Collector::default());
    let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut sink);
    let sibling = home.container.find("model.data").unwrap();
    let blob = home.container.open(sibling, &mut cx).unwrap();
    assert_eq!(blob.head(10).unwrap(), b"data!");
}

#[test]
fn a_directory_is_walked_in_the_order_of_names_with_hidden_files() {
    let dir = tempfile::tempdir().unwrap();
    for name in [
        "b/z.pkl",
        "b/a.pkl",
        "a.pkl",
        ".hidden/x.pt",
        "c",
        ".gitignore",
    ] {
        write(dir.path(), name, b"*");
    }
    let want = [
        ".gitignore",
        ".hidden/x.pt",
        "a.pkl",
        "b/a.pkl",
        "b/z.pkl",
        "c",
    ];
    assert_eq!(list(dir.path()).0, want);
}

#[test]
fn files_of_a_directory_are_opened_when_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "m/config.json", b"{}");
    write(dir.path(), "m/model.bin", b"weights");
    let options = ResolveOptions::default();
    let (container, _) = open_dir(dir.path(), &options);
    let id = container.find("m/model.bin").unwrap();
    assert_eq!(container.entry(id).unwrap().size, Some(7));
    assert!(container.find("m/missing").is_none());
    assert_eq!(options.files.len(), 0, "nothing was opened");
    let here = Artifact::new(ArtifactPath::new("m"), Blob::from_vec(Vec::new()));
    let (budget, mut sink) = (Budget::default(), Collector::default());
    let mut cx = Cx::new(&here, &budget, ScanOptions::default(), &mut sink);
    let blob = container.open(id, &mut cx).unwrap();
    assert_eq!(blob.head(10).unwrap(), b"weights");
    let dir = container.find("m").unwrap();
    assert!(container.open(dir, &mut cx).is_err());
}

#[cfg(unix)]
mod links {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_inside_once_and_never_out() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        write(dir.path(), "outside/secret.pkl", b"s");
        write(&root, "a.pkl", b"a");
        write(&root, "sub/b.pkl", b"b");
        symlink("a.pkl", root.join("latest.pkl")).unwrap();
        symlink("..", root.join("sub/loop")).unwrap();
        symlink("gone.pkl", root.join("broken.pkl")).unwrap();
        symlink("selfish", root.join("selfish")).unwrap();
        symlink("../outside/secret.pkl", root.join("out.pkl")).unwrap();
        symlink("../outside", root.join("outdir")).unwrap();
        let (files, gaps) = list(&root);
        assert_eq!(files, ["a.pkl", "sub/b.pkl"]);
        let starts: Vec<_> = gaps.iter().map(|g| g.split_once(':').unwrap().0).collect();
        assert_eq!(starts, ["broken.pkl", "out.pkl", "outdir", "selfish"]);
        assert!(gaps[0].contains("does not exist"), "{gaps:?}");
        assert!(gaps[1].contains("leads out"), "{gaps:?}");
    }

    #[test]
    fn a_link_whose_name_says_more_is_scanned_under_it() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "data.bin", b"{}");
        write(dir.path(), "MLmodel", b"x");
        symlink("data.bin", dir.path().join("tokenizer_config.json")).unwrap();
        symlink("MLmodel", dir.path().join("x.bin")).unwrap();
        let want = ["MLmodel", "data.bin", "tokenizer_config.json", "x.bin"];
        assert_eq!(list(dir.path()).0, want);
    }

    #[test]
    fn the_blobs_of_a_hugging_face_cache_are_scanned_under_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let repo = dir.path().join("models--org--name");
        let blob = "0123456789abcdef0123456789abcdef";
        write(&repo, &format!("blobs/{blob}"), b"{}");
        let snapshot = repo.join("snapshots/rev");
        fs::create_dir_all(&snapshot).unwrap();
        symlink(format!("../../blobs/{blob}"), snapshot.join("config.json")).unwrap();
        assert_eq!(list(&repo).0, ["snapshots/rev/config.json"]);
        assert_eq!(list(&snapshot).0, ["config.json"]);
    }

    #[test]
    fn sockets_are_gaps_and_named_links_are_followed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir(&root).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(root.join("s.sock")).unwrap();
        assert!(list(&root).1[0].starts_with("s.sock: a device"));
        write(dir.path(), "real.pkl", b"x");
        let link = dir.path().join("link.pkl");
        symlink("real.pkl", &link).unwrap();
        let root_of_link = resolve(&link, &ResolveOptions::default());
        assert!(matches!(root_of_link.content, RootContent::File(_)));
        let socket = failure(root.join("s.sock"));
        assert_eq!(socket.kind, ResolveErrorKind::Special);
    }
}

#[test]
fn a_mistyped_path_gets_a_suggestion() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "models/model.pkl", b"x");
    let error = |name: &str| {
        let e = failure(dir.path().join(name));
        assert_eq!(e.kind, ResolveErrorKind::Missing);
        e.help.replace(dir.path().to_str().unwrap(), "D")
    };
    assert_eq!(
        error("models/modle.pkl"),
        "did you mean `D/models/model.pkl`?"
    );
    assert_eq!(error("mdels/model.pkl"), "did you mean `D/models`?");
    assert_eq!(
        error("models/model.pkl/x"),
        "`D/models/model.pkl` is a file, not a directory"
    );
    assert_eq!(error("zzz"), "");
}

#[test]
fn an_interrupted_walk_is_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.pkl", b"x");
    let options = ResolveOptions::default();
    options
        .cancelled
        .store(true, std::sync::atomic::Ordering::Relaxed);
    let (_, gaps) = open_dir(dir.path(), &options);
    assert!(matches!(&gaps[..], [g] if g.reason == GapReason::Stopped));
}
