# SPDX-License-Identifier: Apache-2.0
"""`postseal keys`, typed."""
import json
import subprocess

from . import places
from .relay import COMPLAINTS

DONE, ANSWER_IS_NO, COULD_NOT = 0, 1, 2


def keys(where, *words, data: bytes | None = None) -> subprocess.CompletedProcess:
    config = where.relay.config_file if hasattr(where, "relay") else where.config_file
    done = subprocess.run([places.POSTSEAL, "keys", words[0], "--config", config, *map(str, words[1:])],
                          input=data, stdin=None if data is not None else subprocess.DEVNULL,
                          capture_output=True, timeout=240, check=False)
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    assert not COMPLAINTS.search(done.err), done.err
    return done


def objects(done) -> list[dict]:
    return [json.loads(line) for line in done.out.splitlines()]
