# SPDX-License-Identifier: Apache-2.0
"""Keys of every kind that a correspondent may have, made by gpg, sq and rnp, and by hand where none of
them makes such a key. Each has a name, which is also the local part of its address."""
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, NamedTuple

from . import packets
from .gnupg import CouldNotDecrypt

DOMAIN = "corpus.example"

CURVES = ("eddsa ed25519", "ecdh cv25519")
SIGN_ONLY = ("eddsa ed25519", None)

GPG_KEYS = {  # primary key, key to encrypt to
    "gpg-curve25519": CURVES,
    "gpg-nistp256": ("ecdsa nistp256", "ecdh nistp256"),
    "gpg-nistp384": ("ecdsa nistp384", "ecdh nistp384"),
    "gpg-nistp521": ("ecdsa nistp521", "ecdh nistp521"),
    "gpg-brainpool": ("ecdsa brainpoolP256r1", "ecdh brainpoolP256r1"),
    "gpg-secp256k1": ("ecdsa secp256k1", "ecdh secp256k1"),
    "gpg-rsa1024": ("rsa 2048", "rsa 1024"),
    "gpg-rsa2048": ("rsa 2048", "rsa 2048"),
    "gpg-rsa4096": ("rsa 4096", "rsa 4096"),
    "gpg-dsa-elgamal": ("dsa 2048", "ELG-E 2048"),
    "sign-only": SIGN_ONLY,
    "only-a-v6-subkey": SIGN_ONLY,
} | dict.fromkeys((
    "revoked-hard", "revoked-soft", "subkey-revoked", "several-user-ids",
    "user-id-revoked", "user-id-forged", "another-address", "no-user-id", "new-and-old",
    "behind-junk", "behind-foreign-keys", "behind-a-v6-key", "beside-a-v5-subkey", "stranger",
    "poisoned-2000", "poisoned-10000", "poisoned-in-wkd", "compressed-inside", "secret-key",
    "armored", "cut-short"), CURVES)

SEVERAL = {  # keys to encrypt to, the newest last
    "several-subkeys": ("rsa2048", "rsa1024", "cv25519"),
    "newest-subkey-weak": ("cv25519", "rsa1024")}

RNP_KEYS = {  # what rnpkeys --expert is answered
    "rnp-curve25519": "22", "rnp-nistp256": "19 1", "rnp-nistp384": "19 2", "rnp-nistp521": "19 3",
    "rnp-rsa3072": "1 3072", "rnp-dsa-and-rsa": "17 2048"}

SQ_KEYS = {  # options of sq key generate
    "sq-curve25519": ["--cipher-suite", "cv25519"],
    "sq-rsa3072": ["--cipher-suite", "rsa3k"],
    "sq-for-storage": ["--can-encrypt", "storage"],
    "sq-for-transport": ["--can-encrypt", "transport"],
    "sq-sign-only": ["--cannot-encrypt"],
    "sq-expired": ["--creation-time", "20200101", "--expires", "20200201"],
    "sq-no-user-id": [], "sq-revoked-hard": [], "sq-revoked-soft": []}

Opening = Callable[[bytes], bytes]


def address_of(name: str) -> str:
    return name if "@" in name else f"{name}@{DOMAIN}"


class Made(NamedTuple):
    octets: bytes                 # as its owner's domain serves it
    opens: Opening | None = None  # what was sealed to it, by the program that has made it


def run(argv: list, data: bytes | None = None) -> bytes:
    done = subprocess.run([str(word) for word in argv], input=data, capture_output=True, check=False)
    if done.returncode != 0:
        raise CouldNotDecrypt(f"{argv} said {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


class Gpg:
    """One home for all its keys."""

    def __init__(self, directory: Path):
        self.home = directory / "gpg"
        self.home.mkdir(mode=0o700)

    def run(self, *words: str, data: bytes | None = None) -> bytes:
        return run(["gpg", "--homedir", self.home, "--batch", "--quiet", "--no-tty", "--passphrase", "",
                    "--pinentry-mode", "loopback", "--trust-model", "always", *words], data)

    def generate(self, keys: dict, *when: str, expires: str = "0") -> None:
        self.run(*when, "--generate-key", data="".join(
            self._order(name, *kinds, expires) for name, kinds in keys.items()).encode())

    @staticmethod
    def _order(name: str, primary: str, encryption: str | None, expires: str) -> str:
        def lines(which: str, kind: str, usage: str) -> str:
            algorithm, size = kind.split()
            size = f"{which}-Length: {size}" if size.isdigit() else f"{which}-Curve: {size}"
            return f"{which}-Type: {algorithm}\n{size}\n{which}-Usage: {usage}\n"

        return ("%no-protection\n" + lines("Key", primary, "sign") +
                (lines("Subkey", encryption, "encrypt") if encryption else "") +
                f"Name-Email: {address_of(name)}\nExpire-Date: {expires}\n%commit\n")

    def listing(self, name: str) -> list[list[str]]:
        lines = self.run("--with-colons", "--list-keys", f"<{address_of(name)}>").decode().splitlines()
        return [line.split(":") for line in lines]

    def fingerprints(self, name: str) -> list[str]:
        """Of the primary key and the subkeys."""
        return [fields[9] for fields in self.listing(name) if fields[0] == "fpr"]

    def export(self, name: str) -> bytes:
        return self.run("--export", f"<{address_of(name)}>")

    def revocation(self, name: str, reason: str) -> bytes:
        """0: no reason; 1: compromised; 2: superseded; 3: no longer used."""
        return run(["gpg", "--homedir", self.home, "--no-tty", "--command-fd", "0", "--gen-revoke",
                    f"<{address_of(name)}>"], f"y\n{reason}\n\ny\n".encode())

    def edit(self, name: str, *commands: str) -> None:
        run(["gpg", "--homedir", self.home, "--no-tty", "--quiet", "--command-fd", "0", "--edit-key",
             f"<{address_of(name)}>"], "\n".join([*commands, "save", ""]).encode())

    def decrypt(self, ciphertext: bytes) -> bytes:
        return self.run("--decrypt", data=ciphertext)

    def stop(self) -> None:
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False,
                       capture_output=True)


def made_by_gpg(gpg: Gpg) -> dict[str, Made]:
    gpg.generate(GPG_KEYS)
    long_ago = ("--faked-system-time", "20200101T000000!")
    gpg.generate({"expired": CURVES, "new-and-old": CURVES}, *long_ago, expires="1m")
    gpg.generate(dict.fromkeys(("subkey-expired", "one-subkey-expired", *SEVERAL), SIGN_ONLY), *long_ago)
    gpg.generate({"from-the-future": CURVES}, "--faked-system-time", "20900101T000000!")

    gpg.run("--import", data=gpg.revocation("revoked-hard", "1"))
    gpg.run("--import", data=gpg.revocation("revoked-soft", "2"))
    for name in ("subkey-expired", "one-subkey-expired"):
        gpg.run(*long_ago, "--quick-add-key", gpg.fingerprints(name)[0], "cv25519", "encr", "1m")
    gpg.run("--quick-add-key", gpg.fingerprints("one-subkey-expired")[0], "cv25519", "encr")
    gpg.edit("subkey-revoked", "key 1", "revkey", "y", "1", "", "y")
    for name, algorithms in SEVERAL.items():
        for day, algorithm in enumerate(algorithms, 2):
            gpg.run("--faked-system-time", f"2020010{day}T000000!", "--quick-add-key",
                    gpg.fingerprints(name)[0], algorithm, "encr")
    for uid in ("Work <work@elsewhere.example>", "no address", "Again <again@corpus.example>"):
        gpg.run("--quick-add-uid", gpg.fingerprints("several-user-ids")[0], uid)
    gpg.run("--quick-add-uid", gpg.fingerprints("user-id-revoked")[0], "Other <other@elsewhere.example>")
    gpg.run("--quick-revoke-uid", gpg.fingerprints("user-id-revoked")[0], address_of("user-id-revoked"))

    names = [*GPG_KEYS, "expired", "subkey-expired", "one-subkey-expired", "from-the-future", *SEVERAL]
    return {name: Made(gpg.export(name), gpg.decrypt) for name in names}


def made_by_rnp(directory: Path) -> dict[str, Made]:
    made = {}
    for name, answers in RNP_KEYS.items():
        home = directory / name
        home.mkdir(mode=0o700)
        rnp = ["--homedir", home, "--password", ""]
        uid = f"{name} <{address_of(name)}>"
        run(["rnpkeys", *rnp, "--generate-key", "--expert", "--userid", uid],
            "\n".join([*answers.split(), ""]).encode())

        def opens(ciphertext: bytes, home=home, rnp=tuple(rnp)) -> bytes:
            (home / "sealed").write_bytes(ciphertext)
            run(["rnp", *rnp, "--decrypt", home / "sealed", "--output", home / "opened"])
            return (home / "opened").read_bytes()

        made[name] = Made(run(["rnpkeys", *rnp, "--export-key", uid]), opens)
    return made


def made_by_sq(directory: Path) -> dict[str, Made]:
    made = {}
    for name, options in SQ_KEYS.items():
        secret, public = directory / f"{name}.secret", directory / name
        uid = [] if name == "sq-no-user-id" else ["--userid", f"<{address_of(name)}>"]
        run(["sq", "key", "generate", *uid, *options, "--export", secret])
        run(["sq", "key", "extract-cert", "--binary", "--output", public, secret])
        octets = public.read_bytes()
        if "revoked" in name:
            reason = "superseded" if "soft" in name else "compromised"
            octets += run(["sq", "revoke", "certificate", "--binary", "--certificate", public,
                           "--revocation-key", secret, reason, "words for a person"])

        def opens(ciphertext: bytes, secret=secret) -> bytes:
            return run(["sq", "decrypt", "--recipient-key", secret], ciphertext)

        made[name] = Made(octets, opens)
    return made


def made_by_hand(good: dict[str, Made]) -> dict[str, Made]:
    """Keys that no program here makes, and good ones that somebody has tampered with."""
    def key(name: str) -> bytes:
        return good[name].octets

    def changed(name: str, octets: bytes) -> tuple[str, Made]:
        return name, good[name]._replace(octets=octets)

    foreign = packets.split(key("stranger"))
    keys_of_strangers = [packets.rsa_key(4, tag=packets.PRIMARY) + packets.user_id(f"{i}@{DOMAIN}") +
                         packets.signature() for i in range(40)]
    made = {f"v{version}-key": Made(packets.certificate(version, address_of(f"v{version}-key")))
            for version in (3, 5, 6)}
    made["noise"] = Made(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nNot a key at all!\n")
    made |= [
        changed("behind-a-v6-key", packets.certificate(6, address_of("behind-a-v6-key")) +
                key("behind-a-v6-key")),
        changed("beside-a-v5-subkey", key("beside-a-v5-subkey") +
                packets.rsa_key(5, tag=packets.SUBKEY) + packets.signature(0x18)),
        changed("only-a-v6-subkey", key("only-a-v6-subkey") +
                packets.rsa_key(6, tag=packets.SUBKEY) + packets.signature(0x18)),
        changed("behind-foreign-keys", b"".join(keys_of_strangers) + key("behind-foreign-keys")),
        changed("behind-junk", b"This is my key:\n-----BEGIN PGP PUBLIC KEY BLOCK-----\nbroken\n\n" +
                packets.armored(packets.packet(packets.MARKER, b"PGP") + b"".join(
                    packets.certificate(version, address_of("behind-junk")) for version in (3, 5, 6)) +
                    b"".join(keys_of_strangers[:5])) +
                b"and this is the good one:\n" + packets.armored(key("behind-junk")) + b"-- \nMe\n"),
        changed("armored", packets.armored(key("armored"))),
        changed("cut-short", key("cut-short")[:-40]),
        changed("no-user-id", packets.without(key("no-user-id"), packets.USER_ID)),
        changed("another-address", key("stranger")),
        changed("user-id-forged", foreign[0][1] + packets.user_id(address_of("user-id-forged")) +
                b"".join(octets for _, octets in foreign[2:])),
        changed("compressed-inside", packets.behind_user_id(
            key("compressed-inside"), packets.compressed(packets.signature() * 100))),
    ]
    for name, count in (("poisoned-2000", 2000), ("poisoned-10000", 10_000), ("poisoned-in-wkd", 10_000)):
        others = b"".join(packets.signature(0x10) for _ in range(count))
        made |= [changed(name, packets.behind_user_id(key(name), others))]
    return made


def make(directory: Path, gpg: Gpg) -> dict[str, Made]:
    with ThreadPoolExecutor() as workers:
        by_gpg = workers.submit(made_by_gpg, gpg)
        others = [workers.submit(maker, directory) for maker in (made_by_rnp, made_by_sq)]
        good = by_gpg.result()
        good["secret-key"] = Made(gpg.run("--export-secret-keys", f"<{address_of('secret-key')}>"))
        made = good | made_by_hand(good)
        for other in others:
            made |= other.result()
    return made
