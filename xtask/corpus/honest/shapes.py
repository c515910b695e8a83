"""Classes and functions that honest pickles refer to by module name (Python 2.7 and 3)."""


class Point(object):
    """Plain attributes."""

    def __init__(self, x, y):
        self.x, self.y = x, y


class Slotted(object):
    """Slots: BUILD gets a pair."""

    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.a, self.b = a, b


class WithState(object):
    """__getstate__ and __setstate__."""

    def __init__(self, rows):
        self.rows, self.cache = rows, None

    def __getstate__(self):
        return {"rows": self.rows}

    def __setstate__(self, state):
        self.rows, self.cache = state["rows"], None
