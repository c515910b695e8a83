//! The rules of this crate, one file each. What makes them fire is in `judge`, which sees
//! each event once and knows how events hang together; a rule's page says what it means.

mod attribute_walk;
mod broken_stream;
mod code_object;
mod computed_call;
mod computed_name;
mod dangerous_call;
mod dangerous_import;
mod depth_bomb;
mod expansion_bomb;
mod extension_code;
mod frame_straddle;
mod hidden_call;
mod loads_other_file;
mod memo_bomb;
mod nested_payload;
mod object_tampering;
mod parser_differential;
mod persistent_id;
mod scanner_tampering;
mod suspicious_call;
mod trailing_data;
mod unknown_call;
mod unknown_class;
mod unknown_import;

pub use attribute_walk::ATTRIBUTE_WALK;
pub use broken_stream::BROKEN_STREAM;
pub use code_object::CODE_OBJECT;
pub use computed_call::COMPUTED_CALL;
pub use computed_name::COMPUTED_NAME;
pub use dangerous_call::DANGEROUS_CALL;
pub use dangerous_import::DANGEROUS_IMPORT;
pub use depth_bomb::DEPTH_BOMB;
pub use expansion_bomb::EXPANSION_BOMB;
pub use extension_code::EXTENSION_CODE;
pub use frame_straddle::FRAME_STRADDLE;
pub use hidden_call::HIDDEN_CALL;
pub use loads_other_file::LOADS_OTHER_FILE;
pub use memo_bomb::MEMO_BOMB;
pub use nested_payload::NESTED_PAYLOAD;
pub use object_tampering::OBJECT_TAMPERING;
pub use parser_differential::PARSER_DIFFERENTIAL;
pub use persistent_id::PERSISTENT_ID;
pub use scanner_tampering::SCANNER_TAMPERING;
pub use suspicious_call::SUSPICIOUS_CALL;
pub use trailing_data::TRAILING_DATA;
pub use unknown_call::UNKNOWN_CALL;
pub use unknown_class::UNKNOWN_CLASS;
pub use unknown_import::UNKNOWN_IMPORT;

use ma_core::Rule;

/// All rules, in the order of their codes.
pub static RULES: &[&Rule] = &[
    &DANGEROUS_CALL,
    &DANGEROUS_IMPORT,
    &COMPUTED_CALL,
    &COMPUTED_NAME,
    &OBJECT_TAMPERING,
    &HIDDEN_CALL,
    &ATTRIBUTE_WALK,
    &UNKNOWN_CALL,
    &UNKNOWN_CLASS,
    &UNKNOWN_IMPORT,
    &EXTENSION_CODE,
    &PERSISTENT_ID,
    &CODE_OBJECT,
    &LOADS_OTHER_FILE,
    &NESTED_PAYLOAD,
    &FRAME_STRADDLE,
    &PARSER_DIFFERENTIAL,
    &BROKEN_STREAM,
    &EXPANSION_BOMB,
    &MEMO_BOMB,
    &DEPTH_BOMB,
    &TRAILING_DATA,
    &SCANNER_TAMPERING,
    &SUSPICIOUS_CALL,
];

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn codes_and_names_are_unique_and_every_page_is_whole() {
        let mut keys = std::collections::HashSet::new();
        for rule in RULES {
            for key in [rule.code, rule.name].iter().chain(rule.aliases) {
                assert!(keys.insert(key.to_ascii_lowercase()), "{key} is used twice");
            }
            for heading in [
                "What it finds",
                "Why it matters",
                "What it leaves alone",
                "What to do",
            ] {
                assert!(
                    !rule.section(heading).is_empty(),
                    "{}: {heading}",
                    rule.name
                );
            }
        }
    }
}
