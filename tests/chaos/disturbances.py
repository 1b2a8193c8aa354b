"""What each kind of disturbance does. All of them leave everything running: the next one finds the ordinary state, or one that is
still on its way back to it."""

import contextlib
import os
import signal
import time

from tests.lab.process import wait_until
from tests.lab.squatter import Squatter
from tests.lab.sshd import make_key

from . import processes, reverted
from .scene import now_us

BACK_WITHIN = 60
APART = 5.0  # seconds between two kills of a listener, of which the second, too, is to go unnoticed
BACK = 6.0  # seconds after which a listener that was taken away is ordinarily back
AHEAD = 1.5  # seconds of frames that only the first agent has
# Room for what is left of a segment and for one more, of 4 MiB each: then the disk is full and has a segment without a patient.
ROOM_LEFT = 9 << 20


class Disturber:
    """Carries out steps of the schedule."""

    def __init__(self, scene):
        self._scene = scene
        self._seconds = 0
        self.notes = []  # what the last step has to tell

    def carry_out(self, step):
        self.notes = []
        self._seconds = step.seconds
        action = getattr(self, "_" + step.kind.replace("-", "_"))
        site = self._scene.sites.get(step.where)
        action(site, lambda: self._wait(step, site))

    def _wait(self, step, site):
        """The length of the disturbance, which is the thing under test, with a kill in the middle of it if that is planned."""
        if not step.meanwhile:
            time.sleep(step.seconds)
            return
        time.sleep(step.seconds / 2)
        getattr(self, "_" + step.meanwhile.replace("-", "_"))(site, lambda: None)
        time.sleep(step.seconds / 2)

    # Killed, and started again by whoever is there for that.

    def _kill_forwarder(self, site, wait):
        processes.kill(site.forwarders())
        wait()

    def _kill_listener(self, site, wait):
        self._scene.keep_clock_jumps_away(site, self._seconds + BACK)
        kept = self._are_kept(site)
        before = self._listeners_and_clients(site)
        self._scene.note_killed([site])
        processes.kill(site.listeners())
        wait()
        wait_until(lambda: all(is_connected(site, linac, before[0]) for linac in site.linacs), BACK_WITHIN,
                   f"the listeners of {site.name} are back")
        after = self._listeners_and_clients(site)
        if kept and before[1] != after[1]:
            self._scene.failures.append(f"{site.name}: listeners and clients before the kill {before}, after it {after}: the Linacs "
                                        "were to notice nothing")

    def _are_kept(self, site):
        """Whether the connections of the site's listeners are to outlive them: docs/agent.md, "The keeper". Not where they outlived
        their supervisor, or follow upon others that were killed just now. Nor where they have just connected, since the Linacs'
        reports may not tell of that yet."""
        long_ago = now_us() - int(APART * 1e6)
        told = [site.agent.status_file(f"{linac.serial}/listener.json") for linac in site.linacs]
        return (all(one.get("connected") and one["since_us"] < long_ago for one in told)
                and all(processes.parent_runs(one, "icom-agent") for one in site.listeners())
                and all(kill < long_ago for linac in site.linacs for kill in self._scene.killed[linac.serial]))

    def _kill_supervisor(self, site, wait):
        with self._unnoticed(site, "the supervisor's death"):
            site.agent.agent.kill()
            wait()
            self._start_supervisor(site)

    def _supervisor_and_listeners_killed(self, site, wait):
        """As under deploy/systemd/icom-agent.service: the supervisor is started again, the listeners are its own again, and then they
        are killed, too."""
        self._scene.keep_clock_jumps_away(site, self._seconds + BACK)
        with self._unnoticed(site, "the death of the supervisor and then of the listeners"):
            site.agent.agent.kill()
            wait()
            self._start_supervisor(site)
            killed = site.listeners()
            self._scene.note_killed([site])
            processes.kill(killed)
            wait_until(lambda: all(is_connected(site, linac, killed) for linac in site.linacs), BACK_WITHIN,
                       f"the listeners of {site.name} are back")

    def _supervisor_hangs(self, site, wait):
        """Until it is killed, as by a service manager that watches it."""
        with self._unnoticed(site, "the supervisor's hanging"):
            site.agent.agent.signal(signal.SIGSTOP)
            wait()
            site.agent.agent.kill()
            self._start_supervisor(site)

    def _start_supervisor(self, site):
        """The next one takes the connections over, so that they have a keeper again."""
        before = set(site.listeners())
        site.agent.agent.start()
        wait_until(lambda: not before & set(site.listeners()) and self._are_kept(site), BACK_WITHIN,
                   f"listeners of {site.name} with a keeper")

    @contextlib.contextmanager
    def _unnoticed(self, site, what):
        """No Linac of the site may see a new client. Not judged where a listener was killed, or had connected, just before: the Linacs'
        reports may not tell of that yet."""
        settled = self._are_kept(site)
        before = self._clients(site)
        yield
        after = self._clients(site)
        if settled and before != after:
            self._scene.failures.append(f"{site.name}: clients before {what} {before}, after it {after}: the Linacs were to notice "
                                        "nothing")

    def _kill_gateway(self, _, wait):
        self._scene.hosting.gateway.kill()
        wait()
        self._scene.hosting.start_gateway()

    def _kill_sshd(self, _, wait):
        self._scene.hosting.sshd.kill()
        wait()
        self._scene.hosting.sshd.start()

    def _reboot(self, _, wait):
        sites = self._scene.sites.values()
        for site in sites:
            self._scene.keep_clock_jumps_away(site, self._seconds + BACK)
        for site in sites:
            site.go_down()
        self._scene.hosting.gateway.kill()
        self._scene.hosting.sshd.kill()
        wait()
        self._scene.hosting.start()
        for site in sites:
            site.agent.start()

    # There, and not answering.

    def _freeze_forwarder(self, site, wait):
        frozen = site.forwarders()
        processes.send(frozen, signal.SIGSTOP)
        wait()
        processes.send(frozen, signal.SIGCONT)

    def _freeze_gateway(self, _, wait):
        self._scene.hosting.gateway.signal(signal.SIGSTOP)
        wait()
        self._scene.hosting.gateway.signal(signal.SIGCONT)

    def _gateway_hangs_then_dies(self, _, wait):
        """So that a window full of frames is sent and never acknowledged."""
        self._scene.hosting.gateway.signal(signal.SIGSTOP)
        wait()
        self._scene.hosting.gateway.kill()
        self._scene.hosting.start_gateway()

    def _freeze_sshd(self, _, wait):
        self._scene.hosting.sshd.signal_all(signal.SIGSTOP)
        wait()
        self._scene.hosting.sshd.signal_all(signal.SIGCONT)

    # The line between the sites.

    @contextlib.contextmanager
    def _line(self, site, **quality):
        self._scene.lines.set(site.name, **quality)
        yield
        self._scene.lines.set(site.name)

    def _cable_pulled(self, site, wait):
        with self._line(site, cut=True):
            wait()

    def _cable_one_way_up(self, site, wait):
        with self._line(site, ways=("up",), cut=True):
            wait()

    def _cable_one_way_down(self, site, wait):
        with self._line(site, ways=("down",), cut=True):
            wait()

    def _slow_and_lossy(self, site, wait):
        with self._line(site, delay_ms=300, loss=0.05):
            wait()

    def _reordered(self, site, wait):
        with self._line(site, delay_ms=10, reorder=0.25):
            wait()

    def _narrow(self, site, wait):
        with self._line(site, kbit_s=56):
            wait()

    # Disks.

    def _gateway_disk_full(self, _, wait):
        self._scene.gateway_disk.fill()
        wait()
        self._scene.gateway_disk.empty()

    def _agent_disk_full(self, site, wait):
        """Full while the gateway cannot be reached. It begins with a long time without a patient, so that there is something
        to give up that belongs to no treatment; and with an empty spool, whose bound would otherwise be reached before the disk is
        full."""
        self._scene.wait_caught_up(site, BACK_WITHIN)
        linac = site.linacs[0]
        listener = f"{linac.serial}/listener.json"
        wait_until(lambda: patient_has_just_gone(linac), 120, f"a patient of Linac {linac.serial} has gone")
        before = site.agent.status_file(listener)
        with self._line(site, cut=True):
            site.disk.fill(leave=ROOM_LEFT)
            wait_until(lambda: site.disk.free() < 64 << 10, 60, f"the disk of {site.name} is full")
            wait()
            site.disk.empty()
        emptied = now_us()
        after = wait_until(lambda: told if (told := site.agent.status_file(listener)).get("written_us", 0) > emptied else None,
                           20, "the listener tells what it gave up")
        given_up = after["given_up_frames"] - before["given_up_frames"]
        with_patient = after["given_up_frames_with_patient"] - before["given_up_frames_with_patient"]
        self.notes.append(f"gave up {given_up} frames, {with_patient} of them with a patient")
        if with_patient or not given_up or after["pid"] != before["pid"]:
            self._scene.failures.append(f"{site.name}: on the full disk it {self.notes[-1]}; expected some without, none with, "
                                        "and the same listener all the time")

    # Keys and agents.

    def _host_key_changed(self, _, wait):
        sshd = self._scene.hosting.sshd
        right = sshd.host_key
        wrong = sshd.folder / "other_ed25519"
        if not wrong.exists():
            make_key(wrong)
        self._restart_sshd(wrong)
        wait()
        for site in self._scene.sites.values():
            if site.agent.status_file("forward.json").get("connected"):
                self._scene.failures.append(f"{site.name}: the forwarder accepts a host key that it does not know")
        self._restart_sshd(right)

    def _restart_sshd(self, key):
        sshd = self._scene.hosting.sshd
        sshd.kill()
        sshd.host_key = key
        sshd.start()

    def _listeners_upgraded(self, site, wait):
        """New listeners take the connections over. The Linacs must not notice."""
        self._scene.keep_clock_jumps_away(site, BACK)
        wait_until(lambda: all(site.agent.status_file(f"{linac.serial}/listener.json").get("connected") for linac in site.linacs),
                   BACK_WITHIN, f"the listeners of {site.name} are connected")
        before = self._listeners_and_clients(site)
        done = site.agent.command("upgrade", seconds=60)
        after = self._listeners_and_clients(site)
        if done.returncode != 0 or before[0] & after[0] or before[1] != after[1]:
            self._scene.failures.append(f"{site.name}: listeners and clients before the upgrade {before}, after it {after}; "
                                        f"icom-agent upgrade gave {done.returncode}: {done.stdout} {done.stderr}")
        wait()

    def _listeners_and_clients(self, site):
        """Process numbers, and how many clients each Linac has had."""
        return set(site.listeners()), self._clients(site)

    def _clients(self, site):
        """How many each Linac has had."""
        return [len(linac.report()["clients"]) for linac in site.linacs]

    def _second_agent(self, site, wait):
        self._scene.wait_caught_up(site, BACK_WITHIN)
        self._scene.keep_clock_jumps_away(site, self._seconds + BACK)
        site.second.start_parts()
        site.second.wait_connected()
        wait()
        site.second.stop()

    def _second_agent_is_ahead(self, site, wait):
        """The first one's frames of before the second came, and they alone, arrive when later ones are stored."""
        self._scene.wait_caught_up(site, BACK_WITHIN)
        self._scene.keep_clock_jumps_away(site, self._seconds + BACK)
        frozen = site.forwarders()
        processes.send(frozen, signal.SIGSTOP)
        time.sleep(AHEAD)
        site.second.start_parts()
        site.second.wait_connected()
        wait()
        processes.send(frozen, signal.SIGCONT)
        self._scene.wait_caught_up(site, BACK_WITHIN)
        site.second.stop()

    def _listener_away_a_counter_round(self, site, wait):
        """Longer than the counter needs for a round, so that it tells nothing about how much is missing."""
        self._scene.keep_clock_jumps_away(site, self._seconds + BACK)
        if site.agent.agent.stop(90) != 0:
            self._scene.failures.append(f"{site.name}: icom-agent run did not end with 0")
        wait()
        site.agent.start()

    def _clock_set_back_while_away(self, site, wait):
        """By whole rounds of the counter, which goes on: what comes then has time and counter of frames that are stored, and other
        bytes; and what is replayed to the listener that comes back has the bytes of stored ones."""
        self._scene.keep_clock_jumps_away(site, self._seconds + BACK)
        if site.agent.agent.stop(90) != 0:
            self._scene.failures.append(f"{site.name}: icom-agent run did not end with 0")
        before = [len(linac.report()["clock_set"]) for linac in site.linacs]
        for linac in site.linacs:
            linac.process.signal(signal.SIGUSR1)
        wait_until(lambda: all(len(linac.report()["clock_set"]) > count for linac, count in zip(site.linacs, before)), 20,
                   f"the clocks of {site.name} are set back")
        wait()
        site.agent.start()

    def _snapshot_reverted(self, site, wait):
        """The site's machine is set back to a snapshot with its memory: it goes on with positions that the gateway has of other
        entries already."""
        self._scene.keep_clock_jumps_away(site, 2 * self._seconds + BACK)
        snapshot = reverted.Snapshot(site)
        wait()
        self._scene.wait_caught_up(site, BACK_WITHIN)
        # In the proper way, so that all that is lost with the snapshot's future is at the gateway.
        if site.agent.agent.stop(90) != 0:
            self._scene.failures.append(f"{site.name}: icom-agent run did not end with 0")
        self.notes.append(snapshot.revert_and_go_on(self._seconds))
        site.agent.start()

    # At the hosting site: what is not ours.

    def _squatter_on_the_port(self, _, wait):
        """While the gateway is away another local account answers in its place: all is welcome, all is stored."""
        hosting = self._scene.hosting
        hosting.gateway.kill()
        squatter = Squatter(hosting.folder, hosting.ingest_port).start()
        wait()
        for site in self._scene.sites.values():
            if site.is_well(now_us() - int(self._seconds / 2 * 1e6)):
                self._scene.failures.append(f"{site.name}: the forwarder takes a squatter for the gateway")
        squatter.stop()
        received = squatter.received()
        self.notes.append(f"the squatter was sent {len(received)} bytes")
        for token in hosting.tokens.glob("*.token"):
            if token.read_bytes().strip() in received:
                self._scene.failures.append(f"the squatter on the gateway's port was sent the token of {token.stem}")
        hosting.start_gateway()

    def _share_hangs(self, _, wait):
        """The archive's. The gateway that is stopped and started meanwhile must end, and welcome everybody, all the same."""
        self._scene.share.hang()
        try:
            wait()
            if self._scene.hosting.gateway.stop(20) != 0:
                self._scene.failures.append("the gateway did not end with 0 while its archive hung")
            self._scene.hosting.start_gateway()
            self._scene.wait_well(BACK_WITHIN)
        finally:
            self._scene.share.answer()


def is_connected(site, linac, not_by):
    """Whether a listener of another process number than these has the Linac's connection, and says so."""
    told = site.agent.status_file(f"{linac.serial}/listener.json")
    return told.get("connected") and told["pid"] not in not_by


def patient_has_just_gone(linac, within=100):
    """By the ledger's last lines: none of the newest frames has a patient, some of a moment ago has."""
    with open(linac.ledger_file, "rb") as ledger:
        ledger.seek(max(0, os.fstat(ledger.fileno()).st_size - within * 90))
        rows = [line.split(b"\t") for line in ledger.read().splitlines()[1:] if not line.startswith(b"#")]
    patients = [row[6] for row in rows if len(row) >= 8]
    return len(patients) > 10 and patients[-1] == b"0" and b"1" in patients
