# SPDX-License-Identifier: Apache-2.0
"""A gpg that can be made to fail while postseal runs: the sealers run it by a name of ours, and what
the name stands for is exchanged. It can also be killed, from outside: a sealer's sandbox does not
let anything in it send signals."""
import os
import signal
import threading
import time
from pathlib import Path

REAL = "/usr/bin/gpg"

# GPGME asks gpg for its version and lists keys first; only encrypting goes wrong.
SCRIPT = """\
#!/bin/bash
for word; do
    [[ $before == --status-fd ]] && status=$word
    before=$word
done
case "$*" in
*--encrypt*) {fault} ;;
esac
exec {real} "$@"
"""

FAULTS = {
    "hangs": "exec -a $0 sleep 600",  # so that it is seen whose it is
    "ends without a word": "exit 0",
    "fails": "exit 2",
    "takes its time": "sleep 5",
    "writes rubbish": "cat >/dev/null; echo rubbish; exit 0",
    "refuses every recipient": "echo '[GNUPG:] INV_RECP 0 somebody' >&$status; exit 2",
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

    def kill_when_it_encrypts(self, sealers: list[int]) -> threading.Thread:
        """Stops gpg as soon as it is seen to encrypt, so that it is in the middle, and kills it."""
        def watch() -> None:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                for process in _encrypting(sealers):
                    os.kill(process, signal.SIGSTOP)
                    time.sleep(0.05)
                    os.kill(process, signal.SIGKILL)
                    return

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        return thread

    @staticmethod
    def encrypts(sealers: list[int]) -> bool:
        return bool(_encrypting(sealers))

    def _become(self, make) -> None:
        fresh = self.path.with_suffix(".new")
        make(fresh)
        os.replace(fresh, self.path)


def _encrypting(sealers: list[int]) -> list[int]:
    """The gpg processes in the sealers' process groups that encrypt right now."""
    found = []
    for process in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                if b"\0--encrypt\0" in file.read() and os.getpgid(process) in sealers:
                    found.append(process)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found
