# SPDX-License-Identifier: Apache-2.0
"""Key directories made by GnuPG's own tool, asked by gpg with dirmngr, by sq and by postseal: they ask
for the same and find the same."""
import re
import urllib.parse
from types import SimpleNamespace

import pytest

from parts import mail, places
from parts.certificates import Authority
from parts.key_corpus import CURVES, Gpg, run
from parts.relay import Relay
from parts.wkd import Directory
from parts.world import World

WKS_CLIENT = "/usr/lib/gnupg/gpg-wks-client"
DOMAIN = "partner.org"   # serves its keys as openpgpkey.partner.org
DIRECT = "direct.org"    # has no such host, and serves them itself
PUBLISHED = [f"bob@{DOMAIN}", f"Joe.Doe@{DOMAIN}", f"user+tag@{DOMAIN}", f"o'brien@{DOMAIN}",
             f"under_score-dash@{DOMAIN}", f"jürgen@{DOMAIN}", f"x@{DOMAIN}", f"anna@{DIRECT}"]
UNASKED = {("sq", f"jürgen@{DOMAIN}")}  # "invalid uri character", it says
NOT_PUBLISHED = [f"nobody@{DOMAIN}", f"nobody@{DIRECT}"]


class Clients:
    """What each of the three finds for an address (fingerprints of primary keys), and what it asked."""

    def __init__(self, world: World, wkd: Directory, relay: Relay, directory):
        self.world, self.wkd, self.relay = world, wkd, relay
        self.home = directory / "finder"
        self.home.mkdir(mode=0o700)
        (self.home / "dirmngr.conf").write_text("standard-resolver\n")

    def gpg(self, address: str) -> list[str]:
        gpg = ["gpg", "--homedir", self.home, "--batch", "--with-colons", "--charset", "utf-8"]
        done = self.world.run(*gpg, "--auto-key-locate", "clear,nodefault,wkd", "--locate-external-keys",
                              address)
        return _primary_keys(done.stdout)

    def sq(self, address: str) -> list[str]:
        served = self.world.run("sq", "wkd", "get", "--binary", address)
        if served.returncode != 0:
            return []
        return _primary_keys(run(["gpg", "--homedir", self.home, "--batch", "--with-colons",
                                  "--show-keys"], served.stdout))

    def postseal(self, address: str) -> list[str]:
        done = self.world.run(places.POSTSEAL, "explain", "--config", self.relay.config_file, "--from",
                              mail.SENDER, "--to", address, ASAN_OPTIONS="detect_leaks=0")
        assert b"Sanitizer" not in done.stderr, done.stderr
        return re.findall(r"^  key +([0-9A-F]{40}), cv25519 \(wkd\)$", done.stdout.decode(), re.M)

    def asks(self, client: str, address: str) -> SimpleNamespace:
        before = len(self.wkd.requests())
        found = getattr(self, client)(address)
        lines = self.wkd.requests()[before:].splitlines()
        asked = [line.split('"')[1].split()[1] for line in lines]
        return SimpleNamespace(found=found, asked=[one for one in asked if "/hu/" in one])

    def stop(self) -> None:
        run(["gpgconf", "--homedir", self.home, "--kill", "all"])


def _primary_keys(listing: bytes) -> list[str]:
    lines = [line.split(":") for line in listing.decode().splitlines()]
    return [after[9] for before, after in zip(lines, lines[1:]) if before[0] == "pub"]


@pytest.fixture(scope="module")
def owners(directory):
    gpg = Gpg(directory)
    gpg.generate({address: CURVES for address in PUBLISHED})
    yield gpg
    gpg.stop()


@pytest.fixture(scope="module")
def clients(directory, owners):
    authority = Authority(directory)
    hosts = [f"openpgpkey.{DOMAIN}", DOMAIN, DIRECT]
    wkd = Directory(directory, authority, others=tuple(hosts), port=443)
    for address in PUBLISHED:
        file = directory / "one.key"
        file.write_bytes(owners.export(address))
        run(["env", f"GNUPGHOME={owners.home}", WKS_CLIENT, "-C", wkd.tree, "--install-key", file, address])
    (wkd.tree / DIRECT / "hu").rename(wkd.tree / "hu")  # where the direct method has it
    patient = {"sources": ["wkd"], "deadline": "60s", "wkd": {"timeout": "30s"}}
    relay = Relay(directory, places.free_port(), settings={"keys": patient})
    world = World(directory, authority, *hosts)
    try:
        wkd.start(world)
        asking = Clients(world, wkd, relay, directory)
        yield asking
        asking.stop()
    finally:
        wkd.stop()
        world.stop()


@pytest.mark.parametrize("address", PUBLISHED)
def test_all_find_the_key_that_was_published(clients, owners, address):
    published = owners.fingerprints(address)[:1]
    names = [client for client in ("gpg", "sq", "postseal") if (client, address) not in UNASKED]
    answers = {client: clients.asks(client, address) for client in names}
    assert {client: one.found for client, one in answers.items()} == dict.fromkeys(names, published)
    paths = {client: [url.partition("?")[0] for url in one.asked] for client, one in answers.items()}
    assert paths == dict.fromkeys(names, paths["gpg"])
    local_part = address.rsplit("@", 1)[0]
    for client, one in answers.items():
        (told,) = urllib.parse.parse_qs(one.asked[0].partition("?")[2])["l"]
        # GnuPG writes it in lower case, which the draft does not say. Neither it nor sq escapes a plus.
        expected = local_part.lower() if client == "gpg" else local_part
        assert told == (expected if client == "postseal" else expected.replace("+", " "))


@pytest.mark.parametrize("address", NOT_PUBLISHED)
def test_none_finds_a_key_that_was_not_published(clients, address):
    for client in ("gpg", "sq", "postseal"):
        answer = clients.asks(client, address)
        assert (answer.found, len(answer.asked)) == ([], 1), client
