"""The hosting site: sshd and the gateway."""

import json
import secrets
import shutil
from pathlib import Path

from .key_command import KeyCommand
from .process import LabError, Process, run_to_end, wait_until
from .site_file import fan_out_lines
from .ports import free_port
from .sshd import Sshd, accepts


class HostingSite:
    def __init__(self, programs, folder, sshd_config="", address="127.0.0.1", data=".", fan_out=None, enrols=False, gateway_env=None):
        """`address`: where its sshd listens; the gateway is always on loopback. `data`: where its store and archive are, below
        `folder`. `fan_out`: {serial: PORT}. `enrols`: sites are added by icom-gateway's commands, and sshd asks it for their keys.
        `gateway_env`: more of the environment of `icom-gateway serve`."""
        self.programs = Path(programs)
        self.folder = Path(folder)
        self.sites = self.folder / "sites"
        self.tokens = self.folder / "tokens"
        for made in (self.sites, self.tokens):
            made.mkdir(parents=True, exist_ok=True)
        self.tokens.chmod(0o700)
        self.store = self.folder / data / "store"
        self.archive = self.folder / data / "archive"
        self.ingest_port = free_port()
        self.config = self.folder / "gateway.yaml"
        self.config.write_text(f"""\
sites: sites
tokens: tokens
ingest: 127.0.0.1:{self.ingest_port}
store: {self.store}
archive:
  directory: {self.archive}
  live: true
{fan_out_lines(fan_out)}""")
        self.registration = self.folder / "registration"
        self.key_command = KeyCommand(self.programs, self.registration) if enrols else None
        if enrols:
            # As in a hospital, where all that the gateway reads is one account's: commands that root runs act for it.
            shutil.chown(self.sites, *self.key_command.owner)
        self.sshd = Sshd(self.folder / "sshd", self.ingest_port, sshd_config, address, self.key_command)
        if enrols:
            with open(self.config, "a", encoding="ascii") as config:
                config.write(f"""\
registration: registration
tunnel:
  host: {self.sshd.address}
  port: {self.sshd.port}
  user: {self.sshd.user}
  host_keys:
    - {self.sshd.host_key}.pub
""")
        self.gateway = Process("gateway", [self.programs / "icom-gateway", "serve", "--config", self.config],
                               self.folder / "gateway.log", env=gateway_env)

    def new_token(self, site):
        token = secrets.token_urlsafe(32)
        file = self.tokens / f"{site}.token"
        file.write_text(token + "\n")
        file.chmod(0o600)
        return token

    def start(self):
        self.sshd.start()
        self.start_gateway()
        return self

    def start_gateway(self):
        self.gateway.start()

        def up():
            if not self.gateway.running:
                raise LabError(f"gateway ended:\n{self.gateway.output()[-2000:]}")
            return accepts(self.ingest_port)

        wait_until(up, 30, "the gateway listens")

    def stop(self):
        code = self.gateway.stop()
        self.sshd.stop()
        if self.key_command:
            self.key_command.remove()
        return code

    def command(self, *arguments, check=True):
        """One of icom-gateway's commands on this store; its stdout."""
        done = self.run(*arguments)
        if check and done.returncode != 0:
            raise LabError(f"icom-gateway {arguments} gave {done.returncode}: {done.stderr}")
        return done.stdout

    def run(self, *arguments):
        """One of icom-gateway's commands with these settings, however it ends."""
        return run_to_end([self.programs / "icom-gateway", *arguments, "--config", self.config], 120)

    def command_objects(self, *arguments):
        """What such a command lists, an object each."""
        return [json.loads(line) for line in self.command(*arguments, "--json").splitlines() if line.strip()]

    def ledger(self):
        """{(site, linac): {...}}"""
        return {(one["site"], one["linac"]): one for one in self.command_objects("ledger")}

    def gaps(self):
        return self.command_objects("gaps")

    def records(self):
        return self.command_objects("records")

    def stored_frames(self, serial):
        """Every stored frame of a Linac in its order: [(time, counter, hash)]."""
        rows = [line.split("\t") for line in self.command("ledger", "--linac", serial, "--frames").splitlines()]
        return [(row[0], int(row[1]), row[2]) for row in rows]
