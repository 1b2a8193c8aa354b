"""The agent's unit as it is shipped, under a real systemd: what the Linacs see of each end of a process, and of each command."""

import socket
import subprocess
import time
import unittest
from pathlib import Path

from tests.lab import audit
from tests.lab.booted_machine import BootedMachine, NoMachine
from tests.lab.case import LabCase
from tests.lab.ports import free_port

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
UNIT = "icom-agent"
# A listener that dies again within two seconds is not trusted with the connection any more: docs/agent.md, "The keeper".
APART = 2.0
SPEED = 10
FRAMES = 4 * SPEED  # a second


class SystemdCase(LabCase):
    def start(self, beam_seconds, unit=None):
        """Returns when each Linac has its beam on; most of it is left then."""
        why_not = BootedMachine.why_not()
        if why_not:
            self.skipTest(why_not)
        self.hosting = self.hosting_site()
        self.linacs = {serial: self.linac(serial, "--seed", seed, "--technique", "vmat", "--beams", "1", "--idle", "8", "--beam-frames",
                                          str(FRAMES * beam_seconds), "--speed", str(SPEED), "--wait-for-client")
                       for serial, seed in (("4299", "3"), ("9183", "4"))}
        self.site = self.agent_site("nbcc", self.hosting, {serial: linac.address for serial, linac in self.linacs.items()},
                                    fan_out={"4299": free_port()})
        self.hosting.start()
        self.site.spool.mkdir()
        try:
            self.machine = BootedMachine(self.folder / "machine", [self.site.folder])
            self._to_stop.append(self.machine.stop)
            self.machine.install(self.programs / name for name in ("icom-agent", "icom-listen", "icom-forward", "icom-fanout"))
            self.machine.put(self.site.yaml, "/etc/icom/site.yaml")
            self.install_unit(unit or (UNITS / "icom-agent.service").read_text())
            self.machine.boot()
        except NoMachine as error:
            self.skipTest(str(error))
        self.machine.shell("useradd --system icom-agent")
        self.machine.shell(f"chown -R icom-agent {self.site.folder}")
        self.machine.shell(f"systemctl daemon-reload && systemctl start {UNIT}")
        self.site.wait_connected()
        self.wait_for(lambda: self.site.status_file("forward.json").get("connected"), 20, "the forwarder is connected")
        before_beam = SPEED * beam_seconds
        for linac in self.linacs.values():
            self.wait_for(lambda one=linac: sum(frame.patient for frame in one.sent()) >= before_beam + 12, 60, "the beam is on")

    def install_unit(self, text):
        unit = self.machine.outside(f"/etc/systemd/system/{UNIT}.service")
        unit.parent.mkdir(parents=True, exist_ok=True)
        unit.write_text(text)

    def pid(self, name):
        files = {"supervisor": "agent.json", "forwarder": "forward.json", "fan-out": "fanout.json"}
        return self.site.status_file(files.get(name, f"{name}/listener.json")).get("pid")

    def signal(self, number, name):
        """To that process; returns who must be another one before all is as it was: with the supervisor, all that it ran."""
        names = [name, *self.linacs, "forwarder", "fan-out"] if name == "supervisor" else [name]
        before = {one: self.pid(one) for one in names}
        self.machine.shell(f"kill -{number} {before[name]}")
        return before

    def wait_for_others(self, before, seconds=20):
        """Until others have come in the place of these, and the Linacs are read."""
        self.wait_for(lambda: all(self.pid(name) not in (pid, None) for name, pid in before.items()), seconds, f"others for {before}")
        self.site.wait_connected()

    def kill(self, name):
        self.wait_for_others(self.signal("KILL", name))

    def show(self, *properties):
        lines = self.machine.shell(f"systemctl show -p {','.join(properties)} {UNIT}").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def left_running(self):
        return self.machine.run("pgrep -l 'icom-'").stdout.split("\n")[:-1]

    def clients(self, serial):
        return [(one["closed_by"], one["beam_on_when_closed"]) for one in self.linacs[serial].report()["clients"]]

    def assert_harmless(self, ends):
        """Each Linac's clients ended so; and no one harmed it."""
        for serial, linac in self.linacs.items():
            self.assertEqual(0, linac.process.stop())
            self.assertEqual(ends, self.clients(serial))
            report = linac.report()
            self.assertEqual([], report["not_recorded"])
            for client in report["clients"]:
                self.assertFalse(client["stopped_reading"])
                self.assertEqual(0, client["bytes_received"])

    def assert_one_client(self, lost=0):
        """From beginning to end, in a beam at the end. Each frame is stored, but for one at most for each of these deaths of a
        listener, and a gap tells of it."""
        self.assert_harmless([("simulator", True)])
        missing = 0
        for serial, linac in self.linacs.items():
            sent = audit.unique_in_order(linac.sent())
            self.wait_for(lambda one=serial, last=sent[-1]: last in self.hosting.stored_frames(one), 60, "the last frame is stored")
            stored = self.hosting.stored_frames(serial)
            there = set(stored)
            self.assertEqual([frame for frame in sent if frame in there], stored)
            missing += len(sent) - len(stored)
        self.assertLessEqual(missing, lost)
        self.assertEqual(missing, sum(gap["missing"] for gap in self.hosting.gaps()))


class Crashes(SystemdCase):
    def test_kill_of_each_process_in_turn_is_not_noticed(self):
        self.start(beam_seconds=75)
        # Each is killed after each other one, and the supervisor after itself.
        order = ["supervisor", "4299", "forwarder", "fan-out", "supervisor", "supervisor", "forwarder", "4299", "supervisor", "fan-out",
                 "forwarder", "supervisor", "9183", "fan-out", "4299", "forwarder"]
        for name in order:
            if name in self.linacs:
                time.sleep(APART)
            self.kill(name)
        self.assertEqual("running", self.show("SubState")["SubState"])
        self.assert_one_client(lost=sum(name in self.linacs for name in order))

    def test_what_hangs_is_replaced_and_not_noticed(self):
        self.start(beam_seconds=75)
        for name in ("4299", "forwarder", "fan-out", "supervisor", "9183"):
            self.wait_for_others(self.signal("STOP", name), 20)
        log = self.machine.journal(UNIT)
        for one in ("listen 4299", "listen 9183", "forward", "fanout"):
            self.assertRegex(log, rf"{one} \(process \d+\) has not responded for 4 s: it hangs")
        self.assertIn("Watchdog timeout", log)
        self.assert_one_client(lost=2)


class Commands(SystemdCase):
    def test_restart_is_not_noticed(self):
        self.start(beam_seconds=40)
        for _ in range(3):
            before = {name: self.pid(name) for name in ("supervisor", "forwarder", *self.linacs)}
            self.machine.shell(f"systemctl restart {UNIT}")
            self.wait_for_others(before)
        self.assert_one_client()

    def test_upgrade_of_all_programs_in_a_beam_is_not_noticed(self):
        self.start(beam_seconds=40)
        before = {name: self.pid(name) for name in ("supervisor", "forwarder", "fan-out", *self.linacs)}
        begun = self.site.status_file("agent.json")["started_us"]
        for name in ("icom-agent", "icom-listen", "icom-forward", "icom-fanout"):
            # As a package does it: another file, and what runs goes on with the one of before.
            self.machine.shell(f"cp /usr/local/bin/{name} /usr/local/bin/{name}.new && mv /usr/local/bin/{name}.new /usr/local/bin/{name}")
        done = self.machine.run("runuser -u icom-agent -- icom-agent upgrade --site /etc/icom/site.yaml", 120)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertIn("icom-agent run: process ", done.stdout)
        self.assertNotEqual(begun, self.site.status_file("agent.json")["started_us"])
        self.assertEqual(before.pop("supervisor"), self.pid("supervisor"))
        self.wait_for_others(before)
        for name in ("supervisor", *before):
            self.assertNotIn("deleted", self.machine.shell(f"readlink /proc/{self.pid(name)}/exe"))
        # It still reports to systemd, whose watchdog would end it otherwise.
        last = self.show("WatchdogTimestampMonotonic")
        self.wait_for(lambda: self.show("WatchdogTimestampMonotonic") != last, 20, "the watchdog hears of it")
        self.assertEqual({"ActiveState": "active", "NRestarts": "0"}, self.show("ActiveState", "NRestarts"))
        self.assert_one_client()
        self.machine.shell(f"systemctl stop {UNIT}", 120)
        self.assertEqual([], self.left_running())

    def test_a_signal_that_ends_the_supervisor_alone_is_not_noticed_and_the_next_one_takes_over(self):
        self.start(beam_seconds=40)
        for _ in range(2):
            self.wait_for_others(self.signal("USR1", "supervisor"))
            self.assertEqual({"ActiveState": "active", "Result": "success"}, self.show("ActiveState", "Result"))
        self.assert_one_client()
        self.machine.shell(f"systemctl stop {UNIT}", 120)
        self.assertEqual([], self.left_running())

    def test_stop_waits_for_the_beam_and_leaves_nothing(self):
        self.start(beam_seconds=12)
        self.machine.shell(f"systemctl stop {UNIT}", 120)
        self.assertEqual([], self.left_running())
        self.assertEqual({"ActiveState": "inactive", "Result": "success"}, self.show("ActiveState", "Result"))
        self.assert_harmless([("fin", False)])
        self.assert_all_stored(self.hosting, self.linacs.values())

    def test_supervisor_that_dies_while_it_stops_leaves_nothing_and_harms_nobody(self):
        self.start(beam_seconds=15)
        stop = subprocess.Popen(["nsenter", f"--target={self.machine.first_process}", "--mount", "--uts", "--ipc", "--net", "--pid", "--",
                                 "systemctl", "stop", UNIT])
        self.wait_for(lambda: "stays while a beam may be on" in self.machine.journal(UNIT), 20, "it waits for the beam")
        self.machine.shell(f"kill -KILL {self.pid('supervisor')}")
        self.assertEqual(0, stop.wait(120))
        self.assertEqual([], self.left_running())
        self.assert_harmless([("fin", False)])
        self.assert_all_stored(self.hosting, self.linacs.values())

    def test_start_after_a_stop_begins_anew(self):
        self.start(beam_seconds=5)
        self.machine.shell(f"systemctl stop {UNIT}", 120)
        self.machine.shell(f"systemctl start {UNIT}", 60)
        self.wait_for(lambda: all(len(self.clients(serial)) == 2 for serial in self.linacs), 20, "the listeners are back")

    def test_the_unit_of_before_is_changed_for_this_one_and_nobody_notices(self):
        """It had KillMode=mixed: a kill of its main process would have been one of all."""
        self.start(beam_seconds=40, unit=OLD_UNIT)
        self.install_unit((UNITS / "icom-agent.service").read_text())
        self.machine.shell("systemctl daemon-reload")
        before = {name: self.pid(name) for name in ("supervisor", *self.linacs)}
        self.machine.shell(f"systemctl restart {UNIT}", 60)
        self.wait_for_others(before)
        self.assertEqual({"Type": "notify", "KillMode": "process"}, self.show("Type", "KillMode"))
        self.kill("supervisor")
        self.assert_one_client()


class StoppedGateway(LabCase):
    """The gateway's units as they are shipped: a call on the port starts the service, and what that finds in the place of its store."""

    def start(self):
        why_not = BootedMachine.why_not()
        if why_not:
            self.skipTest(why_not)
        self.port = free_port()
        self.store = "/var/lib/icom/store"
        try:
            self.machine = BootedMachine(self.folder / "machine")
            self._to_stop.append(self.machine.stop)
            self.machine.install([self.programs / "icom-gateway"])
            for name in ("icom-gateway.service", "icom-gateway.socket"):
                unit = self.machine.outside(f"/etc/systemd/system/{name}")
                unit.parent.mkdir(parents=True, exist_ok=True)
                unit.write_text((UNITS / name).read_text().replace("127.0.0.1:7600", f"127.0.0.1:{self.port}"))
            settings = self.machine.outside("/etc/icom")
            for folder in ("sites", "tokens"):
                (settings / folder).mkdir(parents=True)
            (settings / "gateway.yaml").write_text(f"sites: sites\ntokens: tokens\ningest: 127.0.0.1:{self.port}\nstore: {self.store}\n")
            self.machine.boot()
        except NoMachine as error:
            self.skipTest(str(error))
        self.machine.shell("useradd --system icom-gateway; mkdir -p /var/lib/icom; chown -R icom-gateway /var/lib/icom /etc/icom")
        self.machine.shell("systemctl daemon-reload && systemctl enable --now icom-gateway.socket icom-gateway")
        self.wait_until_ready(1)

    def wait_until_ready(self, times):
        self.wait_for(lambda: self.machine.journal("icom-gateway").count("ready: ") == times, 30, "the gateway is ready")

    def call(self):
        socket.create_connection(("127.0.0.1", self.port), timeout=20).close()

    def test_both_stay_stopped_and_a_call_begins_no_new_store(self):
        self.start()
        self.machine.shell("systemctl stop icom-gateway.socket icom-gateway.service")
        with self.assertRaises(ConnectionRefusedError):
            self.call()
        self.assertEqual(["inactive"] * 2, self.machine.run("systemctl is-active icom-gateway.socket icom-gateway.service").stdout.split())
        self.machine.shell(f"mv {self.store} {self.store}.before && systemctl start icom-gateway.socket")
        self.call()
        self.wait_for(lambda: "there was a store here" in self.machine.journal("icom-gateway"), 30, "it refuses to start")
        self.assertEqual("", self.machine.run(f"ls {self.store}").stdout)
        self.machine.shell(f"mv {self.store}.before {self.store} && systemctl restart icom-gateway")
        self.wait_until_ready(2)

    def assert_check_says(self, *words):
        """Root's, on a machine whose settings are right."""
        done = self.machine.run("icom-gateway check")
        self.assertEqual(0, done.returncode, done.stdout)
        for word in words:
            self.assertIn(word, done.stdout)

    def test_check_tells_a_gateway_that_runs_from_a_port_that_is_held_for_one(self):
        self.start()
        self.assert_check_says("ok    account icom-gateway: ", "the gateway that runs, process ", "ok    gateway: runs: process ",
                               "held for the gateway, which runs")
        self.machine.shell("systemctl stop icom-gateway.service")
        self.assert_check_says("ok    account icom-gateway: ", "User= of icom-gateway.service", "note  gateway: does not run",
                               "root listens there, and no gateway runs")

    def test_members_of_the_readers_group_may_ask_the_gateway_and_nobody_else(self):
        self.start()
        self.machine.shell("groupadd --system icom-readers && usermod -aG icom-readers icom-gateway")
        self.machine.shell("useradd physicist && useradd somebody && usermod -aG icom-readers physicist && chmod 0750 /etc/icom")
        self.machine.shell("systemctl restart icom-gateway")
        self.wait_until_ready(2)
        self.assertIn("site", self.machine.shell("runuser -u physicist -- icom-gateway ledger"))
        refused = self.machine.run("runuser -u somebody -- icom-gateway ledger")
        self.assertEqual(1, refused.returncode)
        self.assertIn("usermod -aG icom-readers", refused.stderr)
        self.machine.shell("runuser -u physicist -- test ! -r /var/lib/icom/store/icom.db")


OLD_UNIT = """\
[Service]
User=icom-agent
ExecStart=/usr/local/bin/icom-agent run --site /etc/icom/site.yaml
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=2
UMask=0027
KillMode=mixed
TimeoutStopSec=100
"""


if __name__ == "__main__":
    unittest.main()
