"""What a long-running room reads is not looked through again and again for circles."""

from __future__ import annotations

import gc

from csvgen.portal.collecting import Collecting


class Ticks:
    """Each look takes as long as the test says."""

    def __init__(self, took: float) -> None:
        self.at, self.took = 0.0, took

    def __call__(self) -> float:
        self.at += self.took
        return self.at


def test_what_a_long_look_found_alive_is_set_aside_until_the_room_closes():
    kept = [[n] for n in range(1000)]
    with Collecting(0.02, Ticks(0.5)) as collecting:
        gc.collect(0)
        gc.collect(1)
        assert collecting.set_aside == 0, "a look at what is young is none through everything"
        gc.collect()
        assert collecting.set_aside == 1
        assert gc.get_freeze_count() > len(kept)
        assert not any(found is kept[0] for found in gc.get_objects())
    assert gc.get_freeze_count() == 0
    assert any(found is kept[0] for found in gc.get_objects())
    gc.collect()
    assert collecting.set_aside == 1, "a room that is closed looks no more"


def test_after_a_short_look_everything_stays_where_it_was():
    before = gc.get_freeze_count()
    with Collecting(0.02, Ticks(0.01)) as collecting:
        gc.collect()
        assert collecting.set_aside == 0
        assert gc.get_freeze_count() == before
