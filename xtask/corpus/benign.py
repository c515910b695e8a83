"""Builds the benign corpus: genuine output of real libraries, expected to be clean.

    python benign.py OUT [GROUP ...]

writes OUT/benign/<framework>/<tag>-<name> and OUT/benign_manifest.tsv. The tag names the
running Python and the numpy it has, so that runs under several environments (see
requirements-*.txt) add up. A group whose library is missing is skipped and said so.
"""

import importlib
import os
import sys
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
GROUPS = ("core", "arrays", "frames", "estimators", "boosters", "language", "files", "torches", "torch_apps", "shipped")


def tag():
    """py311-np2 and the like."""
    name = "py%d%d" % sys.version_info[:2]
    try:
        import numpy
    except ImportError:
        return name
    return "%s-np%s" % (name, numpy.__version__.split(".")[0])


def main(out, groups):
    """Run the groups."""
    from honest.sink import Sink

    for group in groups:
        sink = Sink(out, tag())
        try:
            importlib.import_module("honest." + group).build(sink)
        except (ImportError, SyntaxError) as e:
            print("%-12s skipped: %s" % (group, e))
        except Exception:
            traceback.print_exc()
            print("%-12s stopped early" % group)
        if sink.rows:
            sink.tag = "%s.%s" % (group, sink.tag)
            sink.close()
            print("%-12s %d files" % (group, len(sink.rows)))


if __name__ == "__main__":
    sys.path.insert(0, HERE)
    main(sys.argv[1], sys.argv[2:] or GROUPS)
