"""An end to what takes too long."""

import threading
import time

import pytest

from bot.edge.limit import within


def test_what_ends_in_time_brings_what_it_brings_or_raises_what_it_raises():
    assert within(5, lambda: 7) == 7
    with pytest.raises(ValueError, match="invalid literal"):
        within(5, lambda: int("x"))


def test_what_does_not_end_is_left_behind():
    hold = threading.Event()
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        within(0.1, lambda: hold.wait(30))
    assert time.monotonic() - start < 5
    hold.set()
