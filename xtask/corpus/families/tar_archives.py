"""Tar archives: members that leave, links, devices, headers that disagree; and tars in compressors."""

import bz2
import gzip
import lzma

from making import tars, zips
from making.pickles import EVIL, TWIN
from making.torches import state_pickle, torch_zip
from making.tars import Entry

FAMILY = "tar"


def cases(c):
    """c27, c68 of the catalogue; traversal through tar."""
    calm = tars.simple({"m/config.json": b"{}"})
    inner = lambda p: tars.simple({"m/config.json": b"{}", "m/data.pkl": p.pickle(4)})
    c.pair(FAMILY, "c27", "pickle", "tar.gz", lambda p: gzip.compress(inner(p), 9, mtime=0), what="a pickle in a tar.gz")
    c.pair(FAMILY, "c68", "pickle", "tar.xz", lambda p: lzma.compress(inner(p)), what="a pickle in a tar.xz")
    c.pair(FAMILY, "c68b", "pickle", "tar.bz2", lambda p: bz2.compress(inner(p)), what="a pickle in a tar.bz2")
    c.pair(FAMILY, "c68c", "pickle", "tar", inner, what="a pickle in a tar")
    c.pair(FAMILY, "c68d", "torch-in-tgz", "tgz", lambda p: gzip.compress(tars.simple({"model.pt": torch_zip(state_pickle(p.node))}), 9, mtime=0),
           what="a torch zip in a tgz")
    c.pair(FAMILY, "c68e", "pickle-renamed", "tar", lambda p: tars.simple({"m/README.md": p.pickle(0), "a.txt": b"hi"}), what="a pickle named README.md in a tar")
    c.pair(FAMILY, "c68f", "no-end", "tar", lambda p: tars.pack([Entry("m/data.pkl", p.pickle(4))], end=False), calm="info", what="a tar without end blocks")
    c.pair(FAMILY, "c68g", "concatenated", "tar", lambda p: tars.simple({"a.txt": b"hi"}) + tars.simple({"m/data.pkl": p.pickle(4)}), calm="warning",
           what="two tars in a row: readers that ignore zero blocks see the second")
    c.pair(FAMILY, "c68h", "pax-path", "tar", lambda p: tars.pack([Entry("a.txt", p.pickle(4), pax={"path": "m/data.pkl"})]), what="a pax header renames the member")
    c.pair(FAMILY, "c68i", "gnu-long-name", "tar", lambda p: tars.pack([Entry("m/" * 80 + "data.pkl", p.pickle(4), gnu_long=True)]), what="a GNU long name")
    c.pair(FAMILY, "c68j", "duplicate-names", "tar", lambda p: tars.pack([Entry("m/data.pkl", TWIN.pickle(2)), Entry("m/data.pkl", p.pickle(4))]), calm="warning",
           what="the same name twice, the call in the second")
    c.pair(FAMILY, "c68k", "tar-in-tar", "tar", lambda p: tars.simple({"inner.tar": inner(p)}), what="tar in tar")
    c.pair(FAMILY, "c68l", "zip-in-tar-in-zip", "zip", lambda p: zips.simple({"a.tar": tars.simple({"b.zip": zips.simple({"c.pkl": p.pickle(4)}, 8)})}, 8),
           what="zip in tar in zip")
    c.add(FAMILY, "c68m", "bad-checksum", "tar", inner(EVIL).replace(b"ustar", b"usxar"), inner(TWIN), "critical", "tar headers with wrong checksums around a pickle")
    c.add(FAMILY, "c68n", "size-too-big", "tar", tars.pack([Entry("m/data.pkl", EVIL.pickle(4), size=1 << 30)]), inner(TWIN), "critical", "a member larger than the file")
    traversal(c, calm)


def traversal(c, calm):
    f = "traversal"
    for id, name in [("z21", "../../pwned"), ("z22", "/etc/cron.d/pwned"), ("z23", "m/../../pwned")]:
        c.add(f, id, f"tar-name-{id}", "tar", tars.simple({name: b"echo pwned\n"}), calm, "critical", f"member name {name!r}")
    links = [
        ("z24", "tar-symlink-abs", [Entry("m/l", kind=b"2", link="/etc/passwd")], "warning", "a symlink to an absolute path"),
        ("z25", "tar-symlink-up", [Entry("m/l", kind=b"2", link="../../../x")], "warning", "a symlink that leaves"),
        ("z26", "tar-symlink-then-file", [Entry("m/d", kind=b"2", link="/tmp"), Entry("m/d/pwned", b"echo pwned\n")], "critical", "a symlink, then a file through it"),
        ("z27", "tar-hardlink-up", [Entry("m/h", kind=b"1", link="../../etc/passwd")], "warning", "a hard link that leaves"),
        ("z28", "tar-hardlink-abs", [Entry("m/h", kind=b"1", link="/etc/passwd")], "warning", "a hard link to an absolute path"),
        ("z29", "tar-char-device", [Entry("m/null", kind=b"3")], "warning", "a character device"),
        ("z30", "tar-block-device", [Entry("m/sda", kind=b"4")], "warning", "a block device"),
        ("z31", "tar-fifo", [Entry("m/fifo", kind=b"6")], "warning", "a FIFO"),
        ("z32", "tar-setuid", [Entry("m/tool", b"#!/bin/sh\necho pwned\n", mode=0o4755)], "info", "a setuid file"),
        ("z33", "tar-pax-path-up", [Entry("m/a", b"x", pax={"path": "../../pwned"})], "critical", "the pax path leaves"),
        ("z34", "tar-pax-linkpath", [Entry("m/a", kind=b"2", link="ok", pax={"linkpath": "/etc/passwd"})], "warning", "the pax link path is absolute"),
        ("z35", "tar-link-chain", [Entry("a", kind=b"2", link="."), Entry("a/b", kind=b"2", link=".."), Entry("a/b/pwned", b"echo pwned\n")], "critical",
         "symlinks that leave step by step"),
        ("z36", "tar-gnu-long-up", [Entry("../" * 40 + "pwned", b"x", gnu_long=True)], "critical", "a GNU long name that leaves"),
    ]
    for id, slug, entries, expected, what in links:
        c.add(f, id, slug, "tar", tars.pack([*entries, Entry("m/config.json", b"{}")]), calm, expected, what)
    c.add(f, "z37", "tgz-name", "tar.gz", gzip.compress(tars.simple({"../../pwned": b"x"}), 9, mtime=0), gzip.compress(calm, 9, mtime=0), "critical", "the same in a tar.gz")
