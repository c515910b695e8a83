"""Copies the small part of the built corpora into testdata.

    python choose.py OUT TESTDATA

Evil files and twins of at most 20 KB go to TESTDATA/corpus, a sample of the benign ones (at most
100 KB each, 3 MB in all, every framework and every version served in turn)
to TESTDATA/benign. Both get a manifest of their own. What was there before is replaced.
"""

import csv
import os
import re
import shutil
import sys

CORPUS_LIMIT = 20 << 10
BENIGN_LIMIT = 100 << 10
BENIGN_TOTAL = 3 << 20
PER_GROUP = 26
# Real trained models and the licence they come under; others of `shipped` are left where they are.
SHIPPED = {"lpips": "BSD-2-Clause", "mtcnn": "MIT"}


def read(path):
    """Rows of a TSV file."""
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def write(path, columns, rows):
    """A TSV file, sorted."""
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        f.write("\t".join(columns) + "\n")
        for row in sorted(rows, key=lambda r: r[columns[0]]):
            f.write("\t".join(row[c] for c in columns) + "\n")


def copy(source, target):
    """One file; every folder on the way."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copyfile(source, target)


def corpus(out, testdata):
    """Evil files and twins."""
    rows = []
    for folder in ("evil", "twin"):
        shutil.rmtree(os.path.join(testdata, "corpus", folder), ignore_errors=True)
    for row in read(os.path.join(out, "manifest.tsv")):
        source = os.path.join(out, row["path"])
        pair = os.path.join(out, row["path"].replace("twin/", "evil/", 1))
        if os.path.getsize(source) <= CORPUS_LIMIT and os.path.getsize(pair) <= CORPUS_LIMIT:
            copy(source, os.path.join(testdata, "corpus", row["path"]))
            rows.append(row)
    write(os.path.join(testdata, "corpus", "manifest.tsv"), ("path", "id", "family", "expected", "what"), rows)
    return len(rows)


def spread(files):
    """At most PER_GROUP of them, at even distances."""
    if len(files) <= PER_GROUP:
        return files
    return [files[i * len(files) // PER_GROUP] for i in range(PER_GROUP)]


def benign(out, testdata):
    """A sample of the benign files, spread over the sizes of each (framework, tag)."""
    groups = {}
    for row in read(os.path.join(out, "benign_manifest.tsv")):
        _, framework, name = row["path"].split("/", 2)
        source = os.path.join(out, row["path"])
        size = os.path.getsize(source)
        if size > BENIGN_LIMIT or framework == "shipped" and name.split("/")[0] not in SHIPPED:
            continue
        tag = re.match(r"py\d+(-np\d)?|[^/]*", name).group()
        row["licence"] = SHIPPED.get(name.split("/")[0], "made here, MIT") if framework == "shipped" else "made here, MIT"
        groups.setdefault((framework, tag), []).append((size, row["path"], row))
    shutil.rmtree(os.path.join(testdata, "benign"), ignore_errors=True)
    total, rows = 0, []
    queues = [spread(sorted(g, key=lambda f: f[:2])) for _, g in sorted(groups.items())]
    while any(queues):
        for queue in queues:
            if queue:
                size, path, row = queue.pop(0)
                if total + size <= BENIGN_TOTAL:
                    total += size
                    row["path"] = path.split("/", 1)[1]
                    copy(os.path.join(out, path), os.path.join(testdata, "benign", row["path"]))
                    rows.append(row)
    write(os.path.join(testdata, "benign", "manifest.tsv"), ("path", "family", "package", "what", "expected", "licence"), rows)
    return len(rows), total


if __name__ == "__main__":
    print("corpus: %d files" % corpus(*sys.argv[1:3]))
    print("benign: %d files, %d bytes" % benign(*sys.argv[1:3]))
