"""Zip files that say one thing to the loader and another to the scanner."""

import struct
import zlib

from making import zips
from making.elf import elf
from making.pickles import DATA, EVIL, TWIN, dumps
from making.torches import WEIGHTS, legacy, members, state_pickle, torch_zip
from making.zips import Member

FAMILY = "zip"
LINK = 0o120777 << 16


def torch(p, change=None, first=None, last=(), **kwargs):
    """A torch zip; `change` holds Member options for data.pkl."""
    out = []
    for name, data in members(state_pickle(p.node)):
        out.append(Member(name, data, **(change or {} if name.endswith("data.pkl") else {})))
    return zips.pack([*(first or []), *out, *last], **kwargs)


def plain(p):
    """The same archive without any trick."""
    return torch(p)


def cases(c):
    """c01–c24, c61, c62, c66, c67 of the catalogue, tampering without payload, traversal, bombs."""
    tampered(c)
    layout(c)
    methods(c)
    traversal(c)
    bombs(c)
    unread(c)


def tampered(c):
    crc = zlib.crc32(state_pickle(EVIL.node)) ^ 0x5A5A5A5A
    tricks = [
        ("c02", "local-name", {"local": {"name": "archive/evil.txt"}}, {}, "the local header has another name"),
        ("c02b", "central-name", {"local": {"name": "archive/data.txt"}, "central": {"name": "archive/data.pkl"}}, {},
         "local data.txt, central data.pkl"),
        ("c03", "local-flag-01", {"local": {"flags": 1}}, {}, "the local header says encrypted"),
        ("c03b", "local-flag-20", {"local": {"flags": 0x20}}, {}, "the local header says patch data"),
        ("c03c", "local-flag-40", {"local": {"flags": 0x40}}, {}, "the local header says strong encryption"),
        ("c04", "both-flags-01", {"flags": 1}, {}, "both headers say encrypted, the data is plain"),
        ("c04b", "both-flags-20", {"flags": 0x20}, {}, "both headers say patch data"),
        ("c04c", "both-flags-40", {"flags": 0x40}, {}, "both headers say strong encryption"),
        ("c04d", "flag-2000", {"flags": 0x2000}, {}, "the central directory says its headers are masked"),
        ("c05", "central-crc", {"central": {"crc": crc}}, {}, "wrong CRC in the central directory"),
        ("c06", "both-crc", {"central": {"crc": crc}, "local": {"crc": crc}}, {}, "wrong CRC in both headers"),
        ("c17", "central-size-small", {"method": 8, "central": {"csize": 20, "usize": 20}}, {}, "central sizes are too small"),
        ("c17b", "central-size-zero", {"method": 8, "central": {"csize": 0, "usize": 0}}, {}, "central sizes are zero"),
        ("c17c", "local-size-big", {"local": {"csize": 0x7FFFFFF0, "usize": 0x7FFFFFF0}}, {}, "local sizes are huge"),
        ("c17d", "central-usize-small", {"method": 8, "central": {"usize": 3}}, {}, "only the unpacked size is too small"),
        ("c17e", "descriptor", {"descriptor": True}, {}, "sizes follow in a data descriptor (legal)"),
        ("c17f", "local-method-differs", {"method": 8, "local": {"method": 0}}, {}, "local header says stored, data is deflated"),
        ("c17g", "version-needed-99", {"local": {"version": 99}, "central": {"version": 99}}, {}, "a version needed that no reader has"),
        ("c17h", "local-name-longer", {"local": {"extra": b"FB\x08\x00ZZZZZZZZ"}}, {}, "alignment padding in the local header only (legal)"),
        ("c17i", "unicode-path", {"extra": struct.pack("<HHBI", 0x7075, 5 + 8, 1, zlib.crc32(b"archive/data.pkl")) + b"safe.txt"}, {},
         "a Unicode path extra field with another name"),
        ("c17j", "unknown-method", {"method": 0, "local": {"method": 77}, "central": {"method": 77}}, {}, "method 77, data is stored"),
        ("c06b", "eocd-count-small", {}, {"eocd": {"entries": 1}}, "the end record counts one entry"),
        ("c06c", "eocd-disk", {}, {"eocd": {"disk": 1, "start_disk": 1}}, "the end record says disk 1"),
    ]
    legal = ("c17e", "c17h")
    for id, slug, change, how, what in tricks:
        c.add(FAMILY, id, slug, "pt", torch(EVIL, change, **how), torch(TWIN, change, **how) if id in legal else plain(TWIN),
              what=f"torch zip: {what}")
    for id, slug, change, how, what in tricks:
        if id in legal or id in ("c04", "c04b", "c04c", "c04d", "c17g", "c17j"):
            continue
        change = {k: ({a: (b ^ 1 if a == "crc" else b) for a, b in v.items()} if isinstance(v, dict) else v) for k, v in change.items()}
        c.add("zip-tamper", f"t{id[1:]}", slug, "pt", torch(TWIN, change, **how), plain(TWIN), "warning",
              f"harmless pickle, but {what}")


def layout(c):
    c.pair(FAMILY, "c01", "plain", "pt", plain, what="a torch zip without tricks")
    c.pair(FAMILY, "c07", "other-root", "pt", lambda p: torch_zip(state_pickle(p.node), root="best model (2)"),
           what="another top directory")
    c.pair(FAMILY, "c08", "two-roots", "pt",
           lambda p: zips.pack([Member(n, d) for n, d in members(state_pickle(), "archive") + members(state_pickle(p.node), "other")]),
           what="two top directories, the call in the second")
    c.pair(FAMILY, "c09", "upper-case-name", "pt",
           lambda p: zips.pack([Member(n.replace("data.pkl", "Data.PKL"), d)
                                for n, d in members(dumps([p.node, {"w": 1}], 0))]), what="Data.PKL: names are looked up without case")
    both = lambda p, evil_first: zips.pack([
        Member(n, d) for pk in ([state_pickle(p.node), state_pickle()] if evil_first else [state_pickle(), state_pickle(p.node)])
        for n, d in members(pk)])
    c.add(FAMILY, "c10", "duplicate-first", "pt", both(EVIL, True), plain(TWIN), what="data.pkl twice, the call in the first")
    c.add(FAMILY, "c11", "duplicate-last", "pt", both(EVIL, False), plain(TWIN), what="data.pkl twice, the call in the second")
    c.add("zip-tamper", "t11", "duplicate", "pt", both(TWIN, True), plain(TWIN), "warning", "data.pkl twice, both harmless")
    c.pair(FAMILY, "c12", "config-p", "zip", lambda p: zips.simple({"model/config.p": p.pickle(4), "model/a.txt": b"hi\n"}),
           what="a pickle named config.p in a zip")
    c.pair(FAMILY, "c13", "config-p-torch", "pt",
           lambda p: torch_zip(state_pickle(), extra=[("archive/config.p", p.pickle(4))]), what="a second pickle beside data.pkl")
    for n, name in enumerate(("notes.txt", "config.json", "weights.bin", "logo.png", "README", ".hidden", "a/b/c/d.npy")):
        c.pair(FAMILY, f"c13{chr(98 + n)}", f"member-{name.replace('/', '-').replace('.', '-').lower().strip('-')}", "zip",
               lambda p, name=name: zips.simple({"model/" + name: p.pickle(n % 5)}, 8), what=f"a pickle named {name} in a zip")
    c.pair(FAMILY, "c14", "as-storage", "pt",
           lambda p: torch_zip(state_pickle(), storages={"0": WEIGHTS, "1": p.pickle(4)}),
           what="a pickle as an unreferenced storage record")
    c.pair(FAMILY, "c14b", "in-storage", "pt", lambda p: torch_zip(state_pickle(), storages={"0": WEIGHTS + p.pickle(4)}),
           what="a pickle behind the weights of a storage record", calm="info", expected="warning")
    c.pair(FAMILY, "c15", "pickle-then-zip", "pkl", lambda p: p.pickle(4) + zips.simple({"a.txt": b"hi"}), calm="warning",
           what="a pickle, then a harmless zip: the loader reads the pickle")
    c.pair(FAMILY, "c16", "legacy-then-zip", "pt", lambda p: legacy(p.pickle(2)) + torch_zip(state_pickle()), calm="warning",
           what="a legacy torch file, then a harmless torch zip")
    c.pair(FAMILY, "c15b", "zip-in-comment", "pt", lambda p: zips.pack([Member("a/b.txt", b"x")], comment=torch_zip(state_pickle(p.node))),
           calm="warning", what="a torch zip lies in the comment of a zip")
    c.pair(FAMILY, "c15c", "zip-then-zip", "pt", lambda p: torch_zip(state_pickle(p.node)) + torch_zip(state_pickle()), calm="warning",
           what="two torch zips in a row, the call in the first")
    c.pair(FAMILY, "c15d", "two-eocd", "pt",
           lambda p: torch_zip(state_pickle(p.node)) + zips.simple({"a.txt": b"hi"})[-22:], calm="warning",
           what="a second end record that shows one empty-looking archive")
    c.pair(FAMILY, "c20", "zip-in-zip", "zip", lambda p: zips.simple({"m/inner.zip": zips.simple({"x.pkl": p.pickle(4)}, 8)}, 8),
           what="zip in zip")
    c.pair(FAMILY, "c21", "zip-5-deep", "zip", lambda p: deep(p, 5), what="five zips in one another")
    c.pair(FAMILY, "c21b", "torch-in-zip", "zip", lambda p: zips.simple({"m/model.pt": plain(p)}, 8), what="a torch zip in a zip")
    c.pair(FAMILY, "c23", "bytes-before", "npz", lambda p: zips.simple({"x.pkl": p.pickle(4)}, prefix=b"# header\n" * 20), calm="info",
           what="text before the zip, offsets count it")
    c.pair(FAMILY, "c23b", "bytes-before-unrebased", "zip",
           lambda p: zips.simple({"x.pkl": p.pickle(4)}, prefix=b"# header\n" * 20, rebase=False), calm="info",
           what="text before the zip, offsets do not count it")
    c.add(FAMILY, "c23c", "elf-before", "zip", zips.simple({"x.txt": b"hi"}, prefix=elf()), zips.simple({"x.txt": b"hi"}), "warning",
          "an executable before the zip")
    c.pair(FAMILY, "c24", "local-only", "zip",
           lambda p: zips.pack([Member("a.txt", b"hi"), Member("x.pkl", p.pickle(4), hidden=True)]), calm="warning",
           what="a member that only a local header knows")
    c.pair(FAMILY, "c24b", "in-gap", "zip", lambda p: zips.pack([Member("a.txt", b"hi")], gap=p.pickle(4)), calm="warning",
           expected="warning", what="a pickle between the members and the directory")
    c.pair(FAMILY, "c61", "zip64", "pt", lambda p: torch(p, zip64=True), what="sizes in zip64 extra fields (legal)")
    c.pair(FAMILY, "c62", "pickle-in-keras", "keras",
           lambda p: zips.simple({"metadata.json": b'{"keras_version": "3.4.1"}', "config.json": b'{"module": "keras"}', "extra.pkl": p.pickle(4)}),
           what="a pickle in a .keras zip")
    c.pair(FAMILY, "c62b", "suffix", "pt", lambda p: torch_zip(state_pickle()) + p.pickle(4), expected="warning", calm="warning",
           what="a pickle after the zip")
    c.pair(FAMILY, "c62c", "false-local-header", "pt",
           lambda p: torch_zip(state_pickle(p.node), storages={"0": b"PK\3\4" + bytes(range(60)) * 4}),
           what="a local header's magic inside the weights")
    c.pair(FAMILY, "c62d", "backslash-name", "zip", lambda p: zips.simple({"m\\data.pkl": p.pickle(4)}), calm="warning",
           what="backslashes in names")
    c.pair(FAMILY, "c62e", "directory-with-data", "zip", lambda p: zips.pack([Member("x.pkl/", p.pickle(4))]), calm="warning",
           what="a directory entry with data")
    c.pair(FAMILY, "c62f", "name-not-utf8", "zip", lambda p: zips.pack([Member(b"mod\xff\xfe\x80.pkl", p.pickle(4))]), calm="info",
           what="a name that is not UTF-8")
    c.pair(FAMILY, "c62g", "empty-name", "zip", lambda p: zips.pack([Member("", p.pickle(4))]), calm="warning", what="an empty name")
    c.pair(FAMILY, "c62h", "long-name", "zip", lambda p: zips.pack([Member("a/" * 15000 + "x.pkl", p.pickle(4))]), calm="warning",
           what="a name of 30,000 characters")


def deep(p, depth):
    data = p.pickle(4)
    for n in range(depth):
        data = zips.simple({f"level{n}" + (".pkl" if not n else ".zip"): data}, 8)
    return data


def methods(c):
    for id, method, name in [("c66", 12, "bzip2"), ("c67", 14, "lzma"), ("c67b", 93, "zstd"), ("c67c", 95, "xz"), ("c67d", 8, "deflate")]:
        c.pair(FAMILY, id, f"method-{name}", "pt", lambda p, m=method: torch(p, {"method": m}), what=f"data.pkl packed with {name}")
    c.pair(FAMILY, "c67e", "deflate-stored-blocks", "pt", lambda p: torch(p, {"method": 8, "packed": stored_blocks(state_pickle(p.node))}),
           what="deflate made of stored blocks, junk after the stream's end")
    c.pair(FAMILY, "c67f", "deflate-empty-blocks", "pt",
           lambda p: torch(p, {"method": 8, "packed": b"\0\0\0\xff\xff" * 5000 + zips.compress(state_pickle(p.node), 8)}),
           what="5,000 empty deflate blocks first")


def stored_blocks(data):
    out = b""
    for i in range(0, len(data), 16):
        part = data[i:i + 16]
        out += bytes([i + 16 >= len(data)]) + struct.pack("<HH", len(part), len(part) ^ 0xFFFF) + part
    return out + b"JUNK"


def traversal(c):
    calm = zips.simple({"model/config.json": b"{}"})
    for id, name in [("z01", "../../etc/cron.d/pwned"), ("z02", "/etc/cron.d/pwned"), ("z03", "..\\..\\pwned.dll"),
                     ("z04", "C:\\Windows\\pwned.dll"), ("z05", "model/../../../pwned"), ("z06", "\\\\127.0.0.1\\share\\x"),
                     ("z07", "model/config.json\0.txt"), ("z08", "model/./../../x"), ("z09", "~/.bashrc")]:
        expected = "warning" if id in ("z07", "z09") else "critical"
        c.add("traversal", id, f"zip-name-{id}", "zip", zips.simple({name: b"# echo pwned\n"}), calm, expected,
              f"member name {name!r}")
    c.add("traversal", "z10", "zip-symlink-abs", "zip", zips.pack([Member("m/link", b"/etc/passwd", attr=LINK)]), calm, "warning",
          "a symlink to /etc/passwd")
    c.add("traversal", "z11", "zip-symlink-up", "zip", zips.pack([Member("m/link", b"../../../x", attr=LINK)]), calm, "warning",
          "a symlink that leaves the archive")
    c.add("traversal", "z12", "zip-symlink-then-file", "zip",
          zips.pack([Member("m/d", b"/tmp", attr=LINK), Member("m/d/pwned", b"echo pwned\n")]), calm, "critical",
          "a symlink, then a file through it")
    c.add("traversal", "z13", "zip-symlink-inside", "zip", zips.pack([Member("m/link", b"config.json", attr=LINK), Member("m/config.json", b"{}")]),
          calm, "info", "a symlink that stays inside")
    c.add("traversal", "z14", "zip-case-duplicate", "zip", zips.simple({"m/config.json": b"{}", "m/CONFIG.json": b'{"a":1}'}), calm, "info",
          "two names that differ in case")
    c.add("traversal", "z15", "torch-slip", "pt", torch_zip(state_pickle(), extra=[("archive/../../pwned.py", b"print('echo pwned')\n")]),
          torch_zip(state_pickle()), "critical", "a torch zip with a member that leaves it")


def bombs(c):
    calm = zips.simple({"weights.bin": bytes(1 << 16)}, 8)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    big = Member("weights.bin", b"", 8, packed=zeros)
    size = {"usize": 300 << 20, "csize": len(zeros), "crc": 0x1234}
    c.add("bomb", "o01", "zip-300mb", "zip", zips.pack([Member("weights.bin", b"", 8, packed=zeros, local=size, central=size)]), calm,
          "warning", "300 MB of zeros in 300 KB")
    c.add("bomb", "o02", "zip-300mb-lying", "zip", zips.pack([big]), calm, "warning", "the same, declared as empty")
    level = zips.simple({f"{i:02}.bin": bytes(1 << 20) for i in range(4)}, 8)
    for n in range(4):
        level = zips.simple({f"{n}{i:02}.zip": level for i in range(16)}, 8)
    c.add("bomb", "o03", "zip-42", "zip", level, calm, "warning", "16^4 x 4 MB in nested zips")
    over = Member("a0.bin", b"", 8, packed=zeros, local=size, central=size)
    entries = [over] + [Member(f"a{i}.bin", b"", 8, packed=b"", hidden=False,
                               central={**size, "offset": 0, "name": f"a{i}.bin"}) for i in range(1, 40)]
    c.add("bomb", "o04", "zip-overlap", "zip", zips.pack(entries), calm, "warning", "40 directory entries share one deflate stream")
    quine = zips.simple({"self.zip": b"", "r/r.zip": zips.simple({"r.zip": b"PK\5\6" + bytes(18)})})
    c.add("bomb", "o05", "zip-many-entries", "zip", zips.pack([Member(f"{i}", b"") for i in range(60_000)]), calm, "info",
          "60,000 empty members")
    c.add("bomb", "o06", "zip-deep-30", "zip", deep(TWIN, 30), calm, "gap", "30 zips in one another, all harmless")
    c.add("bomb", "o06b", "zip-deep-30-payload", "zip", deep(EVIL, 30), None, "gap", "30 zips in one another, the call inside")
    c.add("bomb", "o07", "zip-empty-inner", "zip", quine, None, "clean", "empty archives inside an archive")


def unread(c):
    secret = lambda p: zips.compress(p.pickle(4), 8)
    crc = lambda p: zlib.crc32(p.pickle(4)) >> 24
    c.add(FAMILY, "c22", "encrypted-member", "zip",
          zips.pack([Member("model/data.pkl", EVIL.pickle(4), 8, flags=1, packed=zips.encrypt(secret(EVIL), b"secret", crc(EVIL)))]),
          zips.simple({"model/data.pkl": TWIN.pickle(4)}, 8), "gap", "a password-protected member: nobody can look inside")
    c.add(FAMILY, "c22b", "aes-member", "zip",
          zips.pack([Member("model/data.pkl", b"", 99, flags=1, packed=bytes(range(200)), extra=struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 8))]),
          None, "gap", "a member with AES encryption")
    whole = torch(EVIL)
    c.add(FAMILY, "c22c", "truncated-directory", "pt", whole[:-30], plain(TWIN), "critical", "the directory is cut off; local headers still lead to the call")
    c.add(FAMILY, "c22d", "truncated-member", "pt", whole[:120], plain(TWIN), "critical", "cut after the call, inside data.pkl")
    c.add(FAMILY, "c22e", "truncated-harmless", "pt", plain(TWIN)[:-30], plain(TWIN), "gap", "a harmless archive, cut")
    c.add(FAMILY, "c22f", "unknown-method", "zip",
          zips.pack([Member("m/data.pkl", EVIL.pickle(4), 97, packed=b"\x0f\x1e\x2d" * 20)]), zips.simple({"m/data.pkl": TWIN.pickle(4)}), "gap",
          "a compression method that the scanner may not know")
    c.add(FAMILY, "c22g", "spanned", "zip", b"PK\7\x08" + zips.simple({"x.pkl": dumps(DATA)}, eocd={"disk": 3, "start_disk": 0}, prefix=b""), None,
          "gap", "one part of a split archive")
