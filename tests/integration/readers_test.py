"""Who may read what is recorded: members of a group, the archive's files themselves and the rest by asking the gateway that runs. Nobody else,
and nothing else."""

import grp
import os
import socket
import stat
import subprocess
import unittest
from pathlib import Path

from tests.lab.account import as_account, give_to, needs_root, run_as
from tests.lab.case import LabCase
from tests.lab.process import run_to_end

SERVICE, READER, ANOTHER_READER, STRANGER = 54320, 54321, 54322, 54323
GROUP = "games"  # which every Debian has, and nobody is in
OF_AN_ACCOUNT = 4  # that the gateway answers at once


@needs_root
class Readers(LabCase):
    def setUp(self):
        super().setUp()
        self.group = grp.getgrnam(GROUP).gr_gid
        self.hosting = self.hosting_site()
        self.runtime = self.folder / "hosting" / "run"
        for folder in (self.runtime, self.hosting.store, self.hosting.archive):
            folder.mkdir()
        self.hosting.store.chmod(0o750)
        self.hosting.archive.chmod(0o755)
        with open(self.hosting.config, "a", encoding="ascii") as config:
            config.write(f"readers: {GROUP}\nreaders_socket: run/readers.sock\n")
        self.hosting.gateway.command[:0] = as_account(SERVICE, self.group)

    def start(self):
        give_to(SERVICE, self.runtime, self.hosting.store, self.hosting.archive, self.hosting.tokens)
        self.start_gateway()

    def start_gateway(self):
        begun = len(self.hosting.gateway.output())
        self.hosting.start_gateway()
        self.hosting.gateway.wait_for_output("ready: ", 30, after=begun)

    def record(self):
        """Its ID, once it is closed and all is stored."""
        linac = self.linac("4299", "--speed", "60", "--seed", "7", "--idle", "2", "--beam-frames", "20", "--wait-for-client",
                           "--deliveries", "1")
        site = self.agent_site("nbcc", self.hosting, {"4299": linac.address})
        self.hosting.sshd.start()
        self.start()
        site.start_parts()
        closed = self.wait_for(lambda: [one for one in self.hosting.records() if not one["open"]], 60, "a record")
        linac.process.stop()
        self.assert_all_stored(self.hosting, [linac])
        self.wait_for(lambda: self.hosting.records()[0]["archive_file"], 30, "it is in the archive")
        return closed[0]["id"]

    def ask(self, account, *command, groups=None):
        groups = (self.group,) if groups is None else groups
        return run_as(account, [self.programs / "icom-gateway", *command, "--config", self.hosting.config], *groups)

    def assert_closed_to(self, account, *files):
        for file in files:
            self.assertEqual(1, run_as(account, ["test", "-r", file], self.group).returncode, file)

    def test_a_reader_gets_what_root_gets_and_no_file_of_the_gateways(self):
        record = str(self.record())
        for command in (["records"], ["records", "--json", "--all"], ["records", "--site", "nbcc", "--until", "2100-01-01", "--json"],
                        ["records", "--linac", "4299", "--since", "2000-01-01"], ["ledger"], ["ledger", "--json"],
                        ["ledger", "--linac", "4299", "--frames"], ["gaps", "--json"], ["clocks"],
                        ["clocks", "--site", "nbcc", "--linac", "4299", "--json"], ["export", record, "--format", "csv"],
                        ["export", record, "--format", "jsonl"]):
            with self.subTest(command=command):
                told, direct = self.ask(READER, *command), self.hosting.run(*command)
                self.assertEqual((0, direct.stdout), (told.returncode, told.stdout), told.stderr)
        self.assertIn("4299", self.ask(READER, "records").stdout)
        for wrong in (["records", "--site", "nobody"], ["gaps", "--linac", "1"], ["records", "--patient", ""]):
            told, direct = self.ask(READER, *wrong), self.hosting.run(*wrong)
            self.assertEqual((2, direct.stderr), (told.returncode, told.stderr), wrong)
        self.assertEqual(1, self.ask(READER, "export", "999999", "--format", "xz").returncode)
        self.assertIn("there is no record 999999", self.ask(READER, "export", "999999", "--format", "xz").stderr)
        self.assert_closed_to(READER, self.hosting.store, self.hosting.store / "icom.db", self.hosting.tokens / "nbcc.token")

        theirs = self.folder / "theirs"
        theirs.mkdir()
        os.chown(theirs, READER, self.group)
        theirs.chmod(0o2770)
        written = theirs / "record.xz"
        done = self.ask(READER, "export", record, "--format", "xz", "--output", written)
        self.assertEqual(0, done.returncode, done.stderr)
        status = written.stat()
        self.assertEqual((READER, READER, 0o640), (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)))
        self.assertEqual(0, run_to_end(["xz", "--test", written], 10).returncode)
        self.hosting.gateway.wait_for_output(f"account {READER} asks for export of record {record}")

    def test_the_archive_is_the_groups_to_read_and_nobody_elses(self):
        self.record()
        file = self.hosting.archive / self.hosting.records()[0]["archive_file"]
        status = file.stat()
        self.assertEqual((SERVICE, self.group, 0o640), (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)))
        for folder in (file.parent, file.parent.parent, self.hosting.archive / "live"):
            status = folder.stat()
            self.assertEqual((self.group, 0o2750), (status.st_gid, stat.S_IMODE(status.st_mode)), folder)
        self.assertEqual(0, run_as(READER, ["xz", "--test", file], self.group).returncode)
        self.assertEqual(0, run_as(READER, ["ls", self.hosting.archive / "live"], self.group).returncode)
        self.assertNotEqual(0, run_as(STRANGER, ["xz", "--test", file]).returncode)

    def test_an_account_outside_of_the_group_is_told_nothing_but_what_to_do(self):
        record = str(self.record())
        for command in (["records"], ["ledger", "--json"], ["export", record, "--format", "csv"]):
            done = self.ask(STRANGER, *command, groups=())
            self.assertEqual((1, ""), (done.returncode, done.stdout), command)
            self.assertIn("usermod -aG", done.stderr)
        # Nor where it gets to the socket all the same.
        os.chmod(self.runtime / "readers.sock", 0o666)
        done = self.ask(STRANGER, "records", groups=())
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertIn(f"account {STRANGER} is not in the group of readers", done.stderr)

    def test_what_asks_and_never_ends_takes_only_the_places_of_its_account(self):
        linac = self.linac("4299", "--speed", "60", "--seed", "7", "--idle", "2", "--beam-frames", "20", "--wait-for-client")
        site = self.agent_site("nbcc", self.hosting, {"4299": linac.address})
        self.hosting.sshd.start()
        self.start()
        self.hold_all_places()
        done = self.ask(READER, "records")
        self.assertEqual(1, done.returncode)
        self.assertIn("as many readers as it can at once", done.stderr)
        self.assertEqual(0, self.ask(ANOTHER_READER, "records").returncode)
        site.start_parts()
        self.wait_for(lambda: self.hosting.ledger().get(("nbcc", "4299"), {}).get("stored", 0) > 0, 30, "agents are served meanwhile")
        self.wait_for(lambda: self.ask(READER, "records").returncode == 0, 20, "its places are free again, though all stay connected")

    def hold_all_places(self):
        """Of READER: connected, and without a question, for as long as the test takes."""
        hold = f"import socket, sys\nheld = [socket.socket(socket.AF_UNIX) for _ in range({OF_AN_ACCOUNT})]\n" \
               f"[one.connect({str(self.runtime / 'readers.sock')!r}) for one in held]\nprint('held', flush=True)\nsys.stdin.read()\n"
        holder = subprocess.Popen([*as_account(READER, self.group), "python3", "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True, cwd="/")
        self._to_stop.append(holder.kill)
        self.addCleanup(holder.stdout.close)
        self.addCleanup(holder.stdin.close)
        self.assertEqual("held\n", holder.stdout.readline())

    def test_readers_wait_where_others_have_kept_the_wal_from_starting_over(self):
        self.start()
        wal = self.hosting.store / "icom.db-wal"
        os.truncate(wal, (128 << 20) + 1)  # as long as nobody has written over it
        done = self.ask(READER, "ledger", "--frames")
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertIn("try again later", done.stderr)
        os.utime(wal, (0, 0))  # nobody writes: it is in nobody's way
        self.assertEqual(0, self.ask(READER, "ledger", "--frames").returncode)

    def test_a_reader_that_leaves_in_the_middle_is_no_fault(self):
        record = str(self.record())
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(str(self.runtime / "readers.sock"))
            asking.sendall(b'{"question":"export","record":%s,"format":"csv"}\n' % record.encode())
        self.hosting.gateway.wait_for_output(f"asks for export of record {record}")
        self.assertEqual(0, self.ask(READER, "records").returncode)
        self.wait_for(lambda: not self.answering(), 30, "its answer is over")
        self.assertNotIn("Broken pipe", self.hosting.gateway.output())

    def answering(self):
        """How many processes answer readers of this gateway."""
        found = 0
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:  # it has ended
                continue
            found += b"\0answer\0" in command and os.fsencode(self.hosting.store) in command
        return found

    def test_an_export_of_what_is_not_whole_makes_no_file(self):
        self.start()
        self.assertEqual(0, self.hosting.gateway.stop())
        half = (f"import socket\none = socket.socket(socket.AF_UNIX)\none.bind({str(self.runtime / 'readers.sock')!r})\none.listen()\n"
                "print('listens', flush=True)\nreader = one.accept()[0]\nreader.recv(4096)\n"
                "reader.sendall(b'b\\0\\0\\0\\0' b'o\\0\\0\\0\\4half' b'x\\0\\0\\0\\1\\1')\n")
        gateway = subprocess.Popen([*as_account(SERVICE, self.group), "python3", "-c", half], stdout=subprocess.PIPE, text=True, cwd="/")
        self._to_stop.append(gateway.kill)
        self.assertEqual("listens\n", gateway.stdout.readline())
        os.chmod(self.runtime / "readers.sock", 0o666)
        theirs = self.folder / "theirs"
        theirs.mkdir()
        os.chown(theirs, READER, self.group)
        done = self.ask(READER, "export", "1", "--format", "xz", "--output", theirs / "record.xz")
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertEqual([], os.listdir(theirs))
        gateway.wait(20)
        gateway.stdout.close()

    def test_a_question_that_is_none_is_answered_and_ends(self):
        self.start()
        for question in (b"nonsense\n", b'{"question":"tokens"}\n', b"x" * 10_000, b'{"question":"export","record":"1"}\n',
                         b'{"question":"records","since":1e300}\n', b'{"question":"records","fields":"all"}\n'):
            with self.subTest(question=question[:20]), socket.socket(socket.AF_UNIX) as asking:
                asking.settimeout(60)
                asking.connect(str(self.runtime / "readers.sock"))
                asking.sendall(question)
                answer = b""
                while not answer.endswith(b"x\x00\x00\x00\x01\x02"):
                    piece = asking.recv(4096)
                    self.assertTrue(piece, answer)
                    answer += piece
                self.assertIn(b"does not know this question", answer)

    def test_without_the_gateway_a_reader_is_told_that_it_does_not_run(self):
        self.start()
        self.assertEqual(0, self.hosting.gateway.stop())
        done = self.ask(READER, "records")
        self.assertEqual(1, done.returncode)
        self.assertIn("the gateway does not run, or serves no readers", done.stderr)
        self.start_gateway()
        self.hosting.gateway.kill()
        self.assertIn("the gateway does not run, or serves no readers", self.ask(READER, "records").stderr)
        self.start_gateway()  # over the socket that the killed one has left
        self.assertEqual(0, self.ask(READER, "records").returncode)

    def test_what_listens_in_another_accounts_name_is_not_believed(self):
        self.start()
        self.assertEqual(0, self.hosting.gateway.stop())
        self.runtime.chmod(0o1777)
        listen = f"import socket, sys\none = socket.socket(socket.AF_UNIX)\none.bind({str(self.runtime / 'readers.sock')!r})\n" \
                 "one.listen()\nimport os\nos.chmod(one.getsockname(), 0o666)\nprint('listens', flush=True)\nsys.stdin.read()\n"
        squatter = subprocess.Popen([*as_account(STRANGER), "python3", "-c", listen], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    text=True, cwd="/")
        self._to_stop.append(squatter.kill)
        self.assertEqual("listens\n", squatter.stdout.readline())
        done = self.ask(READER, "records")
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertIn(f"is of account {STRANGER}, whose folder it is not in", done.stderr)
        self.assertNotIn("usermod", done.stderr)
        squatter.stdin.close()
        squatter.wait(20)
        squatter.stdout.close()

    def test_a_service_account_outside_of_the_group_serves_all_else_and_says_so(self):
        self.hosting.gateway.command[:4] = as_account(SERVICE)
        self.start()
        self.hosting.gateway.wait_for_output(f"account {SERVICE} is not in group {GROUP}")
        self.assertEqual(1, self.ask(READER, "records").returncode)


if __name__ == "__main__":
    unittest.main()
