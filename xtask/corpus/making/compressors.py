"""Compressed streams with fixed headers."""

import gzip


def gz(data):
    """gzip without a time stamp."""
    return gzip.compress(data, 9, mtime=0)
