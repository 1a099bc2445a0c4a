# SPDX-License-Identifier: Apache-2.0
"""A gpg that can be made to fail while postseal runs: the sealers run it by a name of ours, and what
the name stands for is exchanged."""
import os
from pathlib import Path

REAL = "/usr/bin/gpg"

# GPGME asks gpg for its version and lists keys first; only encrypting goes wrong.
SCRIPT = """\
#!/bin/sh
case "$*" in
*--encrypt*) {fault} ;;
esac
exec {real} "$@"
"""

FAULTS = {
    "hangs": "exec sleep 600",
    "killed at once": "kill -KILL $$",
    "killed in the middle": "(sleep 0.15; kill -KILL $$) &",
    "ends without a word": "exit 0",
    "fails": "exit 2",
    "writes rubbish": "cat >/dev/null; echo rubbish; exit 0",
}


class Gpg:
    def __init__(self, directory: Path):
        self.path = directory / "gpg"
        self.mend()

    def mend(self) -> None:
        self._become(lambda path: path.symlink_to(REAL))

    def vanish(self) -> None:
        self.path.unlink()

    def suffer(self, fault: str) -> None:
        def write(path: Path) -> None:
            path.write_text(SCRIPT.format(fault=FAULTS[fault], real=REAL))
            path.chmod(0o755)
        self._become(write)

    def _become(self, make) -> None:
        fresh = self.path.with_suffix(".new")
        make(fresh)
        os.replace(fresh, self.path)
