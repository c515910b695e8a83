"""Further callees that no advisory names, by the same rules as gadgets.py."""

from . import gadgets


def cases(c):
    """x001 and on, from gadgets_more.tsv."""
    gadgets.table(c, "gadget-more", "gadgets_more.tsv")
