# SPDX-License-Identifier: MIT
"""An hour of use in a quarter of a minute; scripts/soak does the same with a day."""
import os

import soak

HOURS, SPEED = 1, 240
GROWN_KB = 1024


def test_a_simulated_hour_loses_no_event_and_leaves_memory_as_it_was():
    figures = soak.soak(HOURS, SPEED, seed=7)
    assert figures["samples"] > HOURS * 3600 * soak.RATE_HZ * 0.95 and figures["events"] > 300
    assert [figures[key] for key in ("missing", "invented", "doubled", "holes")] == [0, 0, 0, 0], figures
    if os.environ.get("KNEAD_SANITIZE", "none") == "none":
        assert figures["rss_most_kb"] - figures["rss_start_kb"] < GROWN_KB, figures
        assert figures["replay_rss_most_kb"] - figures["replay_rss_start_kb"] < GROWN_KB, figures
    soak.note(99, figures, SPEED)
