"""A network share that hangs, or that cannot sync folders: the library odd_share, preloaded into a program."""

import os
from pathlib import Path

_LIBRARY = "libodd_share.so"


def why_not(programs):
    """Why there can be none with these programs; None if there can."""
    if not (Path(programs) / _LIBRARY).exists():
        return "the library is not built: a sanitizer's runtime must be the first one"
    return None


class OddShare:
    """Of a folder; `environment()` is for the programs that are to see it so."""

    def __init__(self, programs, folder, share, syncs_folders=True):
        self._library = Path(programs) / _LIBRARY
        self._hangs = Path(folder) / "share-hangs"
        self._share = share
        self._syncs_folders = syncs_folders

    def environment(self):
        environment = {"LD_PRELOAD": str(self._library), "ICOM_SHARE": os.path.realpath(self._share),
                       "ICOM_SHARE_HANGS": str(self._hangs)}
        return environment if self._syncs_folders else {**environment, "ICOM_SHARE_NO_SYNC": "1"}

    def hang(self):
        """From now on calls into it do not return."""
        self._hangs.touch()

    def answer(self):
        self._hangs.unlink(missing_ok=True)
