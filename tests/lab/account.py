"""Accounts of this machine that tests act as: they need no entry anywhere, since the kernel knows numbers alone. Needs root."""

import os
import subprocess
import unittest

from .process import within

needs_root = unittest.skipUnless(os.geteuid() == 0, "only root can be two accounts")


def as_account(user, *groups):
    """In front of a command, so that this account runs it, in the group of its own number and these."""
    supplementary = f"--groups={','.join(str(group) for group in groups)}" if groups else "--clear-groups"
    return ["setpriv", f"--reuid={user}", f"--regid={user}", supplementary]


def run_as(user, command, *groups, seconds=60):
    """Its CompletedProcess, with its output as text."""
    return subprocess.run([*as_account(user, *groups), *(str(part) for part in command)], capture_output=True, text=True,
                          timeout=within(seconds), cwd="/")


def give_to(user, *paths):
    """These, and all that is in them."""
    for path in paths:
        for folder, _, names in os.walk(path):
            for name in names:
                os.chown(os.path.join(folder, name), user, user, follow_symlinks=False)
            os.chown(folder, user, user)
