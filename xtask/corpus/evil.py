"""Builds the evasion corpus: evil files, their innocent twins, and the manifest.

    python evil.py OUT

writes OUT/evil/<family>/<id>-<slug>.<ext>, OUT/twin/... and OUT/manifest.tsv. The same
input gives the same bytes. Payloads only ever say `echo pwned`, nothing here runs them,
and the stand-in addresses point at the local host's discard port.

Needs the packages of requirements-evil.txt (lz4, zstandard, py7zr, dill, cloudpickle).
"""

import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FAMILIES = (
    "baseline", "opcodes", "streams", "nested", "zip_archives", "torch_files", "tar_archives", "compressed",
    "numpy_files", "gadgets", "gadgets_more", "structural", "python_code", "lookalikes",
)


def build():
    """Every case, as a Corpus."""
    from making.corpus import Corpus

    corpus = Corpus()
    for name in FAMILIES:
        importlib.import_module(f"families.{name}").cases(corpus)
    return corpus


def main(out):
    """Write the corpus and print how much there is of each family."""
    corpus = build()
    corpus.save(out)
    total = [0, 0]
    for family, evil, twin in corpus.counts():
        print(f"{family:14} {evil:4} evil {twin:4} twins")
        total = [total[0] + evil, total[1] + twin]
    print(f"{'all':14} {total[0]:4} evil {total[1]:4} twins")


if __name__ == "__main__":
    sys.path.insert(0, HERE)
    main(sys.argv[1])
