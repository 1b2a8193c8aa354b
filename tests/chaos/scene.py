"""The hosts, the programs on them, and the Linacs beside them."""

import json
import random
import time
from dataclasses import dataclass, field

from tests.lab.agent_site import AgentSite
from tests.lab.hanging_share import HangingShare
from tests.lab.hosting_site import HostingSite
from tests.lab.linac import Linac
from tests.lab.process import LabError, wait_until

from . import processes, schedule
from .hosts import HOSTING_ADDRESS, Host, Lines, NextDoor
from .small_disk import SmallDisk

MESSAGES_PER_SECOND = 4
GATEWAY_DISK = "256m"
AGENT_DISK = "256m"
# Segments of the spool are an eighth of its bound; small ones, so that there are some without a patient in a short run.
SMALL_SPOOL = "32 MiB"
# Seconds around what is kept away from a Linac's clock that is set; see keep_clock_jumps_away.
AROUND_A_JUMP = 1.5

# What is odd about each Linac: site, frames replayed to a new client, whether its clock is set, and what decides its frames. The
# clock of the one whose agent gives frames up is left alone, for the reason that keep_clock_jumps_away tells.
ODDITIES = {
    "4299": ("nbcc", 40, True, ["--idle", "24", "--duplicate-every", "701", "--skip-every", "1511"]),
    "9183": ("nbcc", 400, True, ["--idle", "60", "--skip-every", "977", "--conflict-every", "1709"]),
    "9002": ("sash", 0, False, ["--idle", "2000", "--beam-frames", "100", "--duplicate-every", "1303"]),
}
# By how many seconds a clock is set back while nobody listens: whole rounds of the counter, after which time and counter are those of
# frames that are stored. More than a listener is away: less could be seen by nobody.
SET_BACK_WHILE_AWAY = {"4299": -16 * 64, "9183": -20 * 64}
NOT_AT_A_JUMP = (1511, 977, 1709)  # the numbers of skipped frames and conflicts, by what they are multiples of


@dataclass(frozen=True)
class LinacPlan:
    serial: str
    site: str
    replay: int
    stream: list          # the options that decide the frames
    jumps: dict = field(hash=False)  # frame: seconds


def linac_plans(seed, minutes, speed):
    plans = []
    for serial, (site, replay, clock_is_set, options) in ODDITIES.items():
        frames = minutes * 60 * speed * MESSAGES_PER_SECOND
        jumps = clock_jumps(random.Random(f"{seed} {serial}"), frames) if clock_is_set else {}
        stream = ["--seed", str(seed * 1000 + int(serial) % 1000), *options]
        for frame, seconds in jumps.items():
            stream += ["--clock-jump-at", f"{frame}:{seconds}"]
        plans.append(LinacPlan(serial, site, replay, stream, jumps))
    return plans


def clock_jumps(draw, frames):
    """The clock is set back by five minutes, summer time ends and begins; again and again in a long run. In this order, so that
    seconds that were there come again: an hour that is first left out and then gone back would repeat nothing."""
    each = min(frames, 3 * 60 * 20 * MESSAGES_PER_SECOND)
    jumps = {}
    for start in range(0, int(frames - each / 2), int(each)):
        for part, seconds in ((0.2, -300), (0.5, -3600), (0.8, 3600)):
            frame = int(start + each * (part + draw.uniform(-0.01, 0.01)))
            while any(min(frame % every, -frame % every) <= 3 for every in NOT_AT_A_JUMP):
                frame += 1
            jumps[frame] = seconds
    return jumps


class Site:
    """A site's host with its agent and its Linacs, and perhaps a second agent."""

    def __init__(self, programs, folder, name, hosting, host, plans, speed):
        self.name = name
        self.host = host
        self.disk = None
        where = folder / "agents"
        if name == schedule.SITE_WITH_SMALL_DISK:
            self.disk = SmallDisk(where / name / "spool", AGENT_DISK)
        # A second listener is of another machine: one machine is no Linac's second client.
        self.next_door = NextDoor(folder / "hosts", host) if name == schedule.SITE_WITH_SECOND_AGENT else None
        reached = ["--address", "0.0.0.0"] if self.next_door else []
        self.linacs = [Linac(programs, folder / "linacs", plan.serial, *plan.stream, *reached, "--replay", str(plan.replay),
                             "--speed", str(speed), "--wait-for-client",
                             "--jump-on-signal", str(SET_BACK_WHILE_AWAY.get(plan.serial, 0)), inside=host.inside) for plan in plans]
        for linac in self.linacs:
            linac.start()
        self.agent = AgentSite(programs, where, name, hosting, {one.serial: one.address for one in self.linacs},
                               max_bytes=SMALL_SPOOL if self.disk else "2 GiB", inside=host.inside)
        self.second = None
        if self.next_door:
            first = self.linacs[0]
            self.second = AgentSite(programs, where, name, hosting, {first.serial: f"{NextDoor.SITES_ADDRESS}:{first.port}"},
                                    beside=self.agent, inside=host.inside, listens_inside=self.next_door.host.inside)

    def forwarders(self):
        return processes.find("icom-forward", self.agent.yaml)

    def listeners(self):
        return processes.find("icom-listen", self.agent.spool)

    def kill(self):
        """All of the main agent's at once."""
        self.agent.agent.kill()
        processes.kill(self.listeners() + self.forwarders())

    def go_down(self):
        """The main agent's, as a machine that is rebooted takes them down: listeners are told to end, everything else is killed."""
        self.agent.agent.kill()
        processes.kill(self.forwarders())
        processes.terminate(self.listeners())

    def is_well(self, since_us):
        """Its agents' status files, all written after `since_us`, say that they are connected."""
        files = ["forward.json", *(f"{linac.serial}/listener.json" for linac in self.linacs)]
        return all(_fresh(self.agent, name, since_us).get("connected") for name in files)

    def backlog(self):
        """Bytes in its spools that are not acknowledged; None as long as that is not known."""
        return _backlog(self.agent)


def _fresh(agent, name, since_us):
    try:
        told = agent.status_file(name)
    except json.JSONDecodeError:  # the disk was full
        return {}
    return told if told.get("written_us", 0) > since_us else {}


def _backlog(agent):
    told = _fresh(agent, "forward.json", now_us() - 12_000_000)
    return sum(one["backlog_bytes"] for one in told["linacs"]) if told.get("connected") else None


def now_us():
    return int(time.time() * 1e6)


class Scene:
    def __init__(self, programs, folder, seed, minutes, speed):
        self.programs = programs
        self.folder = folder
        self.speed = speed
        self.plans = linac_plans(seed, minutes, speed)
        self.killed = {plan.serial: [] for plan in self.plans}  # when its listener was killed with -9, us since 1970
        self.failures = []
        self._hosts = [Host(folder / "hosts", name) for name in schedule.SITES]
        self.lines = Lines(self._hosts, seed)
        self.gateway_disk = SmallDisk(folder / "hosting" / "disk", GATEWAY_DISK)
        self.hosting = HostingSite(programs, folder / "hosting", address=HOSTING_ADDRESS, data="disk")
        self.share = HangingShare(self.hosting.archive, folder / "hosting" / "disk" / "behind the share")
        self.sites = {}
        for host in self._hosts:
            self.sites[host.name] = Site(programs, folder, host.name, self.hosting, host,
                                         [plan for plan in self.plans if plan.site == host.name], speed)

    @property
    def linacs(self):
        return [linac for site in self.sites.values() for linac in site.linacs]

    @property
    def small_disks(self):
        return [self.gateway_disk, *(site.disk for site in self.sites.values() if site.disk)]

    def start(self):
        self.hosting.start()
        for site in self.sites.values():
            site.agent.start()
        self.wait_well(60)

    def wait_well(self, seconds):
        """Until everything runs and is connected, by status files that are written from now on."""
        since = now_us()
        wait_until(lambda: all(site.is_well(since) for site in self.sites.values()), seconds,
                   "all listeners and forwarders are connected again")

    def note_killed(self, sites):
        for site in sites:
            for linac in site.linacs:
                self.killed[linac.serial].append(now_us())

    def keep_clock_jumps_away(self, site, seconds):
        """Waits if a clock of the site's Linacs is about to be set within `seconds`, or has just been set.

        A clock that is set back while nobody listens, among frames that were given up, or while two agents tell of it in different
        order, cannot be told from a backlog in every case: docs/storage.md, "Known limits". So these are kept apart."""
        wait_until(lambda: self.no_clock_jumps(site, seconds), 120, f"no clock of {site.name} is about to be set")

    def no_clock_jumps(self, site, seconds):
        rate = self.speed * MESSAGES_PER_SECOND
        jumps = {plan.serial: plan.jumps for plan in self.plans}
        for linac in site.linacs:
            report = linac.report()
            made = report["frames_made"]
            known = [*jumps[linac.serial], *(one["frame"] for one in report["clock_set"])]
            if any(made - AROUND_A_JUMP * rate < jump < made + (seconds + AROUND_A_JUMP) * rate for jump in known):
                return False
        return True

    def wait_caught_up(self, site, seconds):
        """Until the site's agent is connected and what it holds is in the gateway, but for the newest."""
        wait_until(lambda: (backlog := site.backlog()) is not None and backlog < 200_000, seconds,
                   f"the agent of {site.name} has caught up")

    def drain(self, seconds):
        """What a second agent still holds, and then all agents, until nothing is left. The Linacs must have stopped."""
        seconds_agents = [site.second for site in self.sites.values() if site.second]
        for second in seconds_agents:
            second.forwarder.start()
        agents = [site.agent for site in self.sites.values()] + seconds_agents
        try:
            wait_until(lambda: all(_backlog(agent) == 0 for agent in agents), seconds, "the spools are drained")
        except LabError as error:
            self.failures.append(f"{error}: {[_backlog(agent) for agent in agents]} bytes are left")

    def stop_linacs(self):
        for linac in self.linacs:
            if linac.process.stop() != 0:
                self.failures.append(f"the simulator of Linac {linac.serial} failed")

    def stop(self):
        """Ends everything that runs. What does not end as it should is no reason not to end the rest."""
        for site in self.sites.values():
            for part in (site.kill, site.second.stop if site.second else None):
                try:
                    if part:
                        part()
                except Exception as error:  # the next must be stopped all the same
                    self.failures.append(f"while stopping: {error}")
        for linac in self.linacs:
            linac.process.kill()
        self.share.answer()
        self.hosting.gateway.kill()
        self.hosting.sshd.stop()
        self.share.remove()
        self.lines.stop()
        for host in [*self._hosts, *(site.next_door.host for site in self.sites.values() if site.next_door)]:
            host.let_go()
