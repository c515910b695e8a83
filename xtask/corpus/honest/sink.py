"""Where benign files go. Runs on Python 2.7 and 3.6+, because old libraries write files too."""

import io
import os

COLUMNS = ("path", "family", "package", "what", "expected")


class Sink(object):
    """Writes files below OUT/benign and remembers the manifest rows."""

    def __init__(self, out, tag):
        self.out, self.tag, self.rows = out, tag, []

    def path(self, framework, name, package, what, expected="clean"):
        """A path to write to; the row is taken now."""
        relative = "benign/%s/%s-%s" % (framework, self.tag, name)
        target = os.path.join(self.out, relative)
        folder = os.path.dirname(target)
        if not os.path.isdir(folder):
            os.makedirs(folder)
        self.rows.append((relative, framework, package, what, "clean" if expected == "info" else expected))
        return target

    def add(self, framework, name, data, package, what, expected="clean"):
        """A file of these bytes. `info` tells where an Info is understandable, clean allows it."""
        with open(self.path(framework, name, package, what, expected), "wb") as f:
            f.write(data)

    def close(self):
        """Write this run's rows, then the manifest of all runs so far."""
        parts = os.path.join(self.out, "parts")
        if not os.path.isdir(parts):
            os.makedirs(parts)
        with io.open(os.path.join(parts, self.tag + ".tsv"), "w", encoding="utf-8", newline="\n") as f:
            for row in sorted(r for r in self.rows if os.path.exists(os.path.join(self.out, r[0]))):
                f.write(u"\t".join(u"%s" % c for c in row) + u"\n")
        lines = []
        for name in sorted(os.listdir(parts)):
            with io.open(os.path.join(parts, name), encoding="utf-8") as f:
                lines += f.read().splitlines()
        with io.open(os.path.join(self.out, "benign_manifest.tsv"), "w", encoding="utf-8", newline="\n") as f:
            f.write(u"\t".join(COLUMNS) + u"\n" + u"\n".join(sorted(lines)) + u"\n")


def version(name):
    """`name version` of an installed package."""
    module = __import__(name)
    return "%s %s" % (name, getattr(module, "__version__", "?"))
