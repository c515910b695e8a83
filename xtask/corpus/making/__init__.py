"""Builders that the corpus scripts share: pickles, archives, model containers."""
