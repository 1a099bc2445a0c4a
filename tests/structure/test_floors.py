# SPDX-License-Identifier: Apache-2.0
"""The house stands as drawn: nobody includes upward, pure rooms stay pure, each third-party library
is known in one room."""
import re

import pytest

from sources import CHECKOUT, FLOORS, PURE, code_of, cpp_files, includes, name_of, reach

# A pure room computes with values: these headers read or change the world, or depend on it.
IMPURE = {
    "filesystem", "fstream", "iostream", "thread", "mutex", "shared_mutex",
    "condition_variable", "future", "semaphore", "stop_token", "latch", "barrier", "locale",
    "clocale", "codecvt", "regex", "random", "ctime", "time.h", "csignal", "coroutine",
}
# Addresses as text and back; regular expressions of linear time, without a locale.
PURE_THIRD_PARTY = ("boost/system/", "arpa/inet.h", "re2/")
WORLD = re.compile(r"\b(\w*_clock::now|std::time|getenv|random_device|fopen|printf|setlocale)\b")

ROOM_OF_LIBRARY = {
    "yaml-cpp/": {"config"}, "gpgme": {"seal"}, "seccomp": {"seal"}, "sqlite3": {"keys"}, "libpq": {"keys"},
    "curl/": {"keys"}, "idn2": {"keys"}, "CLI/": {"cli"}, "re2/": {"policy"},
}


def room_of(file) -> str:
    return file.relative_to(CHECKOUT).parts[0]


@pytest.mark.parametrize("room", FLOORS)
def test_no_room_includes_upward(room):
    wrong = []
    for file in cpp_files(room):
        for name in includes(file)[0]:
            other = name.split("/")[0]
            if FLOORS.get(other, 99) > FLOORS[room]:
                wrong.append(f"{name_of(file)} includes {name}, which is a floor above")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", sorted(PURE))
def test_pure_room_includes_nothing_impure_however_indirectly(room):
    wrong = []
    for file in cpp_files(room):
        for reached in reach(file):
            for name in filter(is_impure, includes(reached)[1]):
                wrong.append(f"{name_of(file)} reaches <{name}> by {name_of(reached)}")
    assert not wrong, "\n".join(sorted(set(wrong)))


@pytest.mark.parametrize("room", sorted(PURE))
def test_pure_room_asks_neither_clock_nor_world(room):
    wrong = [f"{name_of(file)}: {match[0]}" for file in cpp_files(room)
             for match in WORLD.finditer(code_of(file.read_text()))]
    assert not wrong, "\n".join(wrong)


def test_third_party_library_is_known_in_one_room():
    wrong = []
    for file in cpp_files():
        for name in includes(file)[1]:
            for library, rooms in ROOM_OF_LIBRARY.items():
                if name.startswith(library) and room_of(file) not in rooms:
                    wrong.append(f"{name_of(file)} includes <{name}>")
    assert not wrong, "\n".join(wrong)


def is_impure(name: str) -> bool:
    if name in IMPURE:
        return True
    third_party = "/" in name or (name.endswith((".h", ".hpp")))
    return third_party and not name.startswith(PURE_THIRD_PARTY)


@pytest.mark.parametrize("name,impure", [
    ("string", False), ("chrono", False), ("boost/system/result.hpp", False), ("filesystem", True),
    ("boost/asio/ip/tcp.hpp", True), ("openssl/sha.h", True), ("unistd.h", True), ("thread", True)])
def test_the_check_knows_pure_from_impure(name, impure):
    assert is_impure(name) == impure
