# SPDX-License-Identifier: Apache-2.0
"""Which keys are sealed to, and what is said about those that are not: keys by gpg, sq and rnp, and by
hand, each served by its domain's key directory and judged by the whole of postseal."""
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from parts import key_corpus, mail, places, structure
from parts.certificates import Authority
from parts.client import send
from parts.key_corpus import DOMAIN, address_of
from parts.relay import Relay
from parts.sink import Sink
from parts.wkd import Directory

CANARY = "canary-0d4c5c8e-for-your-eyes-only"
FOUND, UNUSABLE, TEMPORARY = "a usable key was found", "no usable key", "the key could not be looked up"
OTHER_VERSION = "it is a key of another version than 4, the only one that can be used"
DAMAGED = "it is damaged, or not a whole OpenPGP key"

# What is known of each, and in which words.
CORPUS = {
    "gpg-curve25519": (FOUND, ""),
    "gpg-nistp256": (FOUND, ""),
    "gpg-nistp384": (FOUND, ""),
    "gpg-nistp521": (FOUND, ""),
    "gpg-brainpool": (FOUND, ""),
    "gpg-secp256k1": (FOUND, ""),
    "gpg-rsa1024": (UNUSABLE, "its RSA key has 1024 bits, and min_strength asks for 2048"),
    "gpg-rsa2048": (FOUND, ""),
    "gpg-rsa4096": (FOUND, ""),
    "gpg-dsa-elgamal": (UNUSABLE, "its ElGamal key is of a kind that min_strength rules out"),
    "sq-curve25519": (FOUND, ""),
    "sq-rsa3072": (FOUND, ""),
    "sq-for-storage": (FOUND, ""),
    "sq-for-transport": (FOUND, ""),
    "rnp-curve25519": (FOUND, ""),
    "rnp-nistp256": (FOUND, ""),
    "rnp-nistp384": (FOUND, ""),
    "rnp-nistp521": (FOUND, ""),
    "rnp-rsa3072": (FOUND, ""),
    "rnp-dsa-and-rsa": (FOUND, ""),
    # Its time
    "expired": (UNUSABLE, "expired on 2020-01-31"),
    "sq-expired": (UNUSABLE, "expired on 2020-02-01"),
    "new-and-old": (FOUND, ""),
    "from-the-future": (TEMPORARY, "it is from the future, or this machine's clock is wrong"),
    "revoked-hard": (UNUSABLE, "revoked"),
    "revoked-soft": (UNUSABLE, "revoked"),
    "sq-revoked-hard": (UNUSABLE, "revoked"),
    "sq-revoked-soft": (UNUSABLE, "revoked"),
    # The key to encrypt to
    "sign-only": (UNUSABLE, "it has no encryption key"),
    "sq-sign-only": (UNUSABLE, "it has no encryption key"),
    "subkey-expired": (UNUSABLE, "its encryption key expired on 2020-01-31"),
    "subkey-revoked": (UNUSABLE, "its encryption key was revoked"),
    "one-subkey-expired": (FOUND, ""),
    "several-subkeys": (FOUND, ""),  # the weak one among them is not the newest
    "newest-subkey-weak": (UNUSABLE, "its RSA key has 1024 bits, and min_strength asks for 2048"),
    # Whose it is
    "several-user-ids": (FOUND, ""),
    "user-id-revoked": (UNUSABLE, "its user ID was revoked"),
    "user-id-forged": (UNUSABLE, "what it says of itself is not signed by it"),
    "another-address": (UNUSABLE, "no user ID names the address"),
    "no-user-id": (UNUSABLE, "no user ID names the address"),
    "sq-no-user-id": (UNUSABLE, "no user ID names the address"),
    # Other versions
    "v3-key": (UNUSABLE, OTHER_VERSION),
    "v5-key": (UNUSABLE, OTHER_VERSION),
    "v6-key": (UNUSABLE, OTHER_VERSION),
    "behind-a-v6-key": (FOUND, ""),
    "beside-a-v5-subkey": (FOUND, ""),
    "only-a-v6-subkey": (UNUSABLE, "it has no encryption key but of a kind that is not known"),
    # What else may be in a file
    "behind-junk": (FOUND, ""),
    "behind-foreign-keys": (FOUND, ""),
    "armored": (FOUND, ""),
    "poisoned-2000": (FOUND, ""),
    "poisoned-10000": (FOUND, ""),
    "poisoned-in-wkd": (UNUSABLE, "answered with more than 262144 octets, too much for a key"),
    "compressed-inside": (UNUSABLE, "a part of it is compressed, which is not allowed in a key"),
    "secret-key": (UNUSABLE, "it holds a secret key; publish the public key instead"),
    "cut-short": (TEMPORARY, DAMAGED),
    "noise": (TEMPORARY, DAMAGED),
}
IN_THE_FOLDER = {"poisoned-10000",  # larger than a domain may serve
                 "newest-subkey-weak"}


@pytest.fixture(scope="module")
def keys(directory):
    gpg = key_corpus.Gpg(directory)
    made = key_corpus.make(directory, gpg)
    del made["stranger"]
    yield made
    gpg.stop()


@pytest.fixture(scope="module")
def mail_server():
    server = Sink(places.free_port())
    yield server
    server.stop()


@pytest.fixture(scope="module")
def relay(directory, keys, mail_server):
    authority = Authority(directory)
    wkd = Directory(directory, authority, DOMAIN)
    made = Relay(directory, mail_server.port, wkd=(wkd,), ca=authority.certificate,
                 settings={"keys": {"deadline": "60s", "wkd": {"timeout": "30s"}},
                           # All of them are looked at together.
                           "sealers": {"deadline": "200s"}})
    for name, key in keys.items():
        if name in IN_THE_FOLDER:
            (made.keys / f"{address_of(name)}.pgp").write_bytes(key.octets)
        else:
            wkd.publish_octets(address_of(name), key.octets)
    wkd.start()
    yield made
    wkd.stop()


@pytest.fixture(scope="module")
def explained(relay):
    """What postseal says of each key: the words of a decision, and what they are about."""
    words = [word for name in CORPUS for word in ("--to", address_of(name))]
    done = subprocess.run([places.POSTSEAL, "explain", "--config", relay.config_file, "--from", mail.SENDER,
                           *words], capture_output=True, text=True, timeout=300, check=False)
    print(done.stdout)
    assert "Sanitizer" not in done.stderr, done.stderr
    return dict(re.findall(rf"^To ([\w-]+)@{DOMAIN}\n(?:  .*\n)*?  because  (.*)$", done.stdout, re.M))


def test_table_speaks_of_every_key(keys):
    assert set(CORPUS) == set(keys)


@pytest.mark.parametrize("name", CORPUS)
def test_key_is_what_it_should_be(explained, name):
    result, reason = CORPUS[name]
    told = explained[name]
    assert told.startswith(result) or told.startswith(f"refused: {result}"), told
    detail = re.search(r"\((?:openpgpkey\.\S+ (?:answered 200)?|in [^ :]+)(?:: )?(.*)\)$", told)
    assert detail and detail[1] == reason, told


@pytest.mark.parametrize("name,status,told", [
    ("gpg-nistp384", 0, r"Mail is sealed to [0-9A-F]{40} \(nistp384\), made"),
    ("gpg-rsa1024", 1, r"not sealed to [0-9A-F]{40} \(rsa1024\), made .*: its RSA key has 1024 bits")])
def test_find_tells_what_kind_of_key_it_is(relay, name, status, told):
    done = subprocess.run([places.POSTSEAL, "keys", "find", "--config", relay.config_file,
                           address_of(name)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert re.search(told, done.stdout), done.stdout


def test_program_that_made_a_key_opens_what_is_sealed_to_it(relay, keys, mail_server):
    names = [name for name, (result, why) in CORPUS.items() if result == FOUND or "min_strength" in why]
    relay.policy_file.write_text("defaults: { min_strength: { rsa: any, elgamal: any } }\n")
    message = mail.plain(f"{CANARY}\r\n", to="visible@example.org").raw
    relay.start()
    try:
        # Blind copies all, so that each has a ciphertext of its own.
        send(relay.port, mail.SENDER, [address_of(name) for name in names], message)
        mail_server.wait_for(len(names))
    finally:
        relay.stop()
    copies = {one.addresses[0]: one.content for one in mail_server.accepted()}
    assert set(copies) == {address_of(name) for name in names}
    with ThreadPoolExecutor(4) as workers:
        opened = {name: workers.submit(keys[name].opens, structure.ciphertext(copies[address_of(name)]))
                  for name in names}
    for name in names:
        assert CANARY.encode() not in copies[address_of(name)]
        assert CANARY.encode() in opened[name].result(), name
