"""Commands that write a file where a person says: what is there and no file stays, and so does a file that is not to be replaced."""

import os
import pty
import socket
import stat
import subprocess
import unittest

from tests.lab.case import LabCase


class WrittenFiles(LabCase):
    def odd_files(self, folder):
        """{kind: path} of what is no regular file."""
        folder.mkdir()
        made = {kind: folder / kind for kind in ("pipe", "folder", "link", "dangling", "socket")}
        os.mkfifo(made["pipe"])
        made["folder"].mkdir()
        (folder / "target").write_text("the target of the link")
        made["link"].symlink_to("target")
        made["dangling"].symlink_to("nothing")
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind(str(made["socket"]))
        if os.geteuid() == 0:
            made["device"] = folder / "device"
            os.mknod(made["device"], stat.S_IFCHR | 0o600, os.makedev(1, 3))
        return made

    def gateway_with_a_record(self):
        hosting = self.hosting_site()
        linac = self.linac("4299", "--speed", "60", "--seed", "7", "--idle", "2", "--beam-frames", "20", "--wait-for-client",
                           "--deliveries", "1")
        site = self.agent_site("nbcc", hosting, {"4299": linac.address})
        hosting.start()
        site.start_parts()
        closed = self.wait_for(lambda: [one for one in hosting.records() if not one["open"]], 60, "a record")
        return hosting, closed[0]["id"]

    def test_an_export_that_fails_leaves_what_stands_there_and_one_that_succeeds_replaces_only_a_file(self):
        hosting, record = self.gateway_with_a_record()
        kept = self.folder / "kept.xz"
        kept.write_text("a treatment of last year")
        for output in [kept, *self.odd_files(self.folder / "odd").values()]:
            with self.subTest(output=output.name):
                before = os.lstat(output)
                for asked in ("999999", record if output != kept else "999999"):
                    done = hosting.run("export", str(asked), "--format", "xz", "--output", output)
                    self.assertEqual(1, done.returncode, done.stderr)
                    self.assertEqual((before.st_ino, before.st_mode, before.st_size),
                                     (os.lstat(output).st_ino, os.lstat(output).st_mode, os.lstat(output).st_size))
        self.assertEqual("a treatment of last year", kept.read_text())
        self.assertEqual("the target of the link", (self.folder / "odd" / "target").read_text())

        command = [self.programs / "icom-gateway", "export", str(record), "--config", hosting.config, "--format", "xz"]
        plain = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
        self.assertTrue(plain)
        subprocess.run([*command, "--output", kept], timeout=60, check=True, umask=0)
        self.assertEqual(plain, kept.read_bytes())
        self.assertEqual(0o640, stat.S_IMODE(kept.stat().st_mode))
        for name in ("-", "/dev/stdout"):
            self.assertEqual(plain, subprocess.run([*command, "--output", name], capture_output=True, timeout=60, check=True).stdout)
        self.assertFalse([one for one in self.folder.iterdir() if one.name.startswith(".icom-")])

    def test_settings_of_pymedphys_are_written_into_files_only(self):
        hosting = self.hosting_site()
        for kind, output in self.odd_files(self.folder / "odd").items():
            if kind == "link":
                continue  # which is followed, as an editor does: it names a file that is there
            with self.subTest(kind=kind):
                before = os.lstat(output)
                done = hosting.run("pymedphys-config", "--yes", "--into", output)
                self.assertNotEqual(0, done.returncode, done.stdout)
                self.assertEqual((before.st_ino, before.st_mode), (os.lstat(output).st_ino, os.lstat(output).st_mode))
        made = self.folder / "config.toml"
        self.assertEqual(0, hosting.run("pymedphys-config", "--yes", "--into", made).returncode)
        self.assertIn("patient_directories", made.read_text())
        self.assertEqual(0o640, stat.S_IMODE(made.stat().st_mode))

    @unittest.skipUnless(os.geteuid() == 0, "needs root, who runs it for another account")
    def test_for_root_settings_of_pymedphys_are_written_as_the_owner_of_their_folder(self):
        hosting = self.hosting_site()
        self.folder.chmod(0o711)
        hidden = self.folder / "hidden"
        hidden.mkdir(mode=0o700)
        secret = hidden / "config.toml"
        secret.write_text('password = "of somebody"\n')
        theirs = self.folder / "theirs"
        theirs.mkdir()
        os.chown(theirs, 65534, 65534)
        made = theirs / "config.toml"
        done = hosting.run("pymedphys-config", "--yes", "--into", made)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(65534, made.stat().st_uid)
        made.unlink()
        made.symlink_to(secret)
        os.chown(made, 65534, 65534, follow_symlinks=False)
        swapped = self.folder / "swapped"
        swapped.symlink_to(hidden)
        os.chown(swapped, 65534, 65534, follow_symlinks=False)
        for file in (made, swapped / "config.toml"):
            done = hosting.run("pymedphys-config", "--yes", "--into", file)
            self.assertNotEqual(0, done.returncode, done.stdout)
            self.assertNotIn("password", done.stdout + done.stderr)
        self.assertEqual('password = "of somebody"\n', secret.read_text())
        self.assertEqual(["config.toml"], [one.name for one in hidden.iterdir()])

    def test_a_link_that_is_turned_while_the_question_is_asked_shows_nobody_the_file_that_it_led_to(self):
        hosting = self.hosting_site()
        hidden = self.folder / "hidden"
        hidden.mkdir(mode=0o700)
        secret = hidden / "secret.toml"
        secret.write_text('password = "of somebody"\n')
        secret.chmod(0o600)
        theirs = self.folder / "theirs"
        theirs.mkdir()
        (theirs / "mine.toml").touch(0o644)
        link = theirs / "config.toml"
        link.symlink_to(secret)
        process, terminal = pty.fork()
        if process == 0:
            os.execv(self.programs / "icom-gateway", ["icom-gateway", "pymedphys-config", "--config", str(hosting.config), "--into", str(link)])
        said = b""
        while b"Write this?" not in said:
            said += os.read(terminal, 4096)
        link.unlink()
        link.symlink_to("mine.toml")
        os.write(terminal, b"y\n")
        self.wait_for(lambda: os.waitpid(process, os.WNOHANG)[0], 20, "the command's end")
        os.close(terminal)
        self.assertEqual(["config.toml", "mine.toml"], sorted(one.name for one in theirs.iterdir()))
        self.assertEqual("", (theirs / "mine.toml").read_text())
        for backup in hidden.iterdir():
            self.assertEqual(0o600, stat.S_IMODE(backup.stat().st_mode), backup.name)


if __name__ == "__main__":
    unittest.main()
