"""How far a run is: by steps, or by the clock where device time is rented."""

from __future__ import annotations

import time


class Progress:
    """value() goes from 0 to 1: whichever of the two budgets is spent faster."""

    def __init__(self, steps: int, seconds: float = 0.0):
        self.steps, self.seconds = steps, seconds
        self.step, self.begin = 0, time.monotonic()

    def value(self) -> float:
        clock = (time.monotonic() - self.begin) / self.seconds if self.seconds else 0.0
        return max(self.step / self.steps, clock)

    def elapsed(self) -> float:
        return time.monotonic() - self.begin


def learning_rate(value: float, warm: float, decay: float) -> float:
    """Factor: linear up until `warm`, level, linear down over the last `decay` of the run."""
    up = min(1.0, value / warm) if warm else 1.0
    return max(0.0, min(up, (1.0 - value) / decay if decay else 1.0))
