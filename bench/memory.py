# SPDX-License-Identifier: Apache-2.0
"""Opens connections that wait, and prints what each costs the server's processes in memory.

Counted is what all processes of a server have together (proportional set size: a page that several
share is counted once) with the connections open, less what they had when one had come and gone. What
the kernel keeps for a connection, its sockets above all, is in nobody's figure."""
import argparse
import re
import resource
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/e2e"))

from idle_servers import Bench, Situation, situations  # noqa: E402
from parts import places  # noqa: E402


AT_ONCE = 16  # connections that are being opened: some servers wait for delayed acknowledgements


def main() -> None:
    options = arguments()
    allow_descriptors(3 * max(options.connections) + 500)  # a proxy asks, too, where to go
    measured: dict[Situation, list[dict[int, float]]] = {one: [] for one in situations()}
    for number in range(options.rounds):
        for situation, rounds in measured.items():
            rounds.append(cost(situation, options))
            print(f"round {number + 1} of {options.rounds}: {situation.name}", file=sys.stderr)
    print_results(options, measured)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/idle")
    parser.add_argument("--connections", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--processes", type=int, default=100,
                        help="connections where each has a process of its own")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def allow_descriptors(count: int) -> None:
    """To this process, and to those that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise SystemExit(f"{count} descriptors are needed, and {hard} allowed: see ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))


def cost(situation: Situation, options: argparse.Namespace) -> dict[int, float]:
    """Octets for each connection, at each number of them; a server of its own every time."""
    counts = sorted(options.connections)
    if situation.process_each:
        counts = [options.processes]
    with places.private_directory("idle") as directory, ExitStack() as at_the_end:
        server = situation.start(Bench(directory, counts[-1], at_the_end))
        situation.open(server.port).socket.close()  # what is made once, for the first
        time.sleep(1)
        before = memory_of(server.process.pid)
        found, clients = {}, []
        at_the_end.callback(lambda: [client.socket.close() for client in clients])
        for count in counts:
            clients += open_many(situation, server.port, count - len(clients))
            time.sleep(1)
            found[count] = (memory_of(server.process.pid) - before) / count
        return found


def open_many(situation: Situation, port: int, count: int) -> list:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(situation.open, [port] * count))


def memory_of(process: int) -> int:
    """Octets of a process and of all that it has started."""
    total = 0
    for one in with_descendants(process):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended meanwhile
        total += int(re.search(r"^Pss:\s+(\d+) kB", text, re.M)[1]) * 1024
    return total


def with_descendants(process: int) -> list[int]:
    found = [process]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def print_results(options: argparse.Namespace, measured: dict) -> None:
    print(f"\nKiB of memory for an open connection, without the kernel's; {options.rounds} rounds: "
          "median (lowest to highest)\n")
    width = max(len(one.name) for one in measured)
    for situation, rounds in measured.items():
        line = f"{situation.name:{width}}"
        for count in rounds[0]:
            sizes = [one[count] / 1024 for one in rounds]
            line += (f"  at {count}: {statistics.median(sizes):.1f}"
                     f" ({min(sizes):.1f} to {max(sizes):.1f})")
        print(line)


if __name__ == "__main__":
    main()
