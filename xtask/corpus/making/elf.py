"""The smallest things that are native executables by format. They hold no code."""

import struct


def elf(kind=3):
    """A 64-bit little-endian ELF (kind 3 = shared object, 2 = executable), header and one empty LOAD segment."""
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1" + bytes(9), kind, 62, 1, 0, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    return header + struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, 120, 120, 4096)


def elf_importing(*names):
    """A shared object whose dynamic symbol table imports `names`; no code either."""
    strings = b"\0" + b"".join(n.encode() + b"\0" for n in names)
    symbols = bytes(24)
    at = 1
    for n in names:
        symbols += struct.pack("<IBBHQQ", at, 0x12, 0, 0, 0, 0)
        at += len(n) + 1
    shnames = b"\0.dynsym\0.dynstr\0.shstrtab\0"
    sym_at = 64 + 56
    str_at = sym_at + len(symbols)
    shn_at = str_at + len(strings)
    sh_at = (shn_at + len(shnames) + 7) // 8 * 8

    def section(name, kind, offset, size, link=0, info=0, item=0):
        return struct.pack("<IIQQQQIIQQ", name, kind, 2, offset, offset, size, link, info, 8, item)

    table = bytes(64) + section(1, 11, sym_at, len(symbols), 2, 1, 24) + section(9, 3, str_at, len(strings)) \
        + section(17, 3, shn_at, len(shnames))
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1" + bytes(9), 3, 62, 1, 0, 64, sh_at, 0, 64, 56, 1, 64, 4, 3)
    load = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, sh_at + len(table), sh_at + len(table), 4096)
    body = header + load + symbols + strings + shnames
    return body + bytes(sh_at - len(body)) + table


def pe():
    """A PE file: DOS stub, COFF header for x86-64 DLL, empty optional header."""
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 0, 0, 0, 0, 240, 0x2022) \
        + struct.pack("<H", 0x20B) + bytes(238)


def macho():
    """A 64-bit Mach-O dylib header without load commands."""
    return struct.pack("<IIIIIIII", 0xFEEDFACF, 0x01000007, 3, 6, 0, 0, 0x85, 0)
