//! What the numbers of filters mean: `filters.tsv`, from the registry of the HDF Group.

/// The name of a filter that is registered.
#[must_use]
pub fn name(id: u16) -> Option<&'static str> {
    let lines = include_str!("filters.tsv").lines().skip(1);
    let mut fields = lines.map(|line| line.split('\t'));
    fields.find_map(|mut fields| {
        let number: u16 = fields.next()?.parse().ok()?;
        (number == id).then_some(fields.next()).flatten()
    })
}

/// True for filters that the library or h5py brings along: nothing is loaded for them.
#[must_use]
pub fn built_in(id: u16) -> bool {
    id < 256 || id == 32000
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_line_is_read() {
        let text = include_str!("filters.tsv");
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields.len(), 3, "{line}");
            assert_eq!(super::name(fields[0].parse().unwrap()), Some(fields[1]));
        }
        assert_eq!(super::name(999), None);
    }
}
