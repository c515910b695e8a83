"""Zip archives written by hand, so that every field can lie.

Layout: local header + data for each member, central directory, end record (EOCD).
Dates are fixed (1980-01-01), so the same input gives the same bytes.
"""

import bz2
import lzma
import struct
import zlib

STORED, DEFLATED, BZIP2, LZMA, ZSTD, XZ = 0, 8, 12, 14, 93, 95
DATE = 0x0021


class Member:
    """One member. `local` and `central` override header fields by name:

    name, flags, method, crc, csize, usize, extra, version; `central` also attr and offset.
    `packed` replaces the compressed data.
    """

    def __init__(self, name, data=b"", method=STORED, local=None, central=None, extra=b"", packed=None,
                 attr=0, flags=0, hidden=False, descriptor=False):
        self.name, self.data, self.method = name, data, method
        self.local, self.central = local or {}, central or {}
        self.extra, self.attr, self.flags = extra, attr, flags
        self.packed = compress(data, method) if packed is None else packed
        self.hidden, self.descriptor = hidden, descriptor


def compress(data, method):
    """The bytes of a member compressed by a zip method."""
    if method == STORED:
        return data
    if method == DEFLATED:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(data) + packer.flush()
    if method == BZIP2:
        return bz2.compress(data)
    if method == LZMA:
        filters = [{"id": lzma.FILTER_LZMA1, "preset": 6, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}]
        raw = lzma.compress(data, lzma.FORMAT_RAW, filters=filters)
        return b"\x09\x14\x05\0" + b"\x5d" + struct.pack("<I", 1 << 16) + raw
    if method == XZ:
        return lzma.compress(data, lzma.FORMAT_XZ)
    if method == ZSTD:
        import zstandard

        return zstandard.ZstdCompressor(level=3).compress(data)
    raise ValueError(method)


def encrypt(data, password, check):
    """Traditional PKWARE encryption of already compressed data; a fixed 12-byte header."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def crc(byte, value):
        return ((value >> 8) ^ _CRC[(value ^ byte) & 0xFF]) & 0xFFFFFFFF

    def update(byte):
        keys[0] = crc(byte, keys[0])
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[1] >> 24, keys[2])

    for byte in password:
        update(byte)
    out = bytearray()
    for byte in b"ELEVENBYTES" + bytes([check]) + data:
        mixed = (keys[2] | 2) & 0xFFFF
        out.append(byte ^ ((mixed * (mixed ^ 1)) >> 8) & 0xFF)
        update(byte)
    return bytes(out)


def _crc_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = (n >> 1) ^ 0xEDB88320 if n & 1 else n >> 1
        table.append(n)
    return table


_CRC = _crc_table()


def pack(members, prefix=b"", comment=b"", suffix=b"", rebase=True, eocd=None, gap=b"", zip64=False):
    """The archive. `rebase`: offsets count the prefix. `eocd` overrides entries, size, offset, disk, start_disk."""
    out = bytearray(prefix)
    base = 0 if rebase else len(prefix)
    directory = b""
    shown = 0
    for m in members:
        offset = len(out) - base
        fields = {
            "name": m.name, "flags": m.flags | (8 if m.descriptor else 0), "method": m.method,
            "crc": zlib.crc32(m.data), "csize": len(m.packed), "usize": len(m.data), "extra": m.extra, "version": 20,
        }
        blank = {"crc": 0, "csize": 0, "usize": 0} if m.descriptor else {}
        out += _local({**fields, **blank, **m.local}) + m.packed
        if m.descriptor:
            out += struct.pack("<4sIII", b"PK\7\x08", fields["crc"], fields["csize"], fields["usize"])
        if not m.hidden:
            directory += _central({**fields, "attr": m.attr, "offset": offset, "zip64": zip64, **m.central})
            shown += 1
    out += gap
    start = len(out) - base
    out += directory
    e = {"entries": shown, "size": len(directory), "offset": start, "disk": 0, "start_disk": 0, **(eocd or {})}
    if zip64:
        record = len(out) - base
        out += struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, shown, shown, len(directory), start)
        out += struct.pack("<4sIQI", b"PK\6\7", 0, record, 1)
        e.update(entries=0xFFFF, size=0xFFFFFFFF, offset=0xFFFFFFFF)
    out += struct.pack("<4sHHHHIIH", b"PK\5\6", e["disk"], e["start_disk"], e["entries"], e["entries"],
                       e["size"], e["offset"], len(comment))
    return bytes(out + comment + suffix)


def _raw(name):
    return name if isinstance(name, bytes) else name.encode()


def _local(f):
    name = _raw(f["name"])
    return struct.pack("<4sHHHHHIIIHH", b"PK\3\4", f["version"], f["flags"], f["method"], 0, DATE, f["crc"],
                       f["csize"], f["usize"], len(name), len(f["extra"])) + name + f["extra"]


def _central(f):
    name, extra = _raw(f["name"]), f["extra"]
    csize, usize, offset = f["csize"], f["usize"], f["offset"]
    if f["zip64"]:
        extra += struct.pack("<HHQQQ", 1, 24, usize, csize, offset)
        csize = usize = offset = 0xFFFFFFFF
    return struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 0x0314, f["version"], f["flags"], f["method"], 0, DATE,
                       f["crc"], csize, usize, len(name), len(extra), 0, 0, 0, f["attr"], offset) + name + extra


def simple(files, method=STORED, **kwargs):
    """An ordinary archive of {name: bytes}."""
    return pack([Member(name, data, method) for name, data in files.items()], **kwargs)
