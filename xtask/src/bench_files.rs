//! The files that the benchmarks read, made here so that they are the same everywhere. They lie in
//! the target folder and are made once.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use crate::{bench_models as models, workspace};

/// One benchmark: what is scanned, and how.
pub struct Case {
    pub name: &'static str,
    pub path: PathBuf,
    pub options: &'static [&'static str],
    /// The time that is asked for, in words.
    pub goal: &'static str,
}

/// Makes what is missing and lists all cases.
pub fn cases() -> io::Result<Vec<Case>> {
    let dir = workspace::target().join("bench");
    fs::create_dir_all(&dir)?;
    let make = |name: &str, build: fn(&Path) -> io::Result<()>| -> io::Result<PathBuf> {
        let path = dir.join(name);
        if !path.exists() {
            build(&path)?;
        }
        Ok(path)
    };
    let structure: &[&str] = &["--depth", "structure"];
    let mut cases = vec![
        case("tiny pickle", make("tiny.pkl", tiny)?, &[], "< 10 ms"),
        case(
            "50 MB of small objects",
            make("objects.pkl", objects)?,
            &[],
            "≥ 200 MB/s, < 64 MB",
        ),
        case(
            "50 MB of short strings",
            make("strings.pkl", strings)?,
            &[],
            "≥ 200 MB/s, < 64 MB",
        ),
        case(
            "1 GiB bytes payload",
            make("payload.pkl", payload)?,
            structure,
            "skipped, not copied",
        ),
        case(
            "1 GiB PyTorch zip, structure",
            make("torch.pt", torch)?,
            structure,
            "< 0.1 × cat",
        ),
        case(
            "1 GiB PyTorch zip, full",
            make("torch.pt", torch)?,
            &[],
            "≤ 2 × cat, < 128 MB",
        ),
        case(
            "1,000 small files",
            make("thousand", thousand)?,
            &[],
            "< 0.2 s",
        ),
        case(
            "zip of 2,000 members",
            make("members.zip", members)?,
            &[],
            "< 0.1 s",
        ),
    ];
    cases.extend(models_of_all_formats(&make)?);
    Ok(cases)
}

type Make<'a> = &'a dyn Fn(&str, fn(&Path) -> io::Result<()>) -> io::Result<PathBuf>;

/// Structure and full scans of the formats whose weights lie behind a small structure.
fn models_of_all_formats(make: Make<'_>) -> io::Result<Vec<Case>> {
    let structure: &[&str] = &["--depth", "structure"];
    let quick = "< 20 ms, < 64 MB";
    let once = "≤ 2 × cat, < 128 MB";
    let large = make("large.safetensors", models::safetensors_large)?;
    let safetensors = make("model.safetensors", models::safetensors)?;
    let gguf = make("model.gguf", models::gguf)?;
    let onnx = make("model.onnx", models::onnx)?;
    let frozen = make("frozen.pb", models::frozen)?;
    let hdf5 = make("model.h5", models::hdf5)?;
    Ok(vec![
        case("4 GiB safetensors, structure", large, structure, quick),
        case("1 GiB safetensors, full", safetensors, &[], once),
        case("520 MB GGUF, structure", gguf.clone(), structure, quick),
        case("520 MB GGUF, full", gguf, &[], once),
        case("520 MB ONNX, structure", onnx.clone(), structure, quick),
        case("520 MB ONNX, full", onnx, &[], once),
        case(
            "537 MB frozen graph, structure",
            frozen.clone(),
            structure,
            quick,
        ),
        case("537 MB frozen graph, full", frozen, &[], once),
        case("200 MB HDF5, structure", hdf5.clone(), structure, quick),
        case("200 MB HDF5, full", hdf5, &[], once),
    ])
}

fn case(
    name: &'static str,
    path: PathBuf,
    options: &'static [&'static str],
    goal: &'static str,
) -> Case {
    Case {
        name,
        path,
        options,
        goal,
    }
}

/// A state dict of nothing: what start-up costs.
fn tiny(path: &Path) -> io::Result<()> {
    fs::write(
        path,
        b"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94(\x8c\x01a\x94K\x01\x8c\x01b\x94K\x02u.",
    )
}

/// What `pickle.dumps([{'id': i, 'name': f'user{i}', 'score': i / 2} ...], 4)` writes, without frames.
fn objects(path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut written = out.write(b"\x80\x04]\x94(")?;
    let mut i = 0u32;
    while written < 50_000_000 {
        let mut one = vec![b'}', 0x94, b'('];
        if i == 0 {
            one.extend(b"\x8c\x02id\x94J");
        } else {
            one.extend(b"h\x02J");
        }
        one.extend(i.to_le_bytes());
        one.extend(if i == 0 {
            &b"\x8c\x04name\x94"[..]
        } else {
            b"h\x03"
        });
        short_string(&mut one, &format!("user{i}"));
        one.extend(if i == 0 {
            &b"\x8c\x05score\x94G"[..]
        } else {
            b"h\x05G"
        });
        one.extend((f64::from(i) / 2.0).to_be_bytes());
        one.push(b'u');
        out.write_all(&one)?;
        written += one.len();
        i += 1;
    }
    out.write_all(b"e.")?;
    out.flush()
}

fn strings(path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut written = out.write(b"\x80\x04]\x94(")?;
    let mut i = 0u32;
    while written < 50_000_000 {
        let mut one = Vec::new();
        short_string(&mut one, &format!("user{i}"));
        out.write_all(&one)?;
        written += one.len();
        i += 1;
    }
    out.write_all(b"e.")?;
    out.flush()
}

fn short_string(out: &mut Vec<u8>, text: &str) {
    out.extend([0x8c, text.len() as u8]);
    out.extend(text.as_bytes());
    out.push(0x94);
}

fn payload(path: &Path) -> io::Result<()> {
    let mut out = File::create(path)?;
    out.write_all(b"\x80\x04\x8e")?;
    out.write_all(&(1u64 << 30).to_le_bytes())?;
    noise(&mut out, 1 << 30)?;
    out.write_all(b"\x94.")
}

/// Numbers like those of a trained layer: floats around zero, the same on every machine.
pub fn noise(out: &mut File, bytes: usize) -> io::Result<()> {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut block = Vec::with_capacity(1 << 20);
    let mut left = bytes;
    while left > 0 {
        block.clear();
        while block.len() < (1 << 20) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let value = (state >> 40) as f32 / 8_388_608.0 - 1.0;
            block.extend((value * 0.1).to_le_bytes());
        }
        let n = left.min(block.len());
        out.write_all(&block[..n])?;
        left -= n;
    }
    Ok(())
}

/// Sixteen storages of 64 MiB, aligned as torch writes them, and the state dict that names them.
fn torch(path: &Path) -> io::Result<()> {
    let mut zip = Zip::create(path)?;
    zip.member("archive/data.pkl", |out| out.write_all(&state_dict()))?;
    zip.member("archive/byteorder", |out| out.write_all(b"little"))?;
    for key in 0..16 {
        zip.member(&format!("archive/data/{key}"), |out| noise(out, 64 << 20))?;
    }
    zip.member("archive/version", |out| out.write_all(b"3\n"))?;
    zip.finish()
}

fn state_dict() -> Vec<u8> {
    let numel = (64u32 << 20) / 4;
    let mut out = b"\x80\x02}(".to_vec();
    for key in 0..16 {
        unicode(&mut out, &format!("layer{key}.weight"));
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        unicode(&mut out, "storage");
        out.extend(b"ctorch\nFloatStorage\n");
        unicode(&mut out, &key.to_string());
        unicode(&mut out, "cpu");
        out.push(b'J');
        out.extend(numel.to_le_bytes());
        out.extend(b"tQK\0J");
        out.extend(numel.to_le_bytes());
        out.extend(b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR");
    }
    out.extend(b"u.");
    out
}

fn unicode(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}

fn thousand(path: &Path) -> io::Result<()> {
    let building = path.with_extension("building");
    fs::create_dir_all(&building)?;
    for i in 0..1000 {
        tiny(&building.join(format!("model{i:04}.pkl")))?;
    }
    fs::rename(building, path)
}

fn members(path: &Path) -> io::Result<()> {
    let mut zip = Zip::create(path)?;
    for i in 0..2000 {
        zip.member(&format!("models/model{i:04}.pkl"), |out| {
            out.write_all(
                b"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94(\x8c\x01a\x94K\x01\x8c\x01b\x94K\x02u.",
            )
        })?;
    }
    zip.finish()
}

/// A writer of zips with stored members, aligned to 64 bytes. Checksums are right only for members
/// below 64 MiB and are computed for all.
struct Zip {
    out: File,
    path: PathBuf,
    central: Vec<u8>,
    count: u16,
}

impl Zip {
    fn create(path: &Path) -> io::Result<Self> {
        Ok(Self {
            out: File::options()
                .create(true)
                .truncate(true)
                .read(true)
                .write(true)
                .open(path)?,
            path: path.to_path_buf(),
            central: Vec::new(),
            count: 0,
        })
    }

    fn member(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<()> {
        let header_at = self.out.stream_position()?;
        let bare = header_at + 30 + name.len() as u64;
        let padding = ((64 - (bare + 4) % 64) % 64) as u16;
        let data_at = bare + 4 + u64::from(padding);
        self.out.seek(io::SeekFrom::Start(data_at))?;
        write(&mut self.out)?;
        let end = self.out.stream_position()?;
        let size = (end - data_at) as u32;
        let crc = crc_of(&self.path, data_at, u64::from(size))?;
        let mut fields = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        fields.extend(crc.to_le_bytes());
        fields.extend(size.to_le_bytes());
        fields.extend(size.to_le_bytes());
        fields.extend((name.len() as u16).to_le_bytes());
        let mut local = b"PK\x03\x04".to_vec();
        local.extend(&fields);
        local.extend((padding + 4).to_le_bytes());
        local.extend(name.as_bytes());
        local.extend(b"FB");
        local.extend(padding.to_le_bytes());
        local.extend(std::iter::repeat_n(b'Z', usize::from(padding)));
        self.out.seek(io::SeekFrom::Start(header_at))?;
        self.out.write_all(&local)?;
        self.out.seek(io::SeekFrom::Start(end))?;
        self.central.extend(b"PK\x01\x02\x14\0");
        self.central.extend(&fields);
        self.central.extend([0; 12]);
        self.central.extend((header_at as u32).to_le_bytes());
        self.central.extend(name.as_bytes());
        self.count += 1;
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        let at = self.out.stream_position()? as u32;
        self.out.write_all(&self.central)?;
        let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
        end.extend(self.count.to_le_bytes());
        end.extend(self.count.to_le_bytes());
        end.extend((self.central.len() as u32).to_le_bytes());
        end.extend(at.to_le_bytes());
        end.extend([0, 0]);
        self.out.write_all(&end)
    }
}

fn crc_of(path: &Path, at: u64, len: u64) -> io::Result<u32> {
    use std::io::Read;
    let mut file = File::open(path)?;
    file.seek(io::SeekFrom::Start(at))?;
    let mut crc = crc32fast::Hasher::new();
    let mut left = len;
    let mut block = vec![0; 1 << 20];
    while left > 0 {
        let want = block.len().min(left as usize);
        let got = file.read(&mut block[..want])?;
        if got == 0 {
            break;
        }
        crc.update(&block[..got]);
        left -= got as u64;
    }
    Ok(crc.finalize())
}
