//! Ctrl-C.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::harness::Folder;

#[test]
fn waiting_for_input_can_be_interrupted() {
    let folder = Folder::new();
    let mut command = folder.command(["-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Kept open: an end of input would end the wait as well.
    let input = child.stdin.take();
    std::thread::sleep(Duration::from_millis(300));
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(input);
}
