# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone. What has been found good is remembered by its content and that of all
it includes of ours, so that only what has changed is compiled again."""
import hashlib
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sources import CHECKOUT, cpp_files, name_of, reach

REMEMBERED = Path(os.environ.get("POSTSEAL_BUILD") or CHECKOUT / "build/dev") / "headers"
COMPILER = ["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
            "-DBOOST_ASIO_SEPARATE_COMPILATION", "-DBOOST_BEAST_SEPARATE_COMPILATION",
            f"-I{CHECKOUT}", "-xc++", "-"]


def test_every_header_compiles_alone():
    REMEMBERED.mkdir(parents=True, exist_ok=True)
    headers = [file for file in cpp_files() if file.suffix == ".hpp"]
    assert headers
    with ThreadPoolExecutor(2) as pool:
        wrong = [complaint for complaint in pool.map(compile_alone, headers) if complaint]
    assert not wrong, "\n".join(wrong)


def compile_alone(header: Path) -> str | None:
    stamp = REMEMBERED / fingerprint(header)
    if stamp.exists():
        return None
    # Twice: it has to protect itself from being included again.
    line = f'#include "{name_of(header)}"\n'
    done = subprocess.run(COMPILER, input=line * 2, text=True, capture_output=True, check=False)
    if done.returncode:
        return f"{name_of(header)}:\n{done.stderr[:2000]}"
    stamp.touch()
    return None


def fingerprint(header: Path) -> str:
    digest = hashlib.sha256(" ".join(COMPILER).encode())
    for file in sorted(reach(header)):
        digest.update(file.read_bytes())
    return f"{header.stem}-{digest.hexdigest()[:32]}"
