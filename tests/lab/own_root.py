"""What machines with a root of their own have in common. They have `run(command, seconds)`, which a root shell there does, and
`outside(path)`: where a file of that machine is for us."""

import shutil
import textwrap


class OwnRoot:
    name = "machine"

    def shell(self, command, seconds=60):
        """What a root shell there says. RuntimeError, with all that it said, if it fails."""
        done = self.run(command, seconds)
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {command}\ngave {done.returncode}:\n{textwrap.indent(done.stdout + done.stderr, '  ')}")
        return done.stdout

    def put(self, file, path, mode=0o644):
        """A file of ours onto this machine."""
        target = self.outside(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(mode)
