"""Charts of the report as SVG, drawn in our own hand: a fan with the books beside it, steps up and down, bars."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

ACCENT, QUIET, BAND, RULE, FALL, RISE = "#0f4c5c", "#5c6b70", "#bcd7de", "#d5dee1", "#b5533c", "#2f7d6b"
FONT = "Libertinus Serif"
WIDTH, HEIGHT = 520.0, 180.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 8.0, 12.0, 28.0
TICKS = 4
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class FanPoint(NamedTuple):
    """One place on the way: its label, the band and its middle, and what the books or textbooks say there."""

    label: str
    low: float
    middle: float
    high: float
    beside: tuple[float | None, ...] = ()


class Bar(NamedTuple):
    """One bar: from where to where it stands, and what is written at it; a whole one stands on the ground."""

    label: str
    low: float
    high: float
    text: str
    colour: str


class _Scale(NamedTuple):
    """Turns amounts into heights."""

    low: float
    high: float
    step: float
    height: float

    @property
    def foot(self) -> float:
        """Give how far down the ground is."""
        return self.height - BOTTOM

    def y(self, amount: float) -> float:
        """Give how far down an amount is drawn."""
        return TOP + (self.foot - TOP) * (self.high - amount) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Give the amounts at which there are lines."""
        count = round((self.high - self.low) / self.step)
        return [self.low + at * self.step for at in range(count + 1)]


def fan(points: Sequence[FanPoint], *, marked: int | None = None, height: float = HEIGHT) -> str:
    """Draw a band with its middle, and dashed and dotted what stands beside; `marked` has a line through it."""
    amounts = [one for point in points for one in (point.low, point.high, *(b for b in point.beside if b is not None))]
    scale = _scale(amounts, height)
    xs = [LEFT + (WIDTH - LEFT - RIGHT) * at / max(len(points) - 1, 1) for at in range(len(points))]
    above = [(x, scale.y(point.high)) for x, point in zip(xs, points, strict=True)]
    below = [(x, scale.y(point.low)) for x, point in zip(xs, points, strict=True)]
    drawn = [_grid(scale), f'<polygon points="{_path(above + below[::-1])}" fill="{BAND}"/>']
    if marked is not None:
        drawn.append(_line(xs[marked], TOP, xs[marked], scale.foot, QUIET, "2 2"))
    for at in range(len(points[0].beside) if points else 0):
        told = [(x, scale.y(p.beside[at] or 0.0)) for x, p in zip(xs, points, strict=True) if p.beside[at] is not None]
        drawn.append(_polyline(told, QUIET, ("6 3", "1.5 2.5", "10 3 2 3")[at % 3], 1.2))
    middle = [(x, scale.y(point.middle)) for x, point in zip(xs, points, strict=True)]
    drawn.append(_polyline(middle, ACCENT, "", 2.2))
    drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{ACCENT}"/>' for x, y in middle]
    every = max(1, -(-len(points) // 12))
    drawn += [
        _text(x, scale.foot + 14, point.label, "middle")
        for at, (x, point) in enumerate(zip(xs, points, strict=True))
        if at % every == 0
    ]
    return _svg(drawn, height)


def bars(some: Sequence[Bar], *, height: float = HEIGHT) -> str:
    """Draw bars beside each other; labels are broken over two lines at a space."""
    scale = _scale([amount for one in some for amount in (one.low, one.high)], height)
    pitch = (WIDTH - LEFT - RIGHT) / max(len(some), 1)
    wide = min(pitch * 0.64, 60.0)
    drawn = [_grid(scale)]
    for at, one in enumerate(some):
        middle = LEFT + pitch * (at + 0.5)
        top, foot = scale.y(max(one.low, one.high)), scale.y(min(one.low, one.high))
        drawn.append(
            f'<rect x="{middle - wide / 2:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{max(foot - top, 0.8):.1f}" '
            f'fill="{one.colour}" rx="1.5"/>'
        )
        drawn.append(_text(middle, top - 3, one.text, "middle", ACCENT))
        for row, words in enumerate(_two_lines(one.label)):
            drawn.append(_text(middle, scale.foot + 13 + 10 * row, words, "middle"))
    return _svg(drawn, height)


def steps(told: Sequence[tuple[str, float, str]], *, wholes: frozenset[int]) -> list[Bar]:
    """Give the bars of a waterfall; those at `wholes` stand on the ground, the others where the last one ended."""
    found, level = [], 0.0
    for at, (label, amount, text) in enumerate(told):
        if at in wholes:
            found.append(Bar(label, 0.0, amount, text, ACCENT))
            level = amount
        else:
            found.append(Bar(label, level, level + amount, text, RISE if amount >= 0 else FALL))
            level += amount
    return found


def _scale(amounts: Sequence[float], height: float) -> _Scale:
    low, high = min([0.0, *amounts]), max([0.0, *amounts])
    rough = (high - low or 1.0) / TICKS
    power = 10.0 ** _exponent(rough)
    step = next(one * power for one in _STEPS if one * power >= rough * 0.999)
    return _Scale(-step * _up(-low / step), step * max(_up(high / step), 1 if low == 0 else 0), step, height)


def _exponent(amount: float) -> int:
    found = 0
    while amount >= 10:  # noqa: PLR2004 - the powers of ten
        amount, found = amount / 10, found + 1
    while amount < 1:
        amount, found = amount * 10, found - 1
    return found


def _up(count: float) -> int:
    return -int(-(count - 1e-9) // 1)


def _grid(scale: _Scale) -> str:
    lines = []
    for tick in scale.ticks():
        y = scale.y(tick)
        lines.append(_line(LEFT, y, WIDTH - RIGHT, y, QUIET if abs(tick) < scale.step / 1e6 else RULE, ""))
        lines.append(_text(LEFT - 6, y + 3, _short(tick), "end"))
    return "".join(lines)


def _short(amount: float) -> str:
    """Write an amount so that it fits beside an axis.

    >>> _short(1_500_000), _short(-2_000), _short(12.5)
    ('1.5 M', '−2 k', '12.5')
    """
    sign, size = ("−" if amount < 0 else ""), abs(amount)
    for unit, word in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if size >= unit:
            return f"{sign}{size / unit:g}{word}"
    return f"{sign}{round(size, 4):g}"


def _two_lines(label: str) -> list[str]:
    words = label.split(" ")
    if len(label) <= 11 or len(words) == 1:  # noqa: PLR2004 - letters that fit under a bar
        return [label]
    cut = min(range(1, len(words)), key=lambda at: abs(len(" ".join(words[:at])) - len(" ".join(words[at:]))))
    return [" ".join(words[:cut]), " ".join(words[cut:])]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _polyline(points: Sequence[tuple[float, float]], colour: str, dash: str, width: float) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{_path(points)}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, dash: str) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="0.7"{dashed}/>'


def _text(x: float, y: float, words: str, anchor: str, colour: str = QUIET) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="{FONT}" font-size="8.5" fill="{colour}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )


def _svg(drawn: Sequence[str], height: float) -> str:
    size = f'viewBox="0 0 {WIDTH:g} {height:g}" width="{WIDTH:g}" height="{height:g}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(drawn)}</svg>'
