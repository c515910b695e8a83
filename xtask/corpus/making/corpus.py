"""Where the cases go: files on disk, and the manifest that says what a scanner should report."""

import os

COLUMNS = ("path", "id", "family", "expected", "what")
LEVELS = ("critical", "warning", "info", "clean", "gap")


class Corpus:
    """Collects cases; `save` writes them in the order of their names."""

    def __init__(self):
        self.files = {}
        self.rows = []
        self.twins = {}

    def add(self, family, id, slug, ext, evil, twin=None, expected="critical", what="", calm="clean"):
        """One case. `expected` is for the evil file, `calm` for its twin.

        Levels: critical and warning = at least that; info = an Info and nothing worse; clean = nothing
        above Info and no gap; gap = not silently clean: a gap, or a Warning or worse.
        A twin that may be mentioned has calm="info", which the manifest calls clean; one that is
        broken or tampered with all the same has calm="warning", which the manifest calls gap.
        """
        assert expected in LEVELS and calm in LEVELS, (id, expected, calm)
        name = f"{id}-{slug}" + (f".{ext}" if ext else "")
        assert evil != twin, f"{name}: the twin is the same file"
        self._file(f"evil/{family}/{name}", evil, id, family, expected, what)
        if twin is not None:
            self._file(f"twin/{family}/{name}", twin, id, family, {"info": "clean", "warning": "gap"}.get(calm, calm), f"twin: {what}")
            self.twins[f"evil/{family}/{name}"] = f"twin/{family}/{name}"

    def pair(self, family, id, slug, ext, make, expected="critical", what="", calm="clean"):
        """A case whose maker is called with the evil and with the innocent payload."""
        from .pickles import EVIL, TWIN

        self.add(family, id, slug, ext, make(EVIL), make(TWIN), expected, what, calm)

    def _file(self, path, data, id, family, expected, what):
        assert path not in self.files, path
        self.files[path] = data
        self.rows.append((path, id, family, expected, what))

    def save(self, out):
        """Write every file and `manifest.tsv` below `out`."""
        for path, data in self.files.items():
            target = os.path.join(out, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as f:
                f.write(data)
        with open(os.path.join(out, "manifest.tsv"), "w", encoding="utf-8", newline="\n") as f:
            f.write("\t".join(COLUMNS) + "\n")
            for row in sorted(self.rows):
                f.write("\t".join(field.replace("\t", " ").replace("\n", " ") for field in row) + "\n")

    def counts(self):
        """(family, evil files, twins), by family."""
        families = {}
        for path, _, family, _, _ in self.rows:
            evil, twin = families.get(family, (0, 0))
            families[family] = (evil + path.startswith("evil/"), twin + path.startswith("twin/"))
        return [(name, *pair) for name, pair in sorted(families.items())]
