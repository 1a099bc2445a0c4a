# SPDX-License-Identifier: Apache-2.0
"""A service manager that holds listening sockets and passes them on (sd_listen_fds(3)), as systemd does
for a .socket unit: they are there whether the service is or not."""
import fcntl
import socket

# Beside all that a test has open, so that moving one to its place never closes another.
PARKED = 200
FIRST = 3  # SD_LISTEN_FDS_START


def listening(port: int, host: str = "127.0.0.1") -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    made.listen(128)
    made.setblocking(False)  # as systemd's are
    return made


class ServiceManager:
    def __init__(self, *sockets: socket.socket, names: tuple[str, ...] = ()):
        self._sockets = sockets
        self._names = names or ("postseal.socket",) * len(sockets)
        self.numbers = tuple(fcntl.fcntl(one.fileno(), fcntl.F_DUPFD_CLOEXEC, PARKED)
                             for one in sockets)

    def command(self, argv: list) -> list:
        """The command with the sockets from 3 on, and with variables that name them: among these the
        process, which only the process itself can know."""
        moves = " ".join(f"{FIRST + place}<&{number} {number}<&-"
                         for place, number in enumerate(self.numbers))
        script = (f"export LISTEN_PID=$$ LISTEN_FDS={len(self.numbers)} "
                  f"LISTEN_FDNAMES='{':'.join(self._names)}'; exec {moves}; exec \"$@\"")
        return ["/bin/bash", "-c", script, "service", *argv]

    def close(self) -> None:
        for number in self.numbers:
            socket.close(number)
        for one in self._sockets:
            one.close()
