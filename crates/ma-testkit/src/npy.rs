//! Builders of npy files.

/// Builds an npy file; the header is written as given, so that broken ones can be built too.
#[derive(Debug, Clone)]
pub struct NpyBuilder {
    version: (u8, u8),
    header: String,
    declared: Option<u32>,
    data: Vec<u8>,
}

impl NpyBuilder {
    /// A C-ordered array; `descr` and `shape` are Python source.
    #[must_use]
    pub fn new(descr: &str, shape: &str) -> Self {
        Self::header(&format!(
            "{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
        ))
    }

    /// A file with this header text.
    #[must_use]
    pub fn header(header: &str) -> Self {
        Self {
            version: (1, 0),
            header: header.to_owned(),
            declared: None,
            data: Vec::new(),
        }
    }

    /// With this major version.
    #[must_use]
    pub fn version(mut self, major: u8) -> Self {
        self.version = (major, 0);
        self
    }

    /// With this header length in place of the true one.
    #[must_use]
    pub fn declared_len(mut self, len: u32) -> Self {
        self.declared = Some(len);
        self
    }

    /// With these bytes after the header.
    #[must_use]
    pub fn data(mut self, data: &[u8]) -> Self {
        self.data = data.to_vec();
        self
    }

    /// The file.
    #[must_use]
    pub fn build(self) -> Vec<u8> {
        let wide = self.version.0 != 1;
        let prefix: usize = if wide { 12 } else { 10 };
        let mut header = self.header.into_bytes();
        let used = prefix.saturating_add(header.len()).saturating_add(1);
        let pad = used.next_multiple_of(64).saturating_sub(used);
        header.extend(std::iter::repeat_n(b' ', pad));
        header.push(b'\n');
        let len = self
            .declared
            .unwrap_or_else(|| u32::try_from(header.len()).unwrap_or(u32::MAX));
        let mut out = b"\x93NUMPY".to_vec();
        out.extend([self.version.0, self.version.1]);
        let len = len.to_le_bytes();
        out.extend(len.iter().take(if wide { 4 } else { 2 }));
        out.extend(header);
        out.extend(self.data);
        out
    }
}

/// A version 1.0 file of an array; `descr` and `shape` are Python source.
#[must_use]
pub fn array(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    NpyBuilder::new(descr, shape).data(data).build()
}
