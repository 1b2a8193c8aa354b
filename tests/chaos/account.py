"""Every frame accounted for: what a Linac made and sent against what the gateway stored and the gaps that it recorded."""

from collections import Counter
from dataclasses import dataclass

COUNTER_ROUND_SECONDS = 64  # below it the counter tells exactly how many frames are missing
# Where a Linac counts shows after so many frames; before that nothing is called missing (docs/protocol.md, "The counter").
FRAMES_THAT_SHOW_THE_COUNTER = 4
QUIET_SECONDS = 2           # neighbours that are further apart have a gap between them (docs/storage.md, "Gaps")
# A killed listener loses what the kernel had taken for it and it had not read.
BEFORE_A_KILL_US = 1_000_000
AFTER_A_KILL_US = 300_000


@dataclass(frozen=True)
class Gap:
    """A row of the gateway's table."""
    epoch: int
    from_time: int
    from_counter: int
    to_epoch: int
    to_time: int
    to_counter: int
    kind: str
    missing: int | None

    @property
    def ends(self):
        return (self.epoch, self.from_time, self.from_counter, self.to_epoch, self.to_time, self.to_counter)


def on_their_way(rows, kills_us):
    """The frames that a Linac handed over only while its listener was being killed."""
    excused, received = set(), set()
    for row in rows:
        near = any(kill - BEFORE_A_KILL_US < row.wall_us < kill + AFTER_A_KILL_US for kill in kills_us)
        (excused if near else received).add(row.identity)
    return excused - received


def differences(made, sent, stored, gaps, given_up, excused):
    """What is wrong, as sentences; empty if every frame is accounted for.

    `made`: MadeFrames in order. `sent`: identities that went to a client; `excused`: those of them that a killed listener may have
    lost. `stored`: identities in the gateway's order. `gaps`: its Gaps. `given_up`: frames that the agent told it to have given
    up."""
    known = {frame.identity: frame for frame in made}
    in_store = set(stored)
    wrong = []
    if strangers := [one for one in (*sent, *stored) if one not in known]:
        wrong.append(f"{len(strangers)} frames were never made, first {strangers[0]}")
    if twice := [one for one, count in Counter(stored).items() if count > 1]:
        wrong.append(f"{len(twice)} frames are stored more than once, first {twice[0]}")
    if unsent := in_store - set(sent):
        wrong.append(f"{len(unsent)} frames are stored that went to nobody, first {min(unsent)}")

    lost = [frame for frame in made if frame.identity in sent and frame.identity not in in_store
            and frame.identity not in excused]
    if len(lost) > given_up:
        wrong.append(f"{len(lost)} frames sent are not stored and {given_up} were told to be given up, first {lost[0].identity}")
    elif untold := _outside_holes(made, in_store, {frame.identity for frame in lost}, gaps):
        wrong.append(f"{len(untold)} of the frames lost lie where no hole is told, first {untold[0].identity}")
    if with_patient := [frame for frame in lost if frame.patient]:
        wrong.append(f"{len(with_patient)} of the frames lost have a patient, first {with_patient[0].identity}")

    expected = [frame.identity for frame in made if frame.identity in in_store]
    if not wrong and expected != stored:
        at = next(i for i, (a, b) in enumerate(zip(stored, expected)) if a != b)
        wrong.append(f"the order differs from frame {at} on: stored {stored[at]}, made {expected[at]}")
    return wrong + _gap_differences([frame for frame in made if frame.identity in in_store], gaps)


def _outside_holes(made, in_store, lost, gaps):
    """Those of the lost that do not lie between two stored frames with a hole between them. What went before the first stored frame
    has no row (docs/storage.md, "Gaps")."""
    holes = {gap.ends for gap in gaps if gap.kind == "hole"}
    outside, since, before = [], [], None
    for frame in made:
        if frame.identity in lost:
            since.append(frame)
        elif frame.identity in in_store:
            if since and before and (before.epoch, before.time, before.counter, frame.epoch, frame.time, frame.counter) not in holes:
                outside += since
            since, before = [], frame
    return outside + since


def _gap_differences(frames, gaps):
    """`frames`: the stored ones, in order."""
    recorded = {gap.ends: gap for gap in gaps}
    wrong = []
    for index, (one, two) in enumerate(zip(frames, frames[1:])):
        missing = max(0, two.number - one.number - 1)  # frames in conflict have the same number
        gap = recorded.pop((one.epoch, one.time, one.counter, two.epoch, two.time, two.counter), None)
        quiet = one.epoch == two.epoch and two.time - one.time > QUIET_SECONDS
        if gap is None:
            if quiet or (missing and index + 1 >= FRAMES_THAT_SHOW_THE_COUNTER):
                wrong.append(f"no gap is recorded between {one.identity} and {two.identity}, where {missing} frames are missing")
        elif gap.missing is None:
            if one.epoch == two.epoch and two.time - one.time < COUNTER_ROUND_SECONDS and gap.kind != "hole":
                wrong.append(f"the gap between {one.identity} and {two.identity} does not say how many are missing: {missing}")
        elif gap.missing != missing:
            wrong.append(f"{missing} frames are missing between {one.identity} and {two.identity}, the gap says {gap.missing}")
    wrong += [f"a gap is recorded where none is: {gap}" for gap in recorded.values()]
    return wrong
