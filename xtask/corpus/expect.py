"""Corrects expectations where the sheet's level is not what this scanner says, and why.

    python expect.py MANIFEST ...

`expectations.tsv` lists patterns of paths with the level that is right and the reason. The builders
state what the facts about an attack demand; decisions of ours, and formats that are not read yet, are
kept apart from them here. The last pattern that matches wins.
"""

import fnmatch
import os
import sys

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "expectations.tsv")


def rows(path):
    with open(path, encoding="utf-8") as f:
        lines = [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]
    return lines[0], lines[1:]


def apply(manifest):
    """Rewrites one manifest in place; returns how many rows changed."""
    _, rules = rows(TABLE)
    header, lines = rows(manifest)
    path, expected = header.index("path"), header.index("expected")
    # The manifest beside the chosen benign files names them without their folder.
    folder = "benign/" if os.path.basename(os.path.dirname(os.path.abspath(manifest))) == "benign" else ""
    changed, kept = 0, []
    for line in lines:
        level = line[expected]
        for pattern, wanted, _ in rules:
            if fnmatch.fnmatch(folder + line[path], pattern):
                level = wanted
        changed += level != line[expected]
        line[expected] = level
        kept.append(line)
    with open(manifest, "w", encoding="utf-8", newline="\n") as f:
        f.write("\n".join("\t".join(line) for line in [header] + kept) + "\n")
    return changed


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print("%s: %d expectations changed" % (name, apply(name)))
