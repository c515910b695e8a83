//! Cut, flipped and spliced seeds through the fuzz bodies.

use ma_testkit::malformed::fuzz;

/// The seeds, and one of all pieces, out of which splices take them.
fn with(mut seeds: Vec<Vec<u8>>, pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    seeds.push(pieces.concat());
    seeds
}

#[test]
fn fuzz_marshal() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/marshal");
    let mut seeds: Vec<(std::path::PathBuf, Vec<u8>)> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "bin"))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    seeds.sort();
    // Nearly the same code by each version of CPython: a few of them do.
    let step = (seeds.len() / 4).max(1);
    let seeds: Vec<Vec<u8>> = seeds
        .into_iter()
        .map(|(_, bytes)| bytes)
        .filter(|bytes| bytes.len() < 400)
        .step_by(step)
        .collect();
    let pieces: &[&[u8]] = &[
        b"r\0\0\0\0",
        b"\xff\xff\xff\x7f",
        b"\xe3",
        b")\xff",
        b"{",
        b"\xa7\r\r\n",
        b"l\xff\xff\xff\xff",
    ];
    fuzz(&with(seeds, pieces), ma_python::fuzz::marshal);
}

#[cfg(feature = "source")]
#[test]
fn fuzz_source() {
    let seeds: Vec<Vec<u8>> = [
        "import os as o\nfrom subprocess import run as r, call\n\nclass A(B, metaclass=M):\n    x: int = o.system('echo pwned')\n    def __init__(self, y=r):\n        self.z = y\n        self.z(['echo', *x], **{'shell': True})\n",
        "exec(''.join(chr(c ^ 1) for c in [1, 2, 3]))\nf'{a!r:>{w}}' f\"{b'x' % (1,)}\"\nx[1:2, ::3] = y = lambda *a, **k: (yield)\n",
        "try:\n    match x:\n        case {'a': [b, *c], **d} if e: pass\n        case P(q=1) | None: pass\nexcept* E as f:\n    raise g from h\nelse:\n    del i, j[0]\nfinally:\n    async def k(): return await l\n",
        "# coding: utf-8\nglobals()['x'] = __import__('base64').b64decode('ZWNobyBwd25lZA==')\nif __name__ == '__main__':\n    eval(x.decode()[::-1])\n",
        "print 'python 2', x\nexec 'y'\nos.system(`z`)\n",
        "class M(Module):\n  p : __torch__.torch.classes.tensorrt.Engine\n  def forward(self, x: Tensor) -> Tensor:\n    return torch.save(x, \"f\")\n",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    let pieces: &[&[u8]] = &[
        b"(((((",
        b"'''",
        b"\\\n",
        b"\xef\xbb\xbf",
        b"\xff",
        b"eval('",
        b"\n    ",
        b"lambda: ",
        b"f'{",
        b"not not not ",
    ];
    fuzz(&with(seeds, pieces), ma_python::fuzz::source);
}
