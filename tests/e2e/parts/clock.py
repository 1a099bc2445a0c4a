# SPDX-License-Identifier: Apache-2.0
"""A clock of the relay's own that a test sets while it runs (libfaketime). Timers go on as they are: they
do not follow the time of day."""
import os
from pathlib import Path

from . import places


class Clock:
    """For one relay, before it is started. Its sealers keep the right time."""

    def __init__(self, relay):
        self._file = relay.directory / "clock"
        self.set("+0")
        library, = places.UNPACKED.glob("usr/lib/*/faketime/libfaketimeMT.so.1")
        relay.environment.update({
            "LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # It wants to be the first library, and LeakSanitizer its own time.
            "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0:quarantine_size_mb=16"})

    def set(self, offset: str) -> None:
        """Against the right time: "-1d", "+3d"."""
        fresh = Path(f"{self._file}.new")
        fresh.write_text(offset + "\n")
        os.replace(fresh, self._file)
