# SPDX-License-Identifier: MIT
"""
The golden captures, as scripts, by theme. Each says in a sentence what happens and why it is what it is, draws it in the words
of drawing.py, and says what is expected in the lines of contract.py. `tests/replay/golden bless` writes NAME.kcap from here
and NAME.jsonl from `knead replay`; the .kcap files are what the tests replay. One that is not here (cut from a recording,
say) is replayed all the same.
"""
import captures_contact
import captures_device
import captures_fast
import captures_gap
import captures_hold
import captures_protocol
import captures_roll
import captures_set
import captures_swing
import captures_warning

THEMES = [
    captures_contact,
    captures_device,
    captures_fast,
    captures_gap,
    captures_hold,
    captures_protocol,
    captures_roll,
    captures_set,
    captures_swing,
    captures_warning,
]
CAPTURES = {c.name: c for theme in THEMES for c in theme.CAPTURES}
