//! The rules about secrets.

use ma_core::{Rule, declare_rule};

use super::formats::{Check, Format};

/// All of them.
pub static RULES: &[&Rule] = &[
    &PRIVATE_KEY,
    &PROVIDER_TOKEN,
    &WEB_TOKEN,
    &ADDRESS_PASSWORD,
    &SECRET_SETTING,
];

/// The rule that a format is reported by.
pub(super) fn of(format: &Format) -> &'static Rule {
    if format.has(Check::Pem) {
        &PRIVATE_KEY
    } else if format.has(Check::Jwt) {
        &WEB_TOKEN
    } else if format.has(Check::Password) {
        &ADDRESS_PASSWORD
    } else if format.has(Check::Generic) || format.id == "bearer" {
        &SECRET_SETTING
    } else {
        &PROVIDER_TOKEN
    }
}

declare_rule! {
    /// ## What it finds
    /// A private key between `-----BEGIN … PRIVATE KEY-----` and its end, whose body decodes to
    /// something that begins like a key (ASN.1, OpenSSH, OpenPGP).
    ///
    /// ## Why it matters
    /// Whoever has the file has the key: to log in, to sign, to read what was encrypted for its owner.
    ///
    /// ## What it leaves alone
    /// Certificates and public keys; lines that show how a key begins, with nothing behind them. A key
    /// that is encrypted with a passphrase is a warning.
    ///
    /// ## What to do
    /// If the key is yours, replace it everywhere; removing it from the file is not enough once the
    /// file was published. If it is not, tell the publisher, and use nothing that it signs.
    pub static PRIVATE_KEY = {
        code: "SEC001", name: "secret-private-key", severity: Critical,
        title: "A private key is in the file",
        references: [Cwe(798), Cwe(321)],
    }
}

declare_rule! {
    /// ## What it finds
    /// A key or token in the format of one of about forty providers (cloud accounts, model hubs, model
    /// APIs, code hosting, chat, payment): by its fixed beginning, its length and characters, its
    /// checksum where the format has one, and enough entropy. Keys to a whole cloud account are
    /// critical; keys for test systems are only mentioned.
    ///
    /// ## Why it matters
    /// Whoever has the file can use the account until the key is revoked. Loading the model does not
    /// use it.
    ///
    /// ## What it leaves alone
    /// Placeholders and the examples of the documentation; keys whose checksum is wrong. In weights and
    /// vocabularies only formats count that random bytes do not form.
    ///
    /// ## What to do
    /// Revoke the key with its provider, then remove it from the file. If it is not yours, tell the
    /// publisher.
    pub static PROVIDER_TOKEN = {
        code: "SEC002", name: "secret-provider-token", severity: Warning,
        title: "A provider's key or token is in the file",
        references: [Cwe(798)],
    }
}

declare_rule! {
    /// ## What it finds
    /// A JSON Web Token whose header decodes and names an algorithm.
    ///
    /// ## Why it matters
    /// Such a token is a login: who presents it is taken for its owner until it expires.
    ///
    /// ## What it leaves alone
    /// The token that documentation shows; unsigned ones. One that says that it lives for a month at
    /// most is only mentioned. (Whether it has expired is not asked: the same file would be judged
    /// differently tomorrow.)
    ///
    /// ## What to do
    /// Revoke the session or the key that it belongs to and remove it from the file.
    pub static WEB_TOKEN = {
        code: "SEC003", name: "secret-web-token", severity: Warning,
        title: "A web token is in the file",
        references: [Cwe(798), Spec("RFC 7519")],
    }
}

declare_rule! {
    /// ## What it finds
    /// An address with a user and a password in it: of a database, a message queue or a web server.
    ///
    /// ## Why it matters
    /// Whoever has the file can try to log in there.
    ///
    /// ## What it leaves alone
    /// Addresses on the own machine, placeholders such as `user:password@host` and `${PASSWORD}`.
    ///
    /// ## What to do
    /// Change the password and take it from the environment instead.
    pub static ADDRESS_PASSWORD = {
        code: "SEC004", name: "secret-address-password", severity: Warning,
        title: "An address with a password is in the file",
        references: [Cwe(798)],
    }
}

declare_rule! {
    /// ## What it finds
    /// A setting named like a secret (`password = …`, `"api_key": "…"`) whose value looks random: at
    /// least twelve characters, letters and digits, high entropy. Only in text, metadata and code.
    ///
    /// ## Why it matters
    /// It may be a working password or key, left in by mistake.
    ///
    /// ## What it leaves alone
    /// Tokens of tokenizers, names, paths, digests, placeholders, values that are taken from elsewhere;
    /// all of vocabularies and weights.
    ///
    /// ## What to do
    /// If it is real, change it and remove it from the file.
    pub static SECRET_SETTING = {
        code: "SEC005", name: "secret-setting", severity: Warning,
        title: "A setting looks like a password or key",
        references: [Cwe(798)],
    }
}
