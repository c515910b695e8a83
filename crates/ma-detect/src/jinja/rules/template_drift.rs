//! Two templates of one model that are not the same.

use ma_core::declare_rule;

declare_rule! {
    /// ## What it finds
    /// A `chat_template.jinja` beside a `tokenizer_config.json` whose own `chat_template` says something else, white space left out.
    /// ## Why it matters
    /// Newer loaders take the file, older ones and many other programs take the value in the configuration. Whoever reviews one of them has not seen the other, which is where a changed template hides.
    /// ## What it leaves alone
    /// Differences in white space, and configurations with several named templates of which one is the same.
    /// ## What to do
    /// Compare the two, and keep the one of the original model.
    pub static TEMPLATE_DRIFT = {
        code: "JIN012", name: "jinja-template-drift", severity: Warning,
        title: "Two chat templates of one model differ",
        references: [Cwe(436), Spec("https://huggingface.co/docs/transformers/chat_templating_writing")],
    }
}
