//! Lets options stand before the name of a command: `modelaudit -v scan x` is `modelaudit scan -v x`.

use std::ffi::OsString;

use clap::{ArgAction, Command};

/// The arguments with the name of the command first, when there is one.
///
/// The first argument that is neither an option nor the value of one is what decides: it is either
/// the name of a command or a path. After `--` everything is a path.
pub(crate) fn command_first(mut argv: Vec<OsString>, command: &Command) -> Vec<OsString> {
    let mut at = 1usize;
    while let Some(token) = argv.get(at) {
        let Some(text) = token.to_str() else {
            break;
        };
        if text == "--" || text == "-" {
            break;
        }
        if !text.starts_with('-') {
            let is_command = command.find_subcommand(text).is_some() || text == "help";
            if is_command && at > 1 {
                let name = argv.remove(at);
                argv.insert(1, name);
            }
            break;
        }
        let takes_next = match text.strip_prefix("--") {
            Some(long) => !long.contains('=') && long_takes_value(command, long),
            None => shorts_take_next(command, text.trim_start_matches('-')),
        };
        at = at.saturating_add(if takes_next { 2 } else { 1 });
    }
    argv
}

fn takes_value(action: &ArgAction) -> bool {
    action.takes_values()
}

fn long_takes_value(command: &Command, long: &str) -> bool {
    let arg = command.get_arguments().find(|a| a.get_long() == Some(long));
    arg.is_some_and(|a| takes_value(a.get_action()))
}

/// Whether the last of some short options (`-vf`) takes the next argument as its value.
fn shorts_take_next(command: &Command, shorts: &str) -> bool {
    let mut chars = shorts.chars();
    while let Some(short) = chars.next() {
        let arg = command
            .get_arguments()
            .find(|a| a.get_short() == Some(short));
        if arg.is_some_and(|a| takes_value(a.get_action())) {
            return chars.as_str().is_empty();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn ordered(args: &str) -> String {
        let argv = args.split(' ').map(OsString::from).collect();
        let got = command_first(argv, &crate::args::Cli::command());
        let got: Vec<_> = got.iter().map(|a| a.to_string_lossy()).collect();
        got.join(" ")
    }

    #[test]
    fn a_command_after_options_comes_first() {
        assert_eq!(ordered("m -v scan x"), "m scan -v x");
        assert_eq!(ordered("m --format json rules"), "m rules --format json");
        assert_eq!(
            ordered("m --format=json -q rules"),
            "m rules --format=json -q"
        );
        assert_eq!(ordered("m -vf json inspect x"), "m inspect -vf json x");
    }

    #[test]
    fn values_and_paths_are_no_commands() {
        assert_eq!(ordered("m -o rules x"), "m -o rules x");
        assert_eq!(ordered("m -orules scan"), "m scan -orules");
        assert_eq!(ordered("m x rules"), "m x rules");
        assert_eq!(ordered("m -- rules"), "m -- rules");
        assert_eq!(ordered("m - rules"), "m - rules");
        assert_eq!(ordered("m scan rules"), "m scan rules");
    }
}
