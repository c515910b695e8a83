"""What Python 3.7+ adds: dataclasses and enums."""

import dataclasses
import enum
import typing


class Color(enum.Enum):
    """An enum."""

    RED = 1
    GREEN = 2


class Mode(enum.IntFlag):
    """A flag."""

    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Config:
    """A configuration."""

    lr: float = 0.1
    layers: tuple = (64, 32)
    color: Color = Color.RED


class Row(typing.NamedTuple):
    """A named tuple."""

    name: str
    score: float
