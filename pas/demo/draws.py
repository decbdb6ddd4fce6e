"""Independent, repeatable streams of chance: the same seed and the same name always give the same draws."""

from zlib import crc32

import numpy as np
import pandas as pd


def stream(seed: int, name: str) -> np.random.Generator:
    """Give the stream of that name, so that a change to one part of the demo leaves the others as they were."""
    return np.random.default_rng([seed, crc32(name.encode())])


def slow_noise(draw: np.random.Generator, length: int, *, halflife: float) -> np.ndarray:
    """Give noise with mean 0 and spread 1 that forgets itself by half in so many steps."""
    raw = pd.Series(draw.normal(size=length)).ewm(halflife=halflife).mean().to_numpy()
    return np.asarray((raw - raw.mean()) / max(float(raw.std()), 1e-9))
