"""What a worker on another machine says of its work: at once where it is, seldom how far."""

import pytest

from framesel.runners import actor
from framesel.runners.actor import EVERY_S, Voice


def test_parts_are_said_at_once_and_rows_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now, written = [100.0], list[tuple[int, int]]()
    monkeypatch.setattr(actor.time, "monotonic", lambda: now[0])
    voice = Voice(lambda part, rows: written.append((part, rows)))
    for part, rows in [(0, 0), (0, 4), (0, 4), (1, 4), (1, 4)]:
        voice(part, rows)
    assert written == [(0, 0), (1, 12)]  # what part 1 is was said before anything else
    now[0] += 2 * EVERY_S
    voice(1, 4)
    assert written[2:] == [(1, 8)]
    voice(1, 4)
    voice.rest()
    voice.rest()
    assert written[3:] == [(1, 4)]
    voice.begin()
    voice(1, 0)  # of another piece of work
    assert written[4:] == [(1, 0)]
