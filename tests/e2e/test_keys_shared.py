# SPDX-License-Identifier: Apache-2.0
"""`postseal keys` on a PostgreSQL: every command says and does the same there as on a SQLite file."""
import json
import re

import pytest

from parts import mail, places
from parts.client import send
from parts.keys_command import ANSWER_IS_NO, COULD_NOT, DONE, keys
from parts.postgresql import PostgreSQL, url
from parts.relay import Relay
from parts.sink import Sink
from parts.wkd import Directory

BOB, CARL, DORA = "bob@wkd.example", "carl@wkd.example", "dora@wkd.example"
NOKEY = "clara@nokey.example"


@pytest.fixture(scope="module")
def house(directory, authority, person):
    """Relays of the same addresses on either store, each of which has sealed to Bob and Carl."""
    wkd = Directory(directory, authority, "wkd.example", "nokey.example")
    people = {address: person(address) for address in (BOB, CARL, DORA)}
    people["other"] = person(BOB, "other")
    for address in (BOB, CARL):
        wkd.publish(people[address])
    wkd.start()
    sink = Sink(places.free_port())
    server = PostgreSQL(directory).create()
    relays = []
    for name, store in (("file", "sqlite:keys.sqlite"), ("server", url(server))):
        (directory / name).mkdir()
        relay = Relay(directory / name, sink.port, wkd=(wkd,), ca=authority.certificate,
                      settings={"keys": {"store": store}}).start()
        for address in (BOB, CARL, NOKEY):
            send(relay.port, mail.SENDER, [address], mail.plain(to=address).raw)
        relay.stop()  # so that all is written
        relays.append(relay)
    yield relays, people, directory
    server.stop()
    wkd.stop()
    sink.stop()


def without_times(text: str) -> str:
    """What differs between two runs."""
    text = re.sub(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ| \d\d:\d\d UTC)", "TIME", text)
    text = re.sub(r"\d{4}-\d\d-\d\d", "DAY", text)
    text = re.sub(r'("took_ms":)\d+', r"\1N", text)
    text = re.sub(r" +\d+ ms +", " N ms ", text)
    text = re.sub(r"(?<= )\d+(s|min|h|d)(?= )", "SPAN", text)
    return re.sub(r" +", " ", text)  # columns are as wide as what stands in them


def test_every_command_comes_to_the_same_on_both_stores(house):
    relays, people, directory = house
    other = directory / "other.asc"
    other.write_bytes(people["other"].armored_certificate())
    exported = keys(relays[0], "export").stdout
    theirs = people[BOB].fingerprint()
    commands = [
        (DONE, "list"), (DONE, "list", "--all", "--json"), (DONE, "list", "--domain", "wkd.example"),
        (DONE, "show", BOB), (DONE, "show", BOB, "--json"), (ANSWER_IS_NO, "show", "nobody@wkd.example"),
        (DONE, "find", BOB), (DONE, "find", BOB, "--json"), (ANSWER_IS_NO, "find", NOKEY),
        (DONE, "pin", BOB, other, "--note", "by telephone"), (DONE, "find", BOB, "--json"),
        (DONE, "pin", BOB, theirs), (DONE, "pin", CARL, "A" * 40), (DONE, "list", "--json"),
        (DONE, "unpin", BOB), (ANSWER_IS_NO, "unpin", BOB), (DONE, "unpin", CARL, "--json"),
        (DONE, "import", other, "--note", "from the fair"), (DONE, "show", BOB), (DONE, "import", other),
        (DONE, "unpin", BOB, "--imported"),
        (DONE, "import", "-"), (DONE, "import", "-", "--json"),
        (DONE, "export"), (DONE, "export", "--domain", "nokey.example"), (DONE, "export", "--keys", CARL),
        (DONE, "refresh", BOB, CARL), (DONE, "refresh", "--all", "--json"),
        (COULD_NOT, "delete", CARL), (DONE, "delete", CARL, "--yes"), (ANSWER_IS_NO, "delete", CARL, "--yes"),
        (DONE, "import", "-", "--address", CARL), (DONE, "list", "--json"),
        (DONE, "forget-domain", "wkd.example", "--yes", "--json"), (ANSWER_IS_NO, "show", BOB),
        (DONE, "list", "--all"), (DONE, "import", "-"), (DONE, "export"),
    ]
    for status, *words in commands:
        data = exported if "-" in words else None
        file, server = (keys(relay, *words, data=data) for relay in relays)
        assert (file.returncode, server.returncode) == (status, status), (words, server.err, file.err)
        assert without_times(server.out) == without_times(file.out), words
        assert without_times(server.err) == without_times(file.err), words
        assert file.out + file.err, words


def test_revocation_goes_from_one_store_to_the_other_and_stays(house):
    (file, server), people, _ = house
    dora = people[DORA]
    good = dora.certificate()
    dora.revoke()
    assert keys(file, "import", "-", data=dora.certificate()).returncode == ANSWER_IS_NO
    done = keys(server, "import", "-", data=keys(file, "export").stdout)
    assert done.returncode == DONE, done.err
    shown = json.loads(keys(server, "show", DORA, "--json").out)
    assert [one["revoked"] for one in shown["rejected"]] == [True]
    assert keys(server, "delete", DORA, "--yes").returncode == ANSWER_IS_NO  # nothing else is known
    refused = keys(server, "import", "-", data=good)
    assert refused.returncode == ANSWER_IS_NO and "it may not be used: revoked" in refused.err


def test_server_that_is_away_is_said(house, place):
    (_, relay), *_ = house
    away = PostgreSQL(place, "away")
    config = relay.config_file.read_text()
    moved = place / "postseal.yaml"
    moved.write_text(re.sub(r"store: .*", f'store: "{url(away)}"', config))
    for name in ("policy.yaml", "keys"):
        (place / name).symlink_to(relay.config_file.parent / name)
    relay.config_file, before = moved, relay.config_file
    try:
        for words in (("list",), ("show", BOB), ("export",)):
            done = keys(relay, *words)
            assert done.returncode == COULD_NOT and "the key store cannot be read: " in done.err, done.err
    finally:
        relay.config_file = before
