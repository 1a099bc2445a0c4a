# SPDX-License-Identifier: Apache-2.0
"""`postseal keys import` of records that somebody has changed, and of keys with several addresses: of a
key only that counts which GnuPG finds in it."""
import json
import time
from types import SimpleNamespace

import pytest

from parts.gnupg import Person
from parts.keys_command import ANSWER_IS_NO, DONE, keys, objects
from parts.relay import Relay

BOB, ROBERT, DORA = "bob@wkd.example", "robert@wkd.example", "dora@wkd.example"
NOW = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
LATER = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))


@pytest.fixture(scope="module")
def people(person):
    made = SimpleNamespace(bob=person(BOB), dora=person(DORA), other=person(BOB, "other"))
    made.bob.gpg("--quick-add-uid", BOB, f"Robert <{ROBERT}>")
    made.good = made.dora.certificate()
    made.dora.revoke()
    made.bad = made.dora.certificate()
    return made


@pytest.fixture
def relay(place, sink):
    """With a store in which nothing is."""
    made = Relay(place, sink.port)
    made.start()
    made.stop()
    return made


@pytest.fixture
def line_of(people, relay):
    """What `export` writes of a certificate that was given, as an object; the store forgets it."""
    def make(address: str, certificate: bytes) -> dict:
        assert keys(relay, "import", "-", "--address", address, data=certificate).returncode == DONE
        *_, line = keys(relay, "export").out.splitlines()
        assert keys(relay, "delete", address, "--yes").returncode == DONE
        return json.loads(line)
    return make


def take(relay, *lines: dict, words: tuple = ()):
    head = keys(relay, "export").out.splitlines()[0]
    text = "\n".join([head, *map(json.dumps, lines)])
    return keys(relay, "import", "-", *words, data=text.encode())


def rejected(line: dict, revoked: bool) -> dict:
    (given,) = line["given"]
    return {"address": line["address"], "rejected": [{
        "fingerprint": given["fingerprint"], "revoked": revoked, "seen": NOW,
        "certificate": given["certificate"]}]}


def test_word_ends_no_key_and_a_revocation_does(people, relay, line_of):
    line = line_of(DORA, people.good)
    done = take(relay, rejected(line, True))
    fingerprint = people.dora.fingerprint()
    assert done.returncode == ANSWER_IS_NO
    assert f"input:2: not taken: {DORA}: it calls {fingerprint} revoked, and its certificate has no" in done.err
    assert keys(relay, "show", DORA).returncode == ANSWER_IS_NO

    line["given"][0]["certificate"] = bytes_of_revoked(relay, people, line)
    done = take(relay, rejected(line, False))  # what the line says of it does not count
    assert done.returncode == DONE, done.err
    (shown,) = objects(keys(relay, "show", "--json", DORA))
    assert [(one["fingerprint"], one["revoked"]) for one in shown["rejected"]] == [(fingerprint, True)]
    refused = keys(relay, "import", "-", data=people.good)
    assert refused.returncode == ANSWER_IS_NO and "it may not be used: revoked" in refused.err


def bytes_of_revoked(relay, people, line) -> str:
    """The certificate in base64, cleaned."""
    assert keys(relay, "import", "-", data=people.bad).returncode == ANSWER_IS_NO
    (shown,) = objects(keys(relay, "show", "--json", DORA))
    (one,) = shown["rejected"]
    assert one["certificate"] != line["given"][0]["certificate"]
    return one["certificate"]


def test_key_is_as_gnupg_sees_it(people, relay, line_of):
    line = line_of(DORA, people.good)
    certificate = line["given"][0]["certificate"]
    key = {"fingerprint": people.dora.fingerprint(), "algorithm": "rsa512", "created": NOW,
           "expires": None, "encryption_keys": [people.dora.subkey_id()], "certificate": certificate}
    found = {"outcome": "found", "source": "wkd", "on_the_word_of": "administrator", "reason": "",
             "asked": NOW, "fresh_until": "2999-01-01T00:00:00Z", "key": key}
    assert take(relay, {"address": DORA, "remembered": found}).returncode == DONE
    (one,) = objects(keys(relay, "list", "--json"))
    assert one["state"] == "found" and one["algorithm"] == "cv25519"
    assert one["expires"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end_of(people.dora)))
    assert one["fresh_until"] < time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400 + 600))
    (shown,) = objects(keys(relay, "show", "--json", DORA))
    assert shown["remembered"]["on_the_word_of"] == "domain"


def end_of(person: Person) -> int:
    """As gpg tells it, in seconds since 1970."""
    listing = person.gpg("--with-colons", "--list-keys", person.address).decode()
    return int(next(line.split(":")[6] for line in listing.splitlines() if line.startswith("pub:")))


def test_pins_that_a_file_sets_are_said_and_nothing_is_from_the_future(people, relay, line_of):
    theirs, others = line_of(BOB, people.bob.certificate()), line_of(BOB, people.other.certificate())
    for line in (theirs, others):
        line["given"][0]["pinned"] = True
    first, second = (line["given"][0]["fingerprint"] for line in (theirs, others))
    theirs["given"][0]["since"] = "2020-01-01T00:00:00Z"
    done = take(relay, theirs)
    assert f"standard input:2: {BOB} is pinned to {first}\n" in done.out, done.out + done.err
    assert "pinned" not in take(relay, theirs).out
    others["given"][0]["since"] = LATER
    done = take(relay, others)
    assert done.returncode == ANSWER_IS_NO and f"given {second}: {LATER} is in the future" in done.err
    assert state_of(relay, BOB) == ("pinned", first)
    others["given"][0]["since"] = NOW
    done = take(relay, others, words=("--json",))
    (said,) = objects(done)
    assert said["pins"] == [{"address": BOB, "fingerprint": second, "instead_of": first}]


def test_every_key_that_a_file_brings_is_said(people, relay, line_of):
    ours, theirs = line_of(BOB, people.bob.certificate()), line_of(BOB, people.other.certificate())
    good, evil = (line["given"][0]["fingerprint"] for line in (ours, theirs))
    before, text = f"standard input:2: {BOB} may be sealed to ", " now (imported)\n"
    assert before + good + text in take(relay, ours).out
    assert "may be" not in take(relay, ours).out
    assert before + evil + text in take(relay, theirs).out

    assert keys(relay, "delete", BOB, "--yes").returncode == DONE
    line = {"address": BOB, "remembered": found(theirs, people.other),
            "sealed": {"last": NOW, "fingerprint": evil, "expires": None, "on_the_word_of": "domain"}}
    (said,) = objects(take(relay, line, words=("--json",)))
    assert said["keys"] == [{"address": BOB, "fingerprint": evil, "state": "found"}]
    ours["given"][0]["pinned"] = True
    (said,) = objects(take(relay, ours, words=("--json",)))
    assert said["keys"] == [{"address": BOB, "fingerprint": good, "state": "pinned"}]
    assert keys(relay, "delete", BOB, "--yes").returncode == DONE
    assert take(relay, ours).returncode == DONE
    (said,) = objects(take(relay, theirs, words=("--json",)))  # it is not used beside the pin
    assert (said["changed"], said["keys"], said["pins"]) == (1, [], [])


def test_no_line_says_to_which_key_mail_was_sealed_here(people, relay, line_of):
    theirs = line_of(BOB, people.other.certificate())
    evil, key = theirs["given"][0]["fingerprint"], people.bob.fingerprint()
    sealed = {"last": "2026-01-01T00:00:00Z", "fingerprint": key, "expires": None, "on_the_word_of": "domain"}
    assert take(relay, {"address": BOB, "sealed": sealed}).returncode == DONE
    take(relay, {"address": BOB, "remembered": found(theirs, people.other),
                 "sealed": dict(sealed, last=NOW, fingerprint=evil, on_the_word_of="administrator")})
    (shown,) = objects(keys(relay, "show", "--json", BOB))
    assert shown["sealed"] == dict(sealed, last=NOW)
    (said,) = objects(keys(relay, "find", "--json", BOB))
    assert said["result"]["replaces"] == key


def found(line: dict, person: Person) -> dict:
    """The certificate in the line, as if the domain had served it now."""
    (given,) = line["given"]
    return {"outcome": "found", "source": "wkd", "on_the_word_of": "domain", "reason": "", "asked": NOW,
            "fresh_until": "2999-01-01T00:00:00Z",
            "key": {"fingerprint": given["fingerprint"], "algorithm": "cv25519", "created": NOW, "expires": None,
                    "encryption_keys": [person.subkey_id()], "certificate": given["certificate"]}}


def state_of(relay, address: str) -> tuple:
    (one,) = [each for each in objects(keys(relay, "list", "--json")) if each["address"] == address]
    return one["state"], one["fingerprint"]


def test_key_of_several_addresses_is_taken_for_those_that_are_meant(people, relay):
    certificate = people.bob.certificate()
    done = keys(relay, "import", "-", data=certificate)
    assert done.returncode == ANSWER_IS_NO
    assert f"it names several addresses: {people.bob.fingerprint()} has {BOB}, {ROBERT}. Say --address" in done.err
    assert keys(relay, "list").out.startswith("No address here")
    assert keys(relay, "import", "-", "--address", ROBERT, data=certificate).returncode == DONE
    assert [one["address"] for one in objects(keys(relay, "list", "--json"))] == [ROBERT]
    done = keys(relay, "import", "-", "--address", ROBERT, "--address", BOB, data=certificate)
    assert "1 address changed, 1 as before, 0 refused" in done.out, done.out
    assert keys(relay, "unpin", "--imported", BOB).returncode == DONE
    done = keys(relay, "import", "-", "--yes", data=certificate)
    assert "1 address changed, 1 as before, 0 refused" in done.out, done.out


def test_file_of_several_addresses_is_taken_for_those_that_are_meant(people, relay):
    both = people.other.certificate() + people.good
    done = keys(relay, "import", "-", data=both)
    assert done.returncode == ANSWER_IS_NO
    assert (f"several addresses: {people.other.fingerprint()} has {BOB}; {people.dora.fingerprint()} has {DORA}. Say"
            in done.err)
    parts = [people.bob.gpg("--export", "--export-filter", f"keep-uid=mbox = {uid}") for uid in (BOB, ROBERT)]
    done = keys(relay, "import", "-", data=b"".join(parts))  # one key, once for each
    assert done.returncode == ANSWER_IS_NO
    assert f"several addresses: {people.bob.fingerprint()} has {BOB}, {ROBERT}. Say" in done.err, done.err
    assert keys(relay, "list").out.startswith("No address here")
    done = keys(relay, "import", "-", "--yes", data=both)
    assert "2 addresses changed" in done.out, done.out


def test_many_lines_are_judged_at_once_and_none_is_lost(people, relay, line_of):
    line = line_of(DORA, people.good)
    bare = {key: value for key, value in line.items() if key != "given"}
    lines = [dict(bare, address=f"user{number:03}@wkd.example",
                  sealed={"last": NOW, "expires": None, "on_the_word_of": "domain"})
             for number in range(450)]
    done = take(relay, *lines, line, line, words=())
    assert "451 addresses changed, 1 as before, 0 refused" in done.out, done.out + done.err
    assert len(objects(keys(relay, "list", "--json"))) == 451


def test_no_address_and_no_note_turns_the_terminal_around(people, relay, line_of):
    turned, odd = "b\u202eob@wkd.example", "sealed\u2066\u200b at night"
    key = line_of(DORA, people.good)["given"][0]["fingerprint"]
    pin = {"fingerprint": key, "pinned": True, "note": odd, "since": NOW}
    assert take(relay, {"address": turned, "given": [pin]}).returncode == DONE
    commands = [("list",), ("list", "--json"), ("show", turned), ("show", turned, "--json"), ("find", turned),
                ("find", turned, "--json"), ("export",), ("refresh", turned), ("refresh", turned, "--json"),
                ("pin", turned, key), ("unpin", turned), ("unpin", turned), ("import", "-", "--address", turned),
                ("delete", turned), ("delete", turned, "--json"), ("delete", turned, "--yes")]
    for words in commands:
        exported = keys(relay, "export")
        done = keys(relay, *words, data=people.good if "import" in words else None)
        said = done.out + done.err
        assert not set(said) & set("\u202e\u2066\u200b"), words
        if words[-1] == "--json" and words[0] in ("list", "show"):
            assert objects(done)[0]["address"] == turned
        if words == ("export",):
            assert turned in json.loads(done.out.splitlines()[1]).values()
            again = keys(relay, "import", "-", data=exported.stdout)
            assert "0 addresses changed, 1 as before" in again.out
        elif words[0] == "show" and len(words) == 2:
            assert "b?ob@wkd.example" in said and "sealed?? at" in said, said


def test_without_gnupg_nothing_is_believed(people, relay, line_of):
    line = line_of(DORA, people.good)
    config = relay.config_file.read_text()
    relay.config_file.write_text(config.replace("sealers:\n", "sealers:\n  gpg: /bin/false\n"))
    done = take(relay, line)
    assert "input:2: no key from there on could be judged" in done.err, done.err + done.out
    relay.config_file.write_text(config)
    assert keys(relay, "show", DORA).returncode == ANSWER_IS_NO


FAILS_AT_DORA = """\
#!/bin/bash
# The certificate is in the last word's descriptor. Without a word of the end, it was not judged.
for word; do
    [[ $before == --status-fd ]] && status=$word
    before=$word
done
if [[ $before != -\\&* ]]; then exec /usr/bin/gpg "$@"; fi
given=$(base64 --wrap=0 <&"${before#-&}")
if base64 --decode <<<"$given" | grep --quiet --text dora@; then eval "exec $status>/dev/null"; fi
base64 --decode <<<"$given" | /usr/bin/gpg "${@:1:$#-1}" -
"""


def test_key_at_which_gnupg_fails_stops_no_other(people, relay, line_of, place):
    good, bad = line_of(BOB, people.bob.certificate()), line_of(DORA, people.good)
    program = place / "gpg"
    program.write_text(FAILS_AT_DORA)
    program.chmod(0o755)
    config = relay.config_file.read_text()
    relay.config_file.write_text(config.replace("sealers:\n", f"sealers:\n  gpg: {program}\n"))
    for counted in ("1 address changed, 0 as before", "0 addresses changed, 1 as before"):
        done = take(relay, good, bad)
        assert done.returncode == ANSWER_IS_NO, done.err
        assert f"{DORA}: the key {people.dora.fingerprint()} could not be judged" in done.err, done.err
        assert counted + ", 1 refused" in done.out, done.out
