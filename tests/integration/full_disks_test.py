"""A disk fills up, at the hosting site or at a site: the push-back ends at the spool, and the Linac notices nothing."""

import re
import unittest

from tests.lab.case import LabCase


class FullDisks(LabCase):
    def assert_linacs_noticed_nothing(self, *linacs):
        for linac in linacs:
            for client in linac.report()["clients"]:
                self.assertFalse(client["stopped_reading"], client)
                self.assertEqual("fin", client["closed_by"], client)
            self.assertEqual(1, len(linac.report()["clients"]))

    def two_linacs(self):
        linacs = [self.linac(serial, "--speed", "60", "--seed", serial, "--idle", "8", "--beam-frames", "60",
                             "--wait-for-client") for serial in ("4299", "9183")]
        return linacs, {linac.serial: linac.address for linac in linacs}

    def stop_all_and_compare(self, hosting, site, linacs):
        for listener in site.listeners.values():
            self.assertEqual(0, listener.stop())
        for linac in linacs:
            self.assertEqual(0, linac.process.stop())
        self.assert_all_stored(hosting, linacs, seconds=90)
        self.assert_linacs_noticed_nothing(*linacs)
        for one in hosting.ledger().values():
            self.assertEqual((0, 0, 0), (one["duplicates"], one["gaps"], one["given_up"]))

    def stored(self, hosting):
        return sum(one["stored"] for one in hosting.ledger().values())

    def test_full_store_pushes_back_no_further_than_the_spools_and_goes_on_once_there_is_room(self):
        hosting = self.hosting_site()
        disk = self.small_disk(hosting.folder / "store", "64m")
        linacs, addresses = self.two_linacs()
        site = self.agent_site("nbcc", hosting, addresses)
        hosting.start()
        site.start_parts()
        self.wait_for(lambda: self.stored(hosting) > 100, 30, "frames flow")

        disk.fill()
        self.wait_for(lambda: "could not commit" in hosting.gateway.output(), 30, "the store has no room")
        sent, stored = [len(linac.sent()) for linac in linacs], self.stored(hosting)
        self.wait_for(lambda: all(len(linac.sent()) > before + 600 for linac, before in zip(linacs, sent)), 60,
                      "the listeners go on")
        self.assertTrue(hosting.gateway.running)
        self.assertLess(self.stored(hosting) - stored, 1200, "the disk was full, after all")
        backlog = [linac["backlog_bytes"] for linac in site.status()["linacs"]]
        self.assertTrue(all(bytes > 1_000_000 for bytes in backlog), backlog)
        disk.make_room()
        self.stop_all_and_compare(hosting, site, linacs)

    def test_stopped_gateway_pushes_back_no_further_than_the_spools(self):
        hosting = self.hosting_site()
        linacs, addresses = self.two_linacs()
        site = self.agent_site("nbcc", hosting, addresses)
        hosting.start()
        site.start_parts()
        self.wait_for(lambda: self.stored(hosting) > 100, 30, "frames flow")
        self.assertEqual(0, hosting.gateway.stop())
        sent = [len(linac.sent()) for linac in linacs]
        self.wait_for(lambda: all(len(linac.sent()) > before + 600 for linac, before in zip(linacs, sent)), 60,
                      "the listeners go on")
        hosting.start_gateway()
        self.stop_all_and_compare(hosting, site, linacs)

    def test_full_spool_costs_frames_without_a_patient_only_and_the_gateway_is_told_what(self):
        hosting = self.hosting_site()
        linac = self.linac("4299", "--speed", "150", "--seed", "5", "--idle", "500", "--beam-frames", "20",
                           "--beams", "1", "--wait-for-client")
        site = self.agent_site("nbcc", hosting, {"4299": linac.address})
        disk = self.small_disk(site.spool, "48m")
        disk.fill(but=30_000_000)
        hosting.sshd.start()
        for listener in site.listeners.values():
            listener.start()
        self.wait_for(lambda: site.status_file("4299/listener.json").get("given_up_frames", 0) > 3000, 90,
                      "the spool gives up frames")
        self.assertEqual(0, site.listeners["4299"].stop())
        self.assertEqual(0, linac.process.stop())
        self.assert_linacs_noticed_nothing(linac)

        hosting.start_gateway()
        site.forwarder.start()
        self.wait_for(lambda: site.status_file("forward.json").get("connected"), 20, "the forwarder is connected")
        self.wait_for(lambda: site.status()["linacs"][0]["backlog_bytes"] == 0, 60, "the backlog is forwarded")
        ledger = hosting.ledger()[("nbcc", "4299")]
        sent = linac.sent()
        self.assertEqual(len(sent), ledger["stored"] + ledger["given_up"])
        self.assertEqual(0, ledger["given_up_with_patient"])
        self.assertEqual("disk_full", ledger["given_up_reasons"])
        stored = set(hosting.stored_frames("4299"))
        self.assertEqual([], [frame for frame in sent if frame.patient and frame.identity not in stored])
        holes = [gap for gap in hosting.gaps() if gap["kind"] == "hole"]
        # What went before the first frame that is stored has no neighbour on that side, and so no gap.
        first = next(n for n, frame in enumerate(sent) if frame.identity in stored)
        self.assertEqual(ledger["given_up"] - first, sum(gap["given_up"] for gap in holes))
        self.assertGreater(len(holes), 0)
        self.assertTrue(all(gap["reason"] == "disk_full" for gap in holes), holes)

    def agent_on_a_small_disk(self):
        """A hosting site and a site whose frames flow, with the disk of its spool."""
        hosting = self.hosting_site()
        linac = self.linac("4299", "--speed", "10", "--seed", "5", "--idle", "8", "--beam-frames", "60", "--wait-for-client")
        site = self.agent_site("nbcc", hosting, {"4299": linac.address})
        disk = self.small_disk(site.spool, "16m")
        hosting.start()
        return hosting, linac, site, disk

    def fill_until_refused(self, disk, process):
        """Also the room that segments leave which are forwarded."""

        def refused():
            disk.fill()
            return "the spool takes no entries" in process.output()

        self.wait_for(refused, 60, "the spool refuses entries")

    def test_neither_an_upgrade_nor_the_supervisors_end_costs_what_waits_for_room(self):
        hosting, linac, site, disk = self.agent_on_a_small_disk()
        site.start()
        self.wait_for(lambda: self.stored(hosting) > 100, 30, "frames flow")
        listener = site.status_file("4299/listener.json")["pid"]
        self.fill_until_refused(disk, site.agent)
        says = r"the listener \(process \d+\) cannot write its status: the spool takes no entries, \d+ wait: No space"
        self.wait_for(lambda: re.search(says, site.command("status").stdout), 30, "the listener's status is old")
        status = site.command("status").stdout
        self.assertNotIn("hangs", status)
        self.assertNotIn("kill", status)

        upgraded = site.command("upgrade", seconds=60)
        self.assertEqual(1, upgraded.returncode, upgraded.stdout)
        self.assertRegex(upgraded.stderr, f"process {listener} still listens: the spool takes no entries, .* then upgrade again")
        self.assertNotIn("has taken over", upgraded.stdout)
        site.agent.kill()  # as its status advises elsewhere; the next one takes over, as soon as that costs nothing
        before = len(site.agent.output())
        site.start()
        site.agent.wait_for_output("the new one has ended without taking over", 30, after=before)
        disk.make_room()
        self.wait_for(lambda: site.status_file("4299/listener.json").get("pid", listener) != listener, 60, "the next listener")
        self.assertEqual([], [code for code in site.stop() if code != 0])
        self.assertEqual(0, linac.process.stop())
        self.assert_all_stored_after_the_rest_is_sent(hosting, site, linac)
        for one in hosting.ledger().values():
            self.assertEqual((0, 0, 0), (one["duplicates"], one["gaps"], one["given_up"]))

    def assert_all_stored_after_the_rest_is_sent(self, hosting, site, linac):
        site.forwarder.start()
        self.assert_all_stored(hosting, [linac], seconds=60)
        self.assert_linacs_noticed_nothing(linac)

    def test_what_a_stop_on_a_full_disk_costs_is_said_and_the_gateway_is_told(self):
        hosting, linac, site, disk = self.agent_on_a_small_disk()
        listener = site.listeners["4299"]
        site.start_parts()
        self.wait_for(lambda: self.stored(hosting) > 100, 30, "frames flow")
        self.fill_until_refused(disk, listener)
        self.assertEqual(0, listener.stop())
        self.assertNotIn("everything received is in the spool", listener.output())
        said = re.search(r"ended; LOST: (\d+) frames, (\d+) of them with a patient, and \d+ other entries.*; a hole in the spool tells",
                         listener.output())
        self.assertTrue(said, listener.output()[-500:])
        lost, lost_with_patient = int(said[1]), int(said[2])
        self.assertGreater(lost, 0)
        disk.make_room()
        listener.start()
        stored = self.stored(hosting)
        self.wait_for(lambda: self.stored(hosting) > stored + 50, 30, "frames flow again")
        self.assertEqual(0, listener.stop())
        self.assertEqual(0, linac.process.stop())

        def told():
            one = hosting.ledger()[("nbcc", "4299")]
            return (lost, lost_with_patient) == (one["given_up"], one["given_up_with_patient"])

        self.wait_for(told, 30, f"{lost} frames are told to be given up: {hosting.ledger()}")
        self.assertEqual("disk_full", hosting.ledger()[("nbcc", "4299")]["given_up_reasons"])
        self.assertEqual([lost], [gap["given_up"] for gap in hosting.gaps() if gap["kind"] == "hole"])


if __name__ == "__main__":
    unittest.main()
