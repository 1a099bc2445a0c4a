# SPDX-License-Identifier: Apache-2.0
"""Writes to 1,000 people whose keys are in the directories of 500 slow domains, and prints how long it
took beside bare curl of the same URLs.

Each round has a relay of its own, and curl's turn beside it. The same mails are sent three times: when
nothing is known ("cold"), when every finding has just run out but GnuPG has judged the keys already
("judged": what is left of a look-up without the sealers' part), and when all is known ("warm").
A refusal for now (4xx) is tried again after a second, as a mail server would, if less patiently."""
import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/e2e"))

from correspondents import Correspondent, correspondents, publish  # noqa: E402
from parts import mail, places  # noqa: E402
from parts.certificates import Authority  # noqa: E402
from parts.client import Refused, send  # noqa: E402
from parts.process import Process  # noqa: E402
from parts.relay import Relay  # noqa: E402
from ways import start_sink  # noqa: E402

AT_ONCE = 300  # requests that curl has under way: its utmost. postseal may have 512 (keys/https_worker)
SINGLES = 10  # people who get a mail of their own, one after another
TARGET, LONGEST = 60, 300  # seconds
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    options = arguments()
    with places.private_directory("keys") as directory, ExitStack() as at_the_end:
        bench = Bench(directory, options, at_the_end)
        rounds = []
        for number in range(options.rounds):
            rounds.append(bench.measure(number))
            print(f"round {number + 1} of {options.rounds}: {rounds[-1]}", file=sys.stderr)
        print_results(options, rounds)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/keys")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--domains", type=int, default=500, help="two recipients in each")
    parser.add_argument("--latency", type=int, default=200, help="milliseconds before each answer")
    parser.add_argument("--mails", type=int, default=10, help="sent at once, to all recipients")
    return parser.parse_args()


class Bench:
    """The servers around the relay, and one round."""

    def __init__(self, directory: Path, options: argparse.Namespace, at_the_end: ExitStack):
        self.directory, self.mails = directory, options.mails
        self.people = correspondents(0, options.domains)
        self.singles = correspondents(5000, options.rounds * SINGLES)[::2]
        self.authority = Authority(directory)
        print("making keys", file=sys.stderr)
        publish(self.people + self.singles, directory, self.authority)
        self.sink = start_sink(directory, at_the_end)
        self.port = places.free_port()
        self.server = Process("slow directory", [
            sys.executable, "-B", Path(__file__).parent / "slow_directory.py", self.port, directory,
            options.latency], directory / "answers")
        at_the_end.callback(self.server.stop)
        self.server.wait_until_it_listens(self.port)

    def measure(self, number: int) -> dict[str, float]:
        """Seconds, and what else is counted, by name."""
        seen = {"curl": self.curl(self.people)}
        relay = self.relay(number)
        relay.start()
        try:
            store = relay.directory / "keys.sqlite"
            seen |= self.write_to_all(relay, "cold")
            with closing(sqlite3.connect(store, timeout=30)) as findings, findings:
                findings.execute("UPDATE findings SET fresh_until = asked - 1")
            seen |= self.write_to_all(relay, "judged")
            seen |= self.write_to_all(relay, "warm")
            seen |= self.write_to_each(relay, self.singles[number * SINGLES:][:SINGLES])
        finally:
            relay.stop()
        return seen

    def relay(self, number: int) -> Relay:
        return Relay(
            self.directory / f"round-{number}", self.sink, ca=self.authority.certificate,
            policy={"defaults": {"encrypt": "required"}},
            settings={"keys": {"resolve": [f"*:443:127.0.0.1:{self.port}"], "deadline": "10s",
                               "wkd": {"timeout": "5s"}},
                      "sealers": {"workers": os.cpu_count() + 1, "deadline": "30s"}})

    def write_to_all(self, relay: Relay, name: str) -> dict[str, float]:
        share = len(self.people) // self.mails
        portions = [self.people[first:first + share]
                    for first in range(0, len(self.people), share)]
        relay_before, sealers_before = cpu_seconds(relay)
        started = time.monotonic()
        with ThreadPoolExecutor(len(portions) + 1) as threads:
            finding = threads.submit(seconds_until_found, relay, len(self.people))
            refusals = sum(threads.map(lambda portion: deliver(relay.port, portion), portions))
            taken = time.monotonic() - started
            found = finding.result()
        relay_now, sealers_now = cpu_seconds(relay)
        return {f"{name} found": found, f"{name} taken": taken, f"{name} refusals": refusals,
                f"{name} relay CPU": relay_now - relay_before,
                f"{name} sealers CPU": sealers_now - sealers_before,
                f"{name} answers": self.last_answer() - started}

    def write_to_each(self, relay: Relay, people: list[Correspondent]) -> dict[str, float]:
        took: dict[str, list[float]] = {"one by curl": [], "one cold": [], "one warm": []}
        for person in people:
            took["one by curl"].append(self.curl([person]))
            for name in ("one cold", "one warm"):
                started = time.monotonic()
                deliver(relay.port, [person])
                took[name].append(time.monotonic() - started)
        return {name: statistics.median(times) for name, times in took.items()}

    def curl(self, people: list[Correspondent]) -> float:
        """Seconds that curl takes for their URLs, with a connection for each in turn."""
        config = self.directory / "curl.config"
        config.write_text("".join(f'url = "{one.url}"\noutput = "/dev/null"\n' for one in people))
        started = time.monotonic()
        subprocess.run(["curl", "--disable", "--no-progress-meter", "--fail", "--http1.1",
                        "--parallel", "--parallel-immediate", "--parallel-max", str(AT_ONCE),
                        "--cacert", self.authority.certificate, "--max-time", str(LONGEST),
                        "--connect-to", f"::127.0.0.1:{self.port}", "--config", config],
                       check=True)
        return time.monotonic() - started

    def last_answer(self) -> float:
        return float(self.server.log().splitlines()[-1].split()[0])


def deliver(port: int, people: list[Correspondent]) -> int:
    """How often it was refused for now, until it was taken."""
    addresses = [one.address for one in people]
    message = mail.plain(to=",\n ".join(addresses)).raw
    give_up = time.monotonic() + LONGEST
    for refusals in range(LONGEST):
        try:
            send(port, mail.SENDER, addresses, message)
            return refusals
        except Refused as refused:
            if refused.code >= 500 or time.monotonic() > give_up:
                raise
        time.sleep(1)
    raise SystemExit("never taken")


def seconds_until_found(relay: Relay, people: int) -> float:
    """Until the store has a fresh key for so many."""
    started = time.monotonic()
    with closing(sqlite3.connect(f"file:{relay.directory}/keys.sqlite?mode=ro", uri=True,
                                 timeout=30)) as store:
        while time.monotonic() - started < LONGEST:
            (known,) = store.execute("SELECT count(*) FROM findings WHERE outcome = 'found' "
                                     "AND fresh_until > unixepoch()").fetchone()
            if known >= people:
                return time.monotonic() - started
            time.sleep(0.05)
    raise SystemExit(f"{known} of {people} keys were found in {LONGEST} s")


def cpu_seconds(relay: Relay) -> tuple[float, float]:
    """Of the relay, and of its sealers with all that they have waited for."""
    def times(process: int) -> list[int]:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        return [int(field) for field in fields[11:15]]
    own = sum(times(relay.process.pid)[:2])
    return own / TICKS, sum(sum(times(sealer)) for sealer in relay.sealers()) / TICKS


def print_results(options: argparse.Namespace, rounds: list[dict[str, float]]) -> None:
    people = len(correspondents(0, options.domains))
    print(f"\n{people} recipients, {options.domains} domains, {options.latency} ms before each answer, "
          f"{options.mails} mails at once;\n{options.rounds} rounds: median (lowest to highest)\n")

    def line(title: str, name: str, beside: str) -> None:
        times = [one[name] for one in rounds]
        ratios = [one[name] / one[beside] for one in rounds]
        print(f"{title:47} {spread(times, ' s')}   {spread(ratios, '')} of curl")

    line(f"bare curl, {AT_ONCE} at once", "curl", "curl")
    for name, title in (("cold", "nothing known"), ("judged", "keys judged before"),
                        ("warm", "all known")):
        if name != "warm":
            line(f"{title}: the last answer was served", f"{name} answers", "curl")
            line(f"{title}: every key is in the store", f"{name} found", "curl")
        line(f"{title}: every mail was taken", f"{name} taken", "curl")
    print()
    line("one recipient: bare curl", "one by curl", "one by curl")
    line("one recipient, nothing known: mail taken", "one cold", "one by curl")
    line("one recipient, all known: mail taken", "one warm", "one by curl")
    print()
    for name in ("cold", "judged", "warm"):
        print(f"{name}: CPU of the relay {spread([one[f'{name} relay CPU'] for one in rounds], ' s')}, "
              f"of the sealers {spread([one[f'{name} sealers CPU'] for one in rounds], ' s')}; "
              f"mails refused for now {spread([one[f'{name} refusals'] for one in rounds], '')}")
    judging = [1 - one["judged found"] / one["cold found"] for one in rounds]
    print(f"The sealers' judgement of the keys is {spread(judging, '')} of the time to find them.")
    slowest = max(one["cold taken"] for one in rounds)
    print(f"All sealed and taken within {TARGET} s: {'yes' if slowest <= TARGET else 'NO'} "
          f"({slowest:.1f} s at the most)")
    moved = [one["curl"] for one in rounds]
    print(f"Noise: curl itself moved by {(max(moved) - min(moved)) / statistics.median(moved):.0%} "
          "from round to round.")


def spread(values: list[float], unit: str) -> str:
    return f"{statistics.median(values):.2f}{unit} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
