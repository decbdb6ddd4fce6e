"""Where a file comes from: its sender says so, or its own name."""

from pathlib import PurePath

from pas.exchange.cell import clean
from pas.exchange.kind import Options


def stem(file_name: str) -> str:
    """Give a file's name without folder and endings.

    >>> stem("exports/fleet_cars.csv.gz")
    'fleet_cars'
    """
    return PurePath(file_name).name.split(".")[0]


def source_of(options: Options, file_name: str) -> str:
    """Say where a file comes from: as the sender says, or its own name."""
    return clean(options.source) or clean(stem(file_name)) or "file"
