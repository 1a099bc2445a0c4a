# SPDX-License-Identifier: Apache-2.0
"""The restrictions of a systemd unit, put on one process without systemd: the account without
privileges, the system call filter, and memory that is never writable and executable.

Name spaces, mounts and address families are not imitated."""
import ctypes
import errno
import os
import subprocess
from pathlib import Path

import seccomp

NOBODY = 65534
PR_SET_NO_NEW_PRIVS = 38
PR_SET_MDWE = 65  # Linux 6.3 and later; elsewhere refused, and not imitated then
PR_MDWE_REFUSE_EXEC_GAIN = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAPABILITIES = {"CAP_NET_BIND_SERVICE": 10}
_LINUX_CAPABILITY_VERSION_3 = 0x20080522


def system_calls(unit: Path) -> set[str]:
    """What SystemCallFilter= of `unit` leaves, line by line as systemd.exec(5) says."""
    allowed: set[str] = set()
    for line in unit.read_text().splitlines():
        if not line.startswith("SystemCallFilter="):
            continue
        value = line.split("=", 1)[1]
        denied = value.startswith("~")
        names = set().union(*(expand(word) for word in value.removeprefix("~").split()))
        allowed = allowed - names if denied else allowed | names
    return allowed


def expand(word: str) -> set[str]:
    if not word.startswith("@"):
        return {word}
    printed = subprocess.run(["systemd-analyze", "syscall-filter", word], text=True,
                             capture_output=True, check=True).stdout
    lines = [line.strip() for line in printed.splitlines()[1:]]
    return set().union(*(expand(line) for line in lines if line and not line.startswith("#")))


def ambient_capabilities(unit: Path) -> list[int]:
    """What AmbientCapabilities= says, as numbers; an empty one forgets those before it."""
    named: list[str] = []
    for line in unit.read_text().splitlines():
        if line.startswith("AmbientCapabilities="):
            value = line.split("=", 1)[1].split()
            named = named + value if value else []
    return [CAPABILITIES[name] for name in named]


def restrict(unit: Path):
    """A function for `preexec_fn` that puts the restrictions on the new process."""
    allowed = sorted(system_calls(unit))
    kept = ambient_capabilities(unit)
    libc = ctypes.CDLL(None, use_errno=True)

    def keep_capabilities():
        mask = sum(1 << number for number in kept)
        header = (ctypes.c_uint32 * 2)(_LINUX_CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
        assert libc.capset(header, sets) == 0
        for number in kept:
            assert libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) == 0

    def in_the_new_process():
        os.setgroups([])
        os.setgid(NOBODY)
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setuid(NOBODY)
        keep_capabilities()
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0)
        rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
        for name in allowed:
            try:
                rules.add_rule(seccomp.ALLOW, name)
            except (RuntimeError, ValueError, OSError):
                pass  # not a system call of this architecture or kernel
        rules.load()

    return in_the_new_process
