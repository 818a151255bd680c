# SPDX-License-Identifier: MIT
"""Rolls seen by one cell alone: swings of the force, how many, how large, how even."""
from script import capture


def swings(*extremes, seconds=1.5, before=0.5, after=0.5):
    """A load that swings softly from one extreme to the next; seconds is the time of a swing, or of each."""
    times = seconds if isinstance(seconds, (list, tuple)) else [seconds] * (len(extremes) - 1)
    words = [f"1:0 0.25>{extremes[0]}", f"{before}:{extremes[0]}"]
    for a, b, t in zip(extremes, extremes[1:], times):
        words.append(f"{t:g}~{(a + b) / 2:g},{(b - a) / 2:g},{2 * t:g}")
    return " ".join([*words, f"{after}:{extremes[-1]}", "0.25>0 1:0"])


CAPTURES = [
    capture("swings",
            "One cell: six swings between 80 and 120 N, 1.5 s each: a roll of six strokes, of unknown direction and travel.",
            swings(80, 120, 80, 120, 80, 120, 80),
            *[f"stroke {3.25 + 1.5 * i} ? travel_mm=null speed_mm_s=null ~0.3" for i in range(6)],
            "roll 1.75-10.75 lifted strokes=6 travel_mm=null cadence_per_min=40±2 ~0.3"),
    capture("swings-14-pct",
            "One cell: eight swings of 14 % of the mean, just under the 15 % of a stroke: breathing or sway, one hold.",
            swings(93, 107, 93, 107, 93, 107, 93, 107, 93),
            "hold 1.022-14.486 lifted"),
    capture("swings-17-pct",
            "One cell: eight swings of 17 % of the mean, just over the 15 % of a stroke: a roll of eight strokes.",
            swings(91.5, 108.5, 91.5, 108.5, 91.5, 108.5, 91.5, 108.5, 91.5),
            "roll 1.75-13.75 lifted strokes=8 ~0.4"),
    capture("swings-three",
            "One cell: three swings of 40 % and then rest for 8 s: one too few for a roll; the hold is told when the movement has "
            "rested long enough, from the start of the contact.",
            swings(80, 120, 80, 120, after=8),
            "hold 1.025-14.487 lifted"),
    capture("swings-quick-0.3",
            "One cell: eight swings of 30 %, 0.3 s each, quicker than the 0.35 s that two reversals are apart: a hold.",
            swings(85, 115, 85, 115, 85, 115, 85, 115, 85, seconds=0.3),
            "hold 1.024-4.885 lifted", rate=40),
    capture("swings-quick-0.45",
            "One cell: eight swings of 30 %, 0.45 s each, slower than the 0.35 s that two reversals are apart: a roll.",
            swings(85, 115, 85, 115, 85, 115, 85, 115, 85, seconds=0.45),
            "roll 1.75-5.35 lifted strokes=8 ~0.4", rate=40),
    capture("swings-quick-deep",
            "One cell: pressed to 40 N, then eight swings to 100 N and back, 0.45 s each, faster and deeper than a dip in a hold may be: "
            "nothing but swings since the contact began, so a roll.",
            swings(40, 100, 40, 100, 40, 100, 40, 100, 40, seconds=0.45),
            "roll 1.75-5.35 lifted strokes=8 ~0.4", rate=40),
    capture("swings-quick-drops",
            "One cell: held for 4 s, then four drops to 45 %, 0.45 s each and 1.45 s apart: dips of a hold, for it stood still before.",
            "1:0 0.25>100 4:100 " + "0.225>45 0.225>100 1:100 " * 4 + "0.25>0 1:0",
            "hold 1.02-11.288 lifted", rate=40),
    capture("swings-slow-6.2",
            "One cell: five swings of 40 %, 6.2 s each, within the 6.5 s that two reversals may be apart: a roll.",
            swings(80, 120, 80, 120, 80, 120, seconds=6.2),
            "roll 1.8-32.8 lifted strokes=5 ~1", rate=10),
    capture("swings-slow-6.9",
            "One cell: five swings of 40 %, 6.9 s each, beyond the 6.5 s that two reversals may be apart: a hold.",
            swings(80, 120, 80, 120, 80, 120, seconds=6.9),
            "hold_target 31.02", "hold 1.02-36.892 lifted", rate=10),
    capture("swings-uneven-2.4",
            "One cell: five swings of 40 %, the longest 2.4 times the shortest, within the 2.6 allowed: a roll.",
            swings(80, 120, 80, 120, 80, 120, seconds=[1, 2.4, 1, 2.4, 1]),
            "stroke 2.75 ~0.25", "stroke 5.15 ~0.25", "stroke 6.15 ~0.25", "stroke 8.55 ~0.25", "stroke 9.55 ~0.25",
            "roll 1.75-9.55 lifted strokes=5 ~0.3"),
    capture("swings-sizes-2.2",
            "One cell: four swings, the largest 2.2 times the smallest, within the 2.5 allowed: a roll.",
            swings(90, 110, 90, 134, 90),
            "roll 1.75-7.75 lifted strokes=4 ~0.5"),
    capture("swings-sizes-2.9",
            "One cell: four swings, the largest 2.9 times the smallest, beyond the 2.5 allowed: a hold.",
            swings(90, 110, 90, 148, 90),
            "hold 1.022-8.486 lifted"),
    capture("swings-loosening",
            "One cell: six swings whose peaks sink from stroke to stroke: the trend of the peaks is negative.",
            swings(70, 120, 70, 114, 70, 108, 70),
            "roll 1.75-10.75 lifted strokes=6 peak_n=120.0±1 peak_trend_pct_per_stroke=-2.1±1 ~0.4"),
    capture("swings-breath",
            "One cell: a lean of 24 s with breathing of 5 % of the load, 15 breaths a minute: far from a roll, one hold.",
            "1:0 0.25>95 24~100,5,4 0.25>0 1:0",
            "hold 1.021-25.487 lifted", rate=20),
    capture("swings-four-lifted",
            "One cell: four swings of 40 %, lifted 0.3 s after the last: a roll of four strokes.",
            swings(80, 120, 80, 120, 80, after=0.3),
            "roll 1.75-7.75 lifted strokes=4 ~0.4"),
    capture("swings-three-lifted",
            "One cell: three swings of 40 %, lifted 0.3 s after the last: one too few for a roll, so this is a hold.",
            swings(80, 120, 80, 120, after=0.3),
            "hold 1.025-6.789 lifted ~0.01"),
    capture("swings-hold-before",
            "One cell: held still for 5 s, then six swings of 40 % until it is lifted: a hold, ended by rolling, and a roll.",
            swings(80, 120, 80, 120, 80, 120, 80, before=5),
            "hold 1.025-6.25 rolled peak_n=80±1 ~0.4", "roll 6.25-15.25 lifted strokes=6 ~0.4"),
]
