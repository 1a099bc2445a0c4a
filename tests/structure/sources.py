# SPDX-License-Identifier: Apache-2.0
"""Reads the project's own sources: which files there are, what they include, their text without
comments and literals."""
import re
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

FLOORS = {"smtp": 0, "message": 0, "keys": 1, "seal": 1, "policy": 1, "postfix": 1, "relay": 2,
          "config": 3, "admin": 3, "cli": 4}
PURE = {"smtp", "message", "policy", "postfix"}

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)
_NOT_CODE = re.compile(
    r'R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"
    r"|//[^\n]*|/\*.*?\*/", re.DOTALL)


def cpp_files(*folders: str) -> list[Path]:
    """The C++ files of these rooms (or of all), with sub-folders, in a stable order."""
    chosen = [CHECKOUT / folder for folder in folders or FLOORS]
    return sorted(file for folder in chosen if folder.is_dir() for file in folder.rglob("*.?pp"))


def all_files() -> list[Path]:
    """Everything in the checkout that people wrote."""
    left_out = {"build", ".git", ".cache", "__pycache__", ".pytest_cache"}
    return sorted(file for top in CHECKOUT.iterdir() if top.name not in left_out
                  for file in ([top] if top.is_file() else top.rglob("*"))
                  if file.is_file() and not left_out & set(file.parts))


def name_of(file: Path) -> str:
    return str(file.relative_to(CHECKOUT))


@cache
def includes(file: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a file includes itself: ours, and the others'."""
    ours, others = [], []
    for _, name in _INCLUDE.findall(file.read_text()):
        (ours if (CHECKOUT / name).is_file() else others).append(name)
    return tuple(ours), tuple(others)


@cache
def reach(file: Path) -> frozenset[Path]:
    """A file and all of ours that it includes, however indirectly."""
    found, waiting = set(), [file]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += [CHECKOUT / name for name in includes(one)[0]]
    return frozenset(found)


def code_of(text: str) -> str:
    """The text with comments and literals blanked, every line where it was."""
    return _NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
