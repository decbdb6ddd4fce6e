"""How long each step of the demo took."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter


class Clockwork:
    """Keeps how long each step took, and tells each step as it begins."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Begin with nothing."""
        self.seconds: dict[str, float] = {}
        self._tell = tell

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block under a name; a name used again adds up."""
        self._tell(name)
        began = perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + perf_counter() - began, 2)
