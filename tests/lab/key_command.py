"""How sshd learns of sites' keys: deploy/sshd/icom.conf, with this lab's paths and accounts in it."""

import os
import pwd
import re
import shutil
import tempfile
from pathlib import Path

_SNIPPET = Path(__file__).resolve().parents[2] / "deploy" / "sshd" / "icom.conf"


class KeyCommand:
    """sshd runs the command as an account of its own, and wants the program where nobody but root can change it: it is copied
    there. For that one has to be root; `why_not` tells if we are not."""

    ACCOUNT = "daemon"  # that of the gateway's files; not the tunnels' account, and not root

    def __init__(self, programs, registration):
        self.registration = Path(registration)
        self._folder = Path(tempfile.mkdtemp(prefix="icom-lab-", dir="/usr/local/lib"))
        self._folder.chmod(0o755)
        self.program = self._folder / "icom-gateway"
        shutil.copy2(Path(programs) / "icom-gateway", self.program)
        self.program.chmod(0o755)
        self.registration.mkdir(mode=0o700)
        account = pwd.getpwnam(self.ACCOUNT)
        self.owner = account.pw_uid, account.pw_gid
        os.chown(self.registration, *self.owner)

    @staticmethod
    def why_not():
        return None if os.geteuid() == 0 else "sshd asks a command for keys only where that is root's"

    def remove(self):
        shutil.rmtree(self._folder, ignore_errors=True)

    def config(self, user):
        text = _SNIPPET.read_text()
        for pattern, replacement in (
                (r"Match User icom\b", f"Match User {user}"),
                (r"/usr/local/bin/icom-gateway\b", str(self.program)),
                (r"AuthorizedKeysCommandUser icom-gateway\b", f"AuthorizedKeysCommandUser {self.ACCOUNT}"),
                (r"/var/lib/icom/registration\b", str(self.registration))):
            text, count = re.subn(pattern, replacement, text)
            assert count == 1, pattern
        return text
