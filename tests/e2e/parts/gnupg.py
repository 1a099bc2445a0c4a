# SPDX-License-Identifier: Apache-2.0
"""Recipients with keys, and three programs that open what was sealed to them. None of the three is
our code: gpg, and the independent implementations sq and rnp."""
import subprocess
from pathlib import Path


class CouldNotDecrypt(Exception):
    pass


class Person:
    """A recipient with a GnuPG home and one key, without a passphrase. An `expired` one has a key
    that was good for a month, years ago; an `early` one has a key that will be made in years."""

    def __init__(self, directory: Path, address: str, algorithm: str = "future-default",
                 expired: bool = False, early: bool = False):
        self.address = address
        self.home = directory / address.replace("@", "-at-")
        self.home.mkdir(mode=0o700, parents=True)
        when = ["--faked-system-time", "20200101T000000!"] if expired else []
        when = ["--faked-system-time", "20900101T000000!"] if early else when
        self.gpg(*when, "--passphrase", "", "--quick-generate-key", f"Test <{address}>", algorithm,
                 "default", "1m" if expired else "2y")
        self.secret_key_file = self.home / "secret.asc"
        self.secret_key_file.write_bytes(self.gpg("--armor", "--export-secret-keys"))
        self.stop_agent()

    def gpg(self, *words: str, data: bytes | None = None) -> bytes:
        return _run(["gpg", "--homedir", self.home, "--batch", "--quiet", "--no-tty",
                     "--trust-model", "always", *words], data)

    def certificate(self) -> bytes:
        """The public key, binary, as WKD serves it."""
        return self.gpg("--export", "--export-options", "export-minimal")

    def armored_certificate(self) -> bytes:
        return self.gpg("--armor", "--export", "--export-options", "export-minimal")

    def fingerprint(self) -> str:
        listing = self.gpg("--with-colons", "--list-keys").decode()
        return next(line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr"))

    def subkey_id(self) -> str:
        """The key ID of the encryption subkey, as a session key packet names it."""
        listing = self.gpg("--with-colons", "--list-keys").decode()
        return next(line.split(":")[4] for line in listing.splitlines()
                    if line.startswith("sub") and "e" in line.split(":")[11])

    def revoke(self) -> None:
        revocation = next((self.home / "openpgp-revocs.d").iterdir()).read_text()
        # GnuPG disarms the certificate that it prepares with a colon before the dashes.
        self.gpg("--import", data=revocation.replace(":-----BEGIN", "-----BEGIN").encode())

    def revoke_subkey(self) -> None:
        """Its encryption subkey; the key itself stays good."""
        self.gpg("--pinentry-mode", "loopback", "--passphrase", "", "--command-fd", "0", "--edit-key",
                 self.fingerprint(), data=b"key 1\nrevkey\ny\n1\n\ny\nsave\n")

    def add_subkey(self) -> None:
        self.gpg("--pinentry-mode", "loopback", "--passphrase", "", "--quick-add-key",
                 self.fingerprint(), "cv25519", "encr", "2y")

    def sign_detached(self, data: bytes) -> bytes:
        return self.gpg("--armor", "--digest-algo", "SHA256", "--detach-sign", data=data)

    def verifies(self, data: bytes, signature: bytes) -> bool:
        file = self.home / "signature.asc"
        file.write_bytes(signature)
        try:
            self.gpg("--verify", str(file), "-", data=data)
        except CouldNotDecrypt:
            return False
        return True

    # Who can open it?

    def decrypt(self, ciphertext: bytes) -> bytes:
        return self.gpg("--decrypt", data=ciphertext)

    def decrypt_all(self, ciphertexts: list[bytes]) -> list[bytes]:
        """In one run of gpg, in their order: many runs take their time."""
        folder = self.home / "many"
        folder.mkdir(exist_ok=True)
        files = [folder / f"{number}.asc" for number in range(len(ciphertexts))]
        for file, ciphertext in zip(files, ciphertexts):
            file.write_bytes(ciphertext)
            file.with_suffix("").unlink(missing_ok=True)
        if files:
            self.gpg("--decrypt-files", *map(str, files))
        return [file.with_suffix("").read_bytes() for file in files]

    def decrypt_with_sq(self, ciphertext: bytes) -> bytes:
        return _run(["sq", "decrypt", "--recipient-key", self.secret_key_file], ciphertext)

    def decrypt_with_rnp(self, ciphertext: bytes) -> bytes:
        sealed, opened = self.home / "sealed.asc", self.home / "opened"
        sealed.write_bytes(ciphertext)
        opened.unlink(missing_ok=True)
        _run(["rnp", "--homedir", self.home / "rnp", "--keyfile", self.secret_key_file, "--password", "",
              "--decrypt", sealed, "--output", opened])
        return opened.read_bytes()

    def stop_agent(self) -> None:
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False,
                       capture_output=True)


def recipients_of(ciphertext: bytes) -> list[str]:
    """The key IDs a ciphertext names, by gpg's reading of its packets."""
    listing = subprocess.run(
        ["gpg", "--batch", "--no-autostart", "--list-packets", "--list-only"], input=ciphertext,
        capture_output=True, check=False).stdout.decode(errors="replace")
    return [line.rsplit(" ", 1)[1] for line in listing.splitlines()
            if line.startswith(":pubkey enc packet")]


def _run(argv: list, data: bytes | None = None) -> bytes:
    done = subprocess.run([str(word) for word in argv], input=data, capture_output=True, check=False)
    if done.returncode != 0:
        raise CouldNotDecrypt(f"{argv[0]} said {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout
