"""Which disturbance comes when, to whom: decided by the seed and the number of minutes alone."""

import random
from dataclasses import dataclass

SITES = ("nbcc", "sash")
SITE_WITH_SMALL_DISK = "sash"
SITE_WITH_SECOND_AGENT = "nbcc"
SITE_WITH_CLOCKS_SET = "nbcc"  # the other one's agent gives frames up, which is kept apart from that
ALL = "all"

# Disturbances are as short as makes sense in a run of four minutes, so that each kind has its place, and have their full length
# from fifteen minutes on.
SHORT_MINUTES, FULL_MINUTES = 4, 15
SETTLING = 3.0  # seconds before the first one


@dataclass(frozen=True)
class Kind:
    name: str
    where: str          # "site": one of SITES; else a site's name, or "hosting", or ALL
    shortest: float     # seconds
    full: float
    around: float = 1.0  # seconds that setting up and taking back need
    room_for_a_kill: bool = False  # long enough for a process to be killed meanwhile


KINDS = (
    Kind("kill-forwarder", "site", 0, 0),
    Kind("kill-listener", "site", 0, 0),
    Kind("kill-supervisor", "site", 1, 10),
    Kind("supervisor-and-listeners-killed", "site", 1, 10, around=3),
    Kind("supervisor-hangs", "site", 3, 20, around=2),
    Kind("kill-gateway", "hosting", 0.2, 5),
    Kind("kill-sshd", "hosting", 0.2, 5),
    Kind("reboot", ALL, 1, 10, around=2),
    Kind("freeze-forwarder", "site", 5, 30),
    Kind("freeze-gateway", "hosting", 5, 30),
    Kind("gateway-hangs-then-dies", "hosting", 6, 20),
    Kind("freeze-sshd", "hosting", 5, 30),
    Kind("cable-pulled", "site", 5, 30, room_for_a_kill=True),
    Kind("cable-one-way-up", "site", 5, 30, room_for_a_kill=True),
    Kind("cable-one-way-down", "site", 5, 30, room_for_a_kill=True),
    Kind("slow-and-lossy", "site", 5, 40, room_for_a_kill=True),
    Kind("reordered", "site", 5, 30, room_for_a_kill=True),
    Kind("narrow", "site", 5, 40, room_for_a_kill=True),
    Kind("gateway-disk-full", "hosting", 5, 30),
    Kind("agent-disk-full", SITE_WITH_SMALL_DISK, 3, 5, around=32),
    Kind("host-key-changed", "hosting", 5, 30, around=1.5),
    Kind("listeners-upgraded", "site", 0, 0, around=1.5),
    Kind("second-agent", SITE_WITH_SECOND_AGENT, 5, 30, around=4),
    Kind("second-agent-is-ahead", SITE_WITH_SECOND_AGENT, 5, 30, around=4),
    Kind("listener-away-a-counter-round", "site", 4.5, 10, around=2),
    Kind("clock-set-back-while-away", SITE_WITH_CLOCKS_SET, 2, 10, around=8),
    Kind("snapshot-reverted", SITE_WITH_CLOCKS_SET, 2, 10, around=20),
    Kind("squatter-on-the-port", "hosting", 3, 20, around=1),
    Kind("share-hangs", "hosting", 4, 30, around=2),
)
KILLS = ("kill-forwarder", "kill-gateway", "kill-sshd", "kill-supervisor")


@dataclass(frozen=True)
class Step:
    kind: str
    where: str
    seconds: float
    pause: float          # behind it
    meanwhile: str = ""   # a kill in the middle of it
    at: float = 0         # seconds from the start, if everything takes as long as foreseen


def plan(seed, minutes, only=None):
    """Each kind once, in an order drawn by the seed, as many as fit; then kinds drawn until the time is used up."""
    kinds = [kind for kind in KINDS if not only or kind.name in only.split(",")]
    unknown = set(only.split(",") if only else ()) - {kind.name for kind in KINDS}
    if unknown:
        raise ValueError(f"no such kind of disturbance: {', '.join(sorted(unknown))}; "
                         f"expected {', '.join(kind.name for kind in KINDS)}")
    draw = random.Random(seed)
    scale = min(1.0, max(0.0, (minutes - SHORT_MINUTES) / (FULL_MINUTES - SHORT_MINUTES)))
    first_round = draw.sample(kinds, len(kinds))
    steps, now, end = [], SETTLING, minutes * 60
    while True:
        kind = first_round.pop() if first_round else draw.choice(kinds)
        seconds = (kind.shortest + (kind.full - kind.shortest) * scale) * draw.uniform(0.9, 1.1)
        where = draw.choice(SITES) if kind.where == "site" else kind.where
        # Some disturbances come before the one before them is forgotten.
        pause = draw.choice((0.2, 1.0, 3.0)) * draw.uniform(0.5, 1.5)
        meanwhile = draw.choice(KILLS) if draw.random() < 0.4 and kind.room_for_a_kill else ""
        if now + seconds + kind.around > end:
            if first_round:
                continue  # a shorter one may still fit
            return steps
        steps.append(Step(kind.name, where, seconds, pause, meanwhile, now))
        now += seconds + kind.around + pause


def lines(steps):
    """The schedule for people."""
    return [f"  {step.at:7.1f} s  {step.kind} {step.where}, {step.seconds:.1f} s"
            f"{', meanwhile ' + step.meanwhile if step.meanwhile else ''}" for step in steps]
