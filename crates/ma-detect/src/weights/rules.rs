//! The rules about weights.

use ma_core::{Rule, declare_rule};

/// All of them.
pub static RULES: &[&Rule] = &[&HIDDEN_PAYLOAD, &HIDDEN_TEXT, &CODED_TEXT, &MIXED_PRECISION];

declare_rule! {
    /// ## What it finds
    /// An executable, bytecode, a pickle that calls something or an archive in the lowest bits of a
    /// tensor's numbers, put together again and validated by its header. Pickles and archives are then
    /// scanned themselves.
    ///
    /// ## Why it matters
    /// This is how programs are smuggled in models: the model works as before, and a few lines
    /// somewhere else take the program out of it. The bits of trained numbers do not form one by
    /// chance.
    ///
    /// ## What it leaves alone
    /// Everything that does not prove itself: encrypted bits look like weights, and nothing can be said
    /// of them. By default both ends of each region are looked at, not all of it.
    ///
    /// ## What to do
    /// Do not use the file. Compare it with the original from its publisher; rounding all weights to a
    /// smaller type destroys what is hidden.
    pub static HIDDEN_PAYLOAD = {
        code: "WGT001", name: "weights-hidden-payload", severity: Warning,
        title: "A program is hidden in the low bits of weights",
        references: [
            Cwe(506),
            Article("https://arxiv.org/abs/2107.08590"),
            Article("https://arxiv.org/abs/2109.04344"),
        ],
    }
}

declare_rule! {
    /// ## What it finds
    /// At least 64 characters in a row that read like text, source or base64, in the lowest bits of a
    /// tensor's numbers.
    ///
    /// ## Why it matters
    /// The bits of trained numbers do not spell text. Somebody stored it there, for something that
    /// takes it out.
    ///
    /// ## What it leaves alone
    /// Constant and repeating numbers whose bits happen to be printable: twelve different characters
    /// are asked for, most of them letters, digits and spaces.
    ///
    /// ## What to do
    /// Read what it says. A watermark of the publisher is possible; instructions or code are not.
    pub static HIDDEN_TEXT = {
        code: "WGT002", name: "weights-hidden-text", severity: Warning,
        title: "Text is hidden in the low bits of weights",
        references: [Cwe(506)],
    }
}

declare_rule! {
    /// ## What it finds
    /// At least 64 floating-point numbers in a row that are whole, and are the codes of characters of a
    /// sentence, source or base64.
    ///
    /// ## Why it matters
    /// It is text that is stored as numbers. A layer that turns it back and runs it needs a single
    /// line of code.
    ///
    /// ## What it leaves alone
    /// Whole numbers in general, also between 32 and 126: counters, ages, measurements do not read like
    /// sentences. Integer tensors, which hold text for good reasons.
    ///
    /// ## What to do
    /// Read what it says, and find out what reads it.
    pub static CODED_TEXT = {
        code: "WGT003", name: "weights-coded-text", severity: Warning,
        title: "Numbers of a tensor spell text",
        references: [Cwe(506)],
    }
}

declare_rule! {
    /// ## What it finds
    /// A region of 32-bit floats that are 16-bit ones (bfloat16) widened, except for fewer than five in
    /// a hundred, which use all their bits.
    ///
    /// ## Why it matters
    /// The sixteen bits are a good hiding place, and these few numbers were written by something else
    /// than the rest. Usually it is a tensor that was kept in full precision. Where the odd numbers
    /// begin, their bits are searched for programs.
    ///
    /// ## What it leaves alone
    /// Ordinary 32-bit floats, whole numbers, regions of fewer than 16,384 numbers.
    ///
    /// ## What to do
    /// Nothing, if a part of the model is meant to be more precise. Otherwise look where the numbers
    /// come from.
    pub static MIXED_PRECISION = {
        code: "WGT004", name: "weights-mixed-precision", severity: Info,
        title: "A few weights are more precise than all others",
        references: [],
    }
}
