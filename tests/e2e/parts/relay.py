# SPDX-License-Identifier: Apache-2.0
"""The postseal under test: configuration written as an administrator would, started, watched,
stopped; a run that a sanitizer complained about is a failed run."""
import os
import re
import time
from contextlib import suppress
from pathlib import Path

from . import places
from .activation import ServiceManager
from .process import DidNotStart, Process

COMPLAINTS = re.compile(r"AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|runtime error:")


def to_yaml(value, indent: str = "") -> str:
    """Block style for mappings and lists of mappings, flow style for the rest."""
    lines = []
    for key, entry in value.items():
        if isinstance(entry, dict):
            lines.append(f"{indent}{key}:\n{to_yaml(entry, indent + '  ')}")
        elif isinstance(entry, list) and entry and isinstance(entry[0], dict):
            lines.append(f"{indent}{key}:\n")
            for item in entry:
                block = to_yaml(item, indent + "    ")
                lines.append(f"{indent}  - {block.lstrip()}")
        elif isinstance(entry, list):
            lines.append(f"{indent}{key}: [{', '.join(_scalar(item) for item in entry)}]\n")
        else:
            lines.append(f"{indent}{key}: {_scalar(entry)}\n")
    return "".join(lines)


def _scalar(value) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    plain = re.fullmatch(r"[\w./][\w./ :-]*", text) and ": " not in text and not text.endswith(":")
    return text if plain else '"' + text.replace('"', '\\"') + '"'


def _heard(policy: dict) -> dict:
    """Most tests want to hear of a lookup that fails, and not to find the mail in the spool."""
    defaults = {"encrypt": "opportunistic", "lookup_failed": "defer"} | policy.get("defaults", {})
    return policy | {"defaults": defaults}


class Relay:
    """`settings` and `policy` are merged over what the tests share, section by section; sections that
    `lines` has, as they stand in a document, replace them."""

    def __init__(self, directory: Path, next_hop: int, *, settings: dict | None = None,
                 policy: dict | None = None, port: int | None = None, wkd: tuple = (), ca=None,
                 tls: str | None = None, lines: str = ""):
        self.directory = directory / "postseal"
        self.port = port or places.free_port()
        self.config_file = self.directory / "postseal.yaml"
        self.policy_file = self.directory / "policy.yaml"
        self.keys = self.directory / "keys"
        for folder in (self.keys, self.directory / "spool", self.directory / "run"):
            folder.mkdir(parents=True)
        chosen = self._usual(next_hop, wkd, ca)
        for section, values in (settings or {}).items():
            if values == {}:
                continue  # a section without settings is a mistake
            if isinstance(values, dict):
                chosen.setdefault(section, {}).update(values)
            else:
                chosen[section] = values
        for section in re.findall(r"^(\w+):", lines, re.M):
            chosen.pop(section)
        written = to_yaml(chosen)
        if tls:  # of the listener, as YAML in one line
            written = written.replace("    place: front\n", f"    place: front\n    tls: {tls}\n")
        self.config_file.write_text(lines + written)
        self.policy_file.write_text(to_yaml(_heard(policy or {})))
        self.process: Process | None = None
        self.manager: ServiceManager | None = None  # who passes sockets to it
        self.environment: dict[str, str] = {}       # beside what every test has

    def _usual(self, next_hop: int, wkd: tuple, ca) -> dict:
        keys = {"sources": ["directory", "store", "wkd"], "directory": "keys",
                "store": "sqlite:keys.sqlite", "deadline": "10s", "wkd": {"timeout": "8s"},
                "allow_networks": ["127.0.0.0/8"]}
        if wkd:
            keys["resolve"] = [f"{host}:443:127.0.0.1:{server.port}"
                               for server in wkd for host in server.hosts]
        if ca:
            keys["ca_file"] = ca
        return {
            "hostname": "postseal.example.org",
            "listen": [{"name": "filter", "address": f"127.0.0.1:{self.port}", "protocol": "smtp",
                        "trusted": ["127.0.0.0/8"]}],
            "next_hop": {"address": f"127.0.0.1:{next_hop}"},
            "local_domains": ["example.org"],
            "spool": {"path": "spool", "next_hop": {"address": f"127.0.0.1:{next_hop}"}},
            "runtime": {"path": "run"},
            "policy": "policy.yaml",
            "keys": keys,
            "sealers": {"executable": places.sealer(), "workers": 2, "deadline": "20s"},
        }

    def add_key(self, person, certificate: bytes | None = None) -> None:
        """Into the local key directory."""
        file = self.keys / f"{person.address}.asc"
        file.write_bytes(person.armored_certificate() if certificate is None else certificate)

    def launch(self, preexec_fn=None) -> None:
        """Starts it, and does not wait for anything."""
        leaks = 0 if preexec_fn else 1  # LeakSanitizer needs ptrace, which no sandbox grants
        argv, pass_fds = [places.POSTSEAL, "run", "--config", self.config_file], ()
        if self.manager:
            argv, pass_fds = self.manager.command(argv), self.manager.numbers
        self.process = Process(
            "postseal", argv, self.directory / "log",
            {"ASAN_OPTIONS": f"detect_leaks={leaks}:quarantine_size_mb=16",
             "UBSAN_OPTIONS": "print_stacktrace=1", **self.environment}, preexec_fn, pass_fds)

    def start(self, preexec_fn=None) -> "Relay":
        said = " listening name="
        before = self.log().count(said)
        self.launch(preexec_fn)
        try:
            # A socket that was passed to it takes connections before it has started.
            self.process.wait_for(lambda: self.log().count(said) > before or not self.manager, "start")
            self.process.wait_until_it_listens(self.port)
        except DidNotStart:
            self.process.stop()
            self.process = None  # what it said is in the exception
            raise
        return self

    def wait_until_it_takes_mail(self, seconds: float = 60) -> None:
        """A front listener's self-test has shown that the next hop is no open relay."""
        self.wait_for_log(" takes mail: ", seconds)

    def wait_for_log(self, text: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.log():
            assert time.monotonic() < deadline, f"nothing says {text!r}:\n{self.log()}"
            time.sleep(0.05)

    def log(self) -> str:
        return self.process.log() if self.process else ""

    def stop(self, expect: int = 0) -> None:
        if not self.process:
            return
        status = self.process.stop(seconds=30)
        log = self.log()
        assert not COMPLAINTS.search(log), f"a sanitizer complained:\n{log}"
        assert status == expect, f"postseal ended with {status}, not {expect}:\n{log}"

    def private_memory(self) -> int:
        """Octets of anonymous memory of the relay process alone."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1]) * 1024

    def sealers(self) -> list[int]:
        """Process ids of the sealers alive now."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        children = [word for task in tasks for word in task.read_text().split()]
        return [int(word) for word in children if _program(word) == str(places.sealer())]


def _program(process: str) -> str:
    """Nothing of one that is dead and not yet waited for."""
    with suppress(OSError):
        return os.readlink(f"/proc/{process}/exe")
    return ""


def is_sanitized() -> bool:
    """Was the build under test made with sanitizers? Their memory is not the program's."""
    cache = places.BUILD / "CMakeCache.txt"
    return "POSTSEAL_SANITIZE:BOOL=ON" in cache.read_text()
