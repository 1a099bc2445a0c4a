# SPDX-License-Identifier: Apache-2.0
"""`postseal keys`, typed while a relay runs on the same store: what it prints, and that the next mail
obeys."""
import json
import re
import subprocess
from types import SimpleNamespace

import pytest

from parts import mail, places, structure
from parts.client import Refused, send
from parts.gnupg import Person, recipients_of
from parts.keys_command import ANSWER_IS_NO, COULD_NOT, DONE, keys, objects
from parts.relay import Relay
from parts.sink import Sink
from parts.split import wait_until
from parts.wkd import Directory

BOB, CARL, NOKEY = "bob@wkd.example", "carl@wkd.example", "clara@nokey.example"
COMMANDS = ("find", "list", "show", "pin", "unpin", "import", "export", "delete", "refresh",
            "forget-domain")


@pytest.fixture(scope="module")
def house(directory, authority, person):
    """A running relay that has sealed to Bob and Carl, and sent to Clara in clear."""
    wkd = Directory(directory, authority, "wkd.example", "nokey.example")
    people = {BOB: person(BOB), CARL: person(CARL), "other": person(BOB, "other"), NOKEY: person(NOKEY)}
    for address in (BOB, CARL):
        wkd.publish(people[address])
    wkd.start()
    sink = Sink(places.free_port())
    relay = Relay(directory, sink.port, wkd=(wkd,), ca=authority.certificate)
    relay.start()
    made = SimpleNamespace(relay=relay, wkd=wkd, sink=sink, people=people, authority=authority)
    for address in (BOB, CARL, NOKEY):
        mail_to(made, address)
    yield made
    relay.stop()
    wkd.stop()
    sink.stop()


def mail_to(house, address: str) -> str:
    """Sends one, and says to which key it was sealed: the key ID, or `clear`."""
    count = len(house.sink.accepted())
    send(house.relay.port, mail.SENDER, [address], mail.plain(to=address).raw)
    content = house.sink.wait_for(count + 1)[count].content
    if b"BEGIN PGP MESSAGE" not in content:
        return "clear"
    (key,) = recipients_of(structure.ciphertext(content))
    return key


def write_file(place, name: str, octets: bytes):
    file = place / name
    file.write_bytes(octets)
    return file


def test_each_command_has_its_help():
    for command in COMMANDS:
        done = subprocess.run([places.POSTSEAL, "keys", command, "--help"], capture_output=True,
                              text=True, check=False)
        assert done.returncode == DONE and "--json" in done.stdout, command


def test_list_shows_who_has_a_key_and_all_shows_the_others(house):
    # To whom it was sealed is written a moment after the mail has been answered for.
    wait_until(lambda: all("sealed    last on " in keys(house, "show", one).out for one in (BOB, CARL)))
    done = keys(house, "list")
    assert done.returncode == DONE, done.err
    head, *lines = [line.split() for line in done.out.splitlines() if line and "left out" not in line]
    assert head == ["ADDRESS", "STATE", "FINGERPRINT", "ALGORITHM", "SOURCE", "EXPIRES", "ASKED",
                    "NEXT", "SEALED"]
    by_address = {line[0]: line for line in lines}
    bob = by_address[BOB]
    assert bob[1] == "found" and bob[2] == house.people[BOB].fingerprint()[-16:] and bob[4] == "wkd"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", bob[5]) and re.fullmatch(r"2[0-4]h", bob[7]), bob
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", bob[8]), bob
    assert NOKEY not in by_address and "1 address without a key left out: --all" in done.out
    everybody = keys(house, "list", "--all", "--json")
    assert {one["address"]: one["state"] for one in objects(everybody)} == {
        BOB: "found", CARL: "found", NOKEY: "absent"}
    assert keys(house, "list", "--domain", "nokey.example").out.startswith("No address here")
    assert len(objects(keys(house, "list", "--domain", "WKD.example", "--json"))) == 2


def test_show_tells_all_that_is_known(house):
    done = keys(house, "show", BOB)
    assert done.returncode == DONE, done.err
    fingerprint = house.people[BOB].fingerprint()
    assert re.search(rf"^key +{fingerprint}$", done.out, re.M), done.out
    assert re.search(r"^said by +wkd, on the word of the domain: found, ", done.out, re.M), done.out
    assert re.search(rf"^sealed +last on \S+, to {fingerprint}$", done.out, re.M), done.out
    assert "key directory (advanced host) has served keys" in done.out
    (shown,) = objects(keys(house, "show", "--json", BOB))
    assert shown["state"] == "found" and shown["remembered"]["key"]["fingerprint"] == fingerprint
    nothing = keys(house, "show", "nobody@wkd.example")
    assert nothing.returncode == ANSWER_IS_NO


def test_find_says_why_the_winner_won(house):
    done = keys(house, "find", BOB)
    assert done.returncode == DONE, done.err
    assert "It is remembered. wkd had it on " in done.out, done.out
    (found,) = objects(keys(house, "find", "--json", BOB))
    assert found["result"]["fingerprint"] == house.people[BOB].fingerprint()
    assert [one["source"] for one in found["sources"]] == ["directory", "store", "wkd"]
    assert all(one["took_ms"] >= 0 and one["reason"] for one in found["sources"])
    nothing = keys(house, "find", NOKEY)
    assert nothing.returncode == ANSWER_IS_NO and "There is no key" in nothing.out


def test_pin_and_unpin_hold_for_the_next_mail(house, place):
    theirs, other = house.people[BOB], house.people["other"]
    file = write_file(place, "other.asc", other.armored_certificate())
    done = keys(house, "pin", BOB, file, "--note", "by telephone")
    assert done.returncode == DONE, done.err
    assert f"{BOB} is pinned to {other.fingerprint()}: no other key is used." in done.out
    assert mail_to(house, BOB) == other.subkey_id()
    found = keys(house, "find", BOB).out
    assert re.search(r"has pinned it on \S+ \(by telephone\): no other key is used", found), found
    assert keys(house, "list", "--domain", "wkd.example").out.count(" pinned ") == 1
    done = keys(house, "unpin", BOB)
    assert done.returncode == DONE and "Its sources decide again" in done.out, done.err
    assert mail_to(house, BOB) == theirs.subkey_id()
    assert keys(house, "unpin", BOB).returncode == ANSWER_IS_NO


def test_pinned_key_is_one_that_is_known_or_waits(house):
    theirs = house.people[BOB]
    spaced = " ".join(re.findall("....", theirs.fingerprint().lower()))
    done = keys(house, "pin", BOB, spaced)
    assert done.returncode == DONE and "certificate is kept" in done.out, done.err
    assert mail_to(house, BOB) == theirs.subkey_id()
    done = keys(house, "pin", BOB, "A" * 40)
    assert f"The pin to {theirs.fingerprint()} is over" in done.out
    assert "Until a source serves it" in done.out, done.out
    assert "no source has served yet" in keys(house, "show", BOB).out
    with pytest.raises(Refused) as caught:
        mail_to(house, BOB)
    assert caught.value.code == 451
    assert keys(house, "unpin", BOB, "--json").returncode == DONE
    assert mail_to(house, BOB) == theirs.subkey_id()


def test_pins_of_the_policy_are_shown_with_their_lines(house, place):
    bob, nobody = house.people[BOB].fingerprint(), "A" * 40
    relay = Relay(place, house.sink.port, wkd=(house.wkd,), ca=house.authority.certificate,
                  policy={"pins": {BOB: bob, "zoe@nokey.example": nobody}, "rules": []})
    relay.start()
    mail_to(SimpleNamespace(relay=relay, sink=house.sink), BOB)
    relay.stop()
    seen = {one["address"]: (one["state"], one["fingerprint"], one["source"])
            for one in objects(keys(relay, "list", "--json"))}
    assert seen == {BOB: ("pinned", bob, "policy.yaml:2"),
                    "zoe@nokey.example": ("waiting", nobody, "policy.yaml:3")}
    listed = keys(relay, "list", "--domain", "nokey.example").out
    assert re.search(rf"^zoe@nokey.example +waiting +{nobody[:16]} - +policy.yaml:3 ", listed, re.M), listed
    assert BOB not in listed
    shown = keys(relay, "show", "zoe@nokey.example")
    assert shown.returncode == DONE and "by the policy, policy.yaml:3" in shown.out
    (shown,) = objects(keys(relay, "show", BOB, "--json"))
    assert shown["policy_pin"] == {"fingerprint": bob, "place": "policy.yaml:2"}
    assert "The policy has pinned it (policy.yaml:2): no other key" in keys(relay, "find", BOB).out
    for done in (keys(relay, "pin", BOB, nobody), keys(relay, "unpin", BOB, "--json")):
        assert done.returncode == DONE and f"policy pins {BOB} to {bob} (policy.yaml:2), and that" in done.err
    none = keys(relay, "find", "zoe@nokey.example")
    assert none.returncode == ANSWER_IS_NO and f"The policy has pinned {nobody} (policy.yaml:3)" in none.out


def test_pin_refuses_what_cannot_be_used_and_says_why(house, place):
    expired = Person(place, BOB, expired=True)
    late = write_file(place, "late.asc", expired.armored_certificate())
    others = write_file(place, "carl.asc", house.people[CARL].armored_certificate())
    for key, status, said in ((late, ANSWER_IS_NO, "may not be used: expired on "),
                              (others, ANSWER_IS_NO, "no user ID names the address"),
                              (house.people[BOB].fingerprint()[-16:], COULD_NOT, "a key ID is not"),
                              ("nowhere.asc", COULD_NOT, "nor a file")):
        done = keys(house, "pin", BOB, key)
        assert done.returncode == status and said in done.err, done.err
    expired.stop_agent()
    assert mail_to(house, BOB) == house.people[BOB].subkey_id()


def test_imported_key_is_used_until_it_is_deleted(house, place):
    clara = house.people[NOKEY]
    file = write_file(place, "clara.pgp", clara.certificate() + house.people[CARL].certificate())
    done = keys(house, "import", file, "--note", "from the fair", "--address", NOKEY)
    assert done.returncode == DONE and "1 address changed" in done.out, done.out + done.err
    assert f"{NOKEY} may be sealed to {clara.fingerprint()} now (imported)\n" in done.out
    assert CARL not in done.out
    for of in (BOB, NOKEY):
        done = keys(house, "import", file, "--address", BOB, "--address", of)
        assert done.returncode == ANSWER_IS_NO and f"no user ID of a key in it names {BOB}" in done.err
    again = keys(house, "import", "-", "--json", data=clara.armored_certificate())
    assert objects(again) == [{"file": "standard input", "changed": 0, "unchanged": 1, "refused": 0,
                               "keys": [], "pins": []}]
    assert mail_to(house, NOKEY) == clara.subkey_id()
    armored = keys(house, "export", "--keys", NOKEY).stdout
    listing = subprocess.run(["gpg", "--show-keys", "--with-colons"], input=armored, check=True,
                             capture_output=True).stdout.decode()
    assert clara.fingerprint() in listing
    clara.revoke()
    done = keys(house, "import", "-", data=clara.certificate())
    assert done.returncode == ANSWER_IS_NO and "nor is the one that was given before" in done.err
    # Mail was sealed before, so it waits for a day, or for an administrator.
    assert "but there was a key before" in keys(house, "find", NOKEY).out.split("Mail cannot be sealed: ")[1]
    refused = keys(house, "delete", NOKEY)
    assert refused.returncode == COULD_NOT and "--yes" in refused.err
    done = keys(house, "delete", "--yes", NOKEY)
    assert done.returncode == DONE, done.err
    assert mail_to(house, NOKEY) == "clear"


def test_refresh_says_what_changed_and_that_a_key_was_lost(house, place):
    done = keys(house, "refresh", CARL)
    fingerprint = house.people[CARL].fingerprint()
    assert done.returncode == DONE, done.err
    assert f"{CARL}: found {fingerprint} -> found {fingerprint} (wkd: " in done.out, done.out
    revoked = Person(place, "dora@wkd.example")
    house.wkd.publish(revoked)
    assert mail_to(house, revoked.address) == revoked.subkey_id()
    revoked.revoke()
    house.wkd.publish(revoked)
    revoked.stop_agent()
    done = keys(house, "refresh", "--domain", "wkd.example")
    assert done.returncode == ANSWER_IS_NO
    assert len(done.out.splitlines()) == 3 and done.out.count("THE KEY IS LOST") == 1, done.out
    assert re.search(r"dora@\S+: found \w+ -> temporary \(.*revoked.*LOST", done.out), done.out
    file = write_file(place, "dora.pgp", revoked.certificate())
    pinned = keys(house, "pin", revoked.address, revoked.fingerprint())
    assert pinned.returncode == ANSWER_IS_NO and "is revoked, and is never used" in pinned.err
    assert "revoked" in keys(house, "import", file).err
    # Not even a copy from before, and not after the address was forgotten.
    assert keys(house, "delete", "--yes", revoked.address).returncode == DONE
    assert re.search(rf"^revoked +{revoked.fingerprint()}", keys(house, "show", revoked.address).out,
                     re.M)
    assert keys(house, "refresh").returncode == COULD_NOT


def test_store_moves_to_another_one_and_odd_lines_are_refused(house, place):
    exported = keys(house, "export")
    assert exported.returncode == DONE, exported.err
    head, *records = exported.out.splitlines()
    assert json.loads(head)["version"] == 1 and BOB in exported.out
    other = Relay(place, house.sink.port)
    nowhere = keys(other, "import", "-", data=exported.stdout)
    assert nowhere.returncode == COULD_NOT and "`postseal run` makes it" in nowhere.err
    other.start()
    other.stop()
    done = keys(other, "import", "-", data=exported.stdout)
    assert done.returncode == DONE and f" {len(records)} addresses changed" in done.out, done.err
    assert keys(other, "export").out.splitlines()[1:] == records
    again = keys(other, "import", "-", data=exported.stdout * 2)
    assert f" 0 addresses changed, {2 * len(records)} as before" in again.out, again.out

    bob = next(line for line in records if BOB in line)
    odd = [head, bob.replace(BOB, "eve@wkd.example"), "{", "", bob.replace('"found"', '"lost"'),
           "x" * (17 << 20), '{"address": "frank@wkd.example"}', bob]
    done = keys(other, "import", "-", data="\r\n".join(odd).encode())
    assert done.returncode == ANSWER_IS_NO
    assert [re.search(r"input:(\d+): not taken: (.*)", line).groups()
            for line in done.err.splitlines()] == [
        ("2", f"eve@wkd.example: the certificate of {house.people[BOB].fingerprint()} is not of this "
              "address: no user ID names the address"),
        ("3", "it is no JSON: incomplete JSON"),
        ("5", "remembered.outcome: has to be one of: found, absent, unusable"),
        ("6", "it is longer than 16 MiB")], done.err
    assert keys(other, "export").out.splitlines()[1:] == records
    for first in (head.replace("1", "2", 1), bob):
        done = keys(other, "import", "-", data=f"{first}\n{bob}\n".encode())
        assert done.returncode == COULD_NOT and "standard input:1: " in done.err, done.err


def test_forgotten_domain_keeps_what_was_given(house, place):
    file = write_file(place, "bob.asc", house.people[BOB].armored_certificate())
    assert keys(house, "import", file).returncode == DONE
    assert keys(house, "forget-domain", "wkd.example").returncode == COULD_NOT
    done = keys(house, "forget-domain", "wkd.example", "--yes", "--json")
    (said,) = objects(done)
    assert said["domain"] == "wkd.example" and said["addresses"] >= 2, done.out
    assert [(one["address"], one["state"]) for one in objects(keys(house, "list", "--json"))] == [
        (BOB, "imported")]
    assert mail_to(house, CARL) == house.people[CARL].subkey_id()
    assert keys(house, "unpin", BOB).returncode == ANSWER_IS_NO
    assert keys(house, "unpin", BOB, "--imported").returncode == DONE
    assert keys(house, "show", BOB).returncode == ANSWER_IS_NO
