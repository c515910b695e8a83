//! The rules about network addresses.

use ma_core::{Rule, declare_rule};

/// All of them.
pub static RULES: &[&Rule] = &[
    &NUMERIC_HOST,
    &SUSPICIOUS_HOST,
    &PROGRAM_ADDRESS,
    &LOOKALIKE_HOST,
    &ACTIVE_ADDRESS,
];

declare_rule! {
    /// ## What it finds
    /// An address whose host is a public IP number (also as one large number or in hexadecimal). It is
    /// a warning in source code with a port or path, and where it names a program; otherwise Info.
    ///
    /// ## Why it matters
    /// Published things have names. A bare number is what somebody uses who has no name to lose, and
    /// code that connects to it sends something there or fetches something.
    ///
    /// ## What it leaves alone
    /// Numbers without a scheme in front (versions look the same), private, local and documentation
    /// ranges; vocabularies and weights.
    ///
    /// ## What to do
    /// Find out what the address is for before anything connects to it.
    pub static NUMERIC_HOST = {
        code: "NET001", name: "network-numeric-host", severity: Info,
        title: "An address names a computer by number",
        references: [Cwe(506)],
    }
}

declare_rule! {
    /// ## What it finds
    /// An address of a tunnel to somebody's own computer (ngrok and the like), a service that records
    /// requests, a place for anonymous files or texts, a chat webhook, a dynamic name, or the Tor
    /// network. The list is `data/hosts.tsv`.
    ///
    /// ## Why it matters
    /// These are the places where stolen data is sent to and second stages are fetched from, because
    /// they cost nothing and say nothing of their owner. A finished model has no need of them.
    ///
    /// ## What it leaves alone
    /// All other hosts, known or not; host names without a scheme; vocabularies and weights.
    ///
    /// ## What to do
    /// Look what the address is used for, and remove it or the file.
    pub static SUSPICIOUS_HOST = {
        code: "NET002", name: "network-suspicious-host", severity: Warning,
        title: "An address of a kind that attackers use",
        references: [Cwe(506)],
    }
}

declare_rule! {
    /// ## What it finds
    /// An `http://` address of a program (`.exe`, `.dll`, `.sh`, `.ps1`, `.jar` …).
    ///
    /// ## Why it matters
    /// A program that is fetched without encryption can be replaced by anybody on the way, and then
    /// runs with your rights.
    ///
    /// ## What it leaves alone
    /// Encrypted addresses, data files, pages; hosts of well-known projects.
    ///
    /// ## What to do
    /// Do not let anything fetch it; ask the publisher for an `https` address and a checksum.
    pub static PROGRAM_ADDRESS = {
        code: "NET003", name: "network-program-address", severity: Warning,
        title: "A program is fetched without encryption",
        references: [Cwe(494), Cwe(319)],
    }
}

declare_rule! {
    /// ## What it finds
    /// A host that is made to look like a well-known one: with letters of other alphabets (also
    /// written as `xn--…`), or with the known name as its first part
    /// (`huggingface.co.something.example`).
    ///
    /// ## Why it matters
    /// Its only purpose is that you take it for the original.
    ///
    /// ## What it leaves alone
    /// Subdomains of the original, and names with other letters that look like no well-known one.
    ///
    /// ## What to do
    /// Do not open the address, and do not use the file.
    pub static LOOKALIKE_HOST = {
        code: "NET004", name: "network-lookalike-host", severity: Warning,
        title: "A host looks like a well-known one and is not",
        references: [Cwe(1007)],
    }
}

declare_rule! {
    /// ## What it finds
    /// A `javascript:` address, or a `data:` address that holds a page or a program.
    ///
    /// ## Why it matters
    /// A viewer that shows such text as a link runs what is in it.
    ///
    /// ## What it leaves alone
    /// Pictures and other passive data in `data:` addresses; the words in a sentence or a setting.
    ///
    /// ## What to do
    /// Do not follow it; remove it from the file.
    pub static ACTIVE_ADDRESS = {
        code: "NET005", name: "network-active-address", severity: Warning,
        title: "An address that holds a program",
        references: [Cwe(79)],
    }
}
