# SPDX-License-Identifier: Apache-2.0
"""A server under a test's control: started in a session of its own, its output kept in a file, and
ended by its process group, so that nothing of it survives the test."""
import os
import signal
import subprocess
import time
from pathlib import Path

from . import places


class DidNotStart(Exception):
    pass


class Process:
    def __init__(self, name: str, argv: list, log: Path, env: dict | None = None,
                 preexec_fn=None, pass_fds: tuple = ()):
        self.name = name
        self.log_file = log
        with open(log, "ab") as output:
            self.popen = subprocess.Popen(
                [str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, env=None if env is None else {**os.environ, **env},
                start_new_session=True, preexec_fn=preexec_fn, pass_fds=pass_fds)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def wait_until_it_listens(self, *ports: int, seconds: float = 60) -> None:
        self.wait_for(lambda: all(map(places.listens, ports)), f"listen on {ports}", seconds)

    def wait_for(self, condition, what: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if self.popen.poll() is not None:
                raise DidNotStart(f"{self.name} ended with {self.popen.returncode}:\n{self.log()}")
            if time.monotonic() > deadline:
                raise DidNotStart(f"{self.name} did not {what} in {seconds} s:\n{self.log()}")
            time.sleep(0.02)

    def stop(self, seconds: float = 15) -> int:
        """Asks it to end, ends its whole group if it does not; returns the exit status."""
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        # What it started may still be there even when it has ended by itself.
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        status = self.popen.wait()
        deadline = time.monotonic() + 5
        while _lives(self.popen.pid) and time.monotonic() < deadline:
            time.sleep(0.01)  # a killed process holds its ports until it is gone
        return status


def _lives(group: int) -> bool:
    """Is there a process of this group? One that is dead and not yet waited for does not count."""
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[0] != "Z" and int(fields[2]) == group:
            return True
    return False
