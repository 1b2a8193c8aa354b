"""What a hospital's forwards lead to: a Samba share, a PostgreSQL server, a DICOM receiver. Each real, throw-away, on loopback."""

import os
import shutil
from pathlib import Path

from .process import Process, run_to_end, wait_until
from .ports import free_port
from .sshd import accepts


def _checked(command, seconds=30):
    done = run_to_end(command, seconds)
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} gave {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


class _Server:
    """`self.process` listens on `self.port`."""

    def _start(self, name, command, log):
        self.process = Process(name, command, log)
        self.process.start()
        wait_until(lambda: accepts(self.port), 30, f"{name} accepts connections")

    def stop(self):
        return self.process.stop()


class SambaShare(_Server):
    """A share for everybody, in `folder`/share."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.share = self.folder / "share"
        self.share.mkdir(parents=True)
        self.share.chmod(0o777)
        self.port = free_port()
        state = self.folder / "state"
        state.mkdir()
        directories = "".join(f"  {kind} = {state}\n" for kind in
                              ("private dir", "lock directory", "state directory", "cache directory", "pid directory",
                               "ncalrpc dir"))
        config = self.folder / "smb.conf"
        config.write_text(f"""\
[global]
  server role = standalone server
  interfaces = lo
  bind interfaces only = yes
  smb ports = {self.port}
  map to guest = Bad User
  load printers = no
  disable spoolss = yes
  log level = 1
{directories}
[physics]
  path = {self.share}
  guest ok = yes
  read only = no
  force create mode = 0666
""")
        self._start("smbd", ["smbd", "--foreground", "--no-process-group", "--debug-stdout", f"--configfile={config}"],
                    self.folder / "smbd.log")

    def client(self, port, commands):
        """smbclient at another port that leads here; `commands` as it takes them."""
        return _checked(["smbclient", "//127.0.0.1/physics", "-p", port, "-N", "-s", self.folder / "smb.conf", "-c", commands])


class Postgres(_Server):
    """A cluster of its own. initdb will not run as root: the account `postgres` does."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self.port = free_port()
        programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
        account = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if account:
            shutil.chown(self.folder, "postgres")
        data = self.folder / "data"
        _checked([*account, programs / "initdb", "-D", data, "-A", "trust", "-U", "physics", "--no-sync", "--encoding=UTF8"], 60)
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self._start("postgres", [*account, programs / "postgres", "-D", data, *options], self.folder / "postgres.log")

    def query(self, port, sql):
        """psql at another port that leads here; its rows."""
        return _checked(["psql", "-h", "127.0.0.1", "-p", port, "-U", "physics", "-d", "postgres", "-Atq", "-v", "ON_ERROR_STOP=1",
                         "-c", sql])


class DicomReceiver(_Server):
    """storescp; what it has received is in `folder`/received."""

    _DUMP = """\
(0008,0016) UI =SecondaryCaptureImageStorage
(0008,0018) UI [1.2.826.0.1.3680043.8.498.1]
(0008,0060) CS [OT]
(0010,0010) PN [Phantom]
(0010,0020) LO [QA]
(0020,000d) UI [1.2.826.0.1.3680043.8.498.2]
(0020,000e) UI [1.2.826.0.1.3680043.8.498.3]
(0028,0002) US 1
(0028,0004) CS [MONOCHROME2]
(0028,0010) US 24
(0028,0011) US 24
(0028,0100) US 8
(0028,0101) US 8
(0028,0102) US 7
(0028,0103) US 0
(7fe0,0010) OW {pixels}
"""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.received = self.folder / "received"
        self.received.mkdir(parents=True)
        self.port = free_port()
        self._start("storescp", ["storescp", "--output-directory", self.received, self.port], self.folder / "storescp.log")

    def example(self):
        """A small image as a DICOM file."""
        dump, file = self.folder / "example.dump", self.folder / "example.dcm"
        pixels = "\\".join(f"{value:04x}" for value in range(24 * 24 // 2))
        dump.write_text(self._DUMP.format(pixels=pixels))
        _checked(["dump2dcm", "--write-xfer-little", dump, file])
        return file

    def echo(self, port):
        _checked(["echoscu", "--timeout", "20", "127.0.0.1", port])

    def store(self, port, file):
        _checked(["storescu", "--timeout", "20", "127.0.0.1", port, file])

    def pixels(self, file):
        return _checked(["dcmdump", "--search", "7fe0,0010", "--load-all", "--print-all", file])
