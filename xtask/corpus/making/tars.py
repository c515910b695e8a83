"""Tar archives written by hand (ustar, pax and GNU long names), dates zero."""

import struct


class Entry:
    """One entry; `kind` is the type flag: 0 file, 1 hard link, 2 symlink, 3 char device, 4 block device, 5 directory, 6 FIFO."""

    def __init__(self, name, data=b"", kind=b"0", link="", mode=0o644, pax=None, gnu_long=False, size=None):
        self.name, self.data, self.kind, self.link, self.mode = name, data, kind, link, mode
        self.pax, self.gnu_long, self.size = pax, gnu_long, size


def pack(entries, end=True):
    """The archive."""
    out = b""
    for e in entries:
        if e.pax:
            records = b"".join(_pax(k, v) for k, v in e.pax.items())
            out += _header("PaxHeaders/0", len(records), b"x") + _pad(records)
        if e.gnu_long:
            raw = e.name.encode() + b"\0"
            out += _header("././@LongLink", len(raw), b"L") + _pad(raw)
        size = len(e.data) if e.size is None else e.size
        out += _header(e.name[:100], size, e.kind, e.link[:100], e.mode) + _pad(e.data)
    return out + (b"\0" * 1024 if end else b"")


def simple(files):
    """An ordinary archive of {name: bytes}."""
    return pack([Entry(name, data) for name, data in files.items()])


def _pad(data):
    return data + b"\0" * (-len(data) % 512)


def _pax(key, value):
    body = f" {key}={value}\n".encode()
    length = len(body) + 1
    while len(str(length)) + len(body) != length:
        length = len(str(length)) + len(body)
    return str(length).encode() + body


def _header(name, size, kind, link="", mode=0o644):
    fields = struct.pack("<100s8s8s8s12s12s8s1s100s6s2s32s32s8s8s155s12x", name.encode(), b"%07o\0" % mode, b"0000000\0",
                         b"0000000\0", b"%011o\0" % size, b"00000000000\0", b" " * 8, kind, link.encode(),
                         b"ustar\0", b"00", b"", b"", b"0000000\0", b"0000000\0", b"")
    return fields[:148] + b"%06o\0 " % sum(fields) + fields[156:]
