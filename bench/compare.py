# SPDX-License-Identifier: Apache-2.0
"""Sends the same mail by different ways, round after round, and prints how they compare.

The ways take turns within each round, so that whatever else the machine does in these minutes hits
all of them; what is printed is the median of the rounds' ratios and how far they spread."""
import argparse
import statistics
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/e2e"))

from parts import places  # noqa: E402
from ways import open_ways  # noqa: E402


def main() -> None:
    options = arguments()
    with places.private_directory("bench") as directory, ExitStack() as at_the_end:
        ways = open_ways(directory, options, at_the_end)
        for way in ways:
            way.warm_up()
        rounds = []
        for number in range(options.rounds):
            rounds.append({way.name: way.messages_per_second() for way in ways})
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        print_results(options, ways, rounds)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--messages", type=int, default=3000, help="a round; sealing a tenth of it")
    parser.add_argument("--size", type=int, default=2000, help="octets of the body")
    parser.add_argument("--sessions", type=int, default=20, help="clients at once")
    parser.add_argument("--reuse", action="store_true", help="many messages to a connection")
    return parser.parse_args()


def print_results(options: argparse.Namespace, ways: list, rounds: list[dict]) -> None:
    connections = "connections reused" if options.reuse else "a new connection for each message"
    print(f"\n{options.size} octets a message, {options.sessions} sessions, {connections};\n"
          f"{options.rounds} rounds; ratio: median of the rounds (lowest to highest)\n")
    width = max(len(way.name) for way in ways)
    print(f"{'':{width}}  {'messages/s':>10}  ratio")
    for way in ways:
        rates = [one[way.name] for one in rounds]
        line = f"{way.name:{width}}  {statistics.median(rates):10.0f}"
        for other in way.compared_with:
            ratios = [one[way.name] / one[other] for one in rounds]
            line += (f"  {statistics.median(ratios):.2f} of {other}"
                     f" ({min(ratios):.2f} to {max(ratios):.2f})")
        print(line)
    direct = [one[ways[0].name] for one in rounds]
    noise = (max(direct) - min(direct)) / statistics.median(direct)
    print(f"\nNoise: {ways[0].name} itself moved by {noise:.0%} from round to round.")


if __name__ == "__main__":
    main()
