# SPDX-License-Identifier: Apache-2.0
"""Finds statements with co_await that GCC 12 compiles into a double free or a use of what is gone.

It keeps temporaries of a full expression in the coroutine frame, and gets them wrong when they come
from braces, from a lambda that captures, or from one branch of `?:`. So in one full expression with
co_await there is none of these: name it first, then await it."""
import re

from sources import code_of

_AWAIT = re.compile(r"\bco_await\b")
_CONTROL = re.compile(r"\b(if|while|switch|for|constexpr)\s*$")
# What stands before a brace that opens a block of statements and not an initialiser.
_BEFORE_BLOCK = re.compile(r"(\)|\b(else|try|do|const|noexcept|mutable|override|final)|[;{}]"
                           r"|->\s*[\w:<>,\s*&]+|\b(namespace|struct|class)\s+[\w:]*"
                           r"|\bcase\s[^;{}?]*:|:)\s*$")
_CLOSER = {"(": ")", "[": "]", "{": "}"}


def mistakes(text: str) -> list[tuple[int, str]]:
    """Line and complaint for every co_await that shares its expression with what it must not."""
    code = code_of(text)
    found = []
    for match in _AWAIT.finditer(code):
        complaint = _left_of(code, match.start()) or _right_of(code, match.end())
        if complaint:
            found.append((code.count("\n", 0, match.start()) + 1, complaint))
    return found


def _left_of(code: str, position: int) -> str | None:
    depth = 0  # of brackets that closed to the left of us
    for at in range(position - 1, -1, -1):
        letter = code[at]
        if letter == "}" and depth == 0:
            after = code[at + 1:].lstrip()
            if re.match(r"[\w(*&:]|\+\+|--|\[\[", after):
                return None  # the block before our statement
            return "a temporary made in braces"
        if letter in ")]}":
            depth += 1
        elif letter in "([{" and depth:
            depth -= 1
        elif letter == "{":
            return None if _BEFORE_BLOCK.search(code[:at]) else "inside an initialiser in braces"
        elif letter == "(" and _CONTROL.search(code[:at]):
            return None
        elif letter == ";" and depth == 0:
            return None
        elif letter == "?" and depth == 0:
            return "a branch of ?:"
        elif letter == "]" and depth == 0 and _is_capture(code, at):
            return "a lambda that captures"
    return None


def _right_of(code: str, position: int) -> str | None:
    depth, at = 0, position
    while at < len(code):
        letter = code[at]
        if letter == ";" and depth <= 0:
            return None
        if letter == "?":
            return "the condition of ?:"
        if letter == "[" and not re.search(r"[\w\])]\s*$", code[:at]):
            if not re.match(r"\[\s*\]", code[at:]):
                return "a lambda that captures"
            at = _behind_lambda(code, at)
            continue
        if letter == "{":
            if depth < 0 and re.search(r"\)\s*$", code[:at]):
                return None  # the block of the if or while whose condition we are in
            return "a temporary made in braces"
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == ")" and depth < 0 and _closes_control(code, at):
            return None
        at += 1
    return None


def _closes_control(code: str, closing: int) -> bool:
    depth = 0
    for at in range(closing, -1, -1):
        depth += {")": 1, "(": -1}.get(code[at], 0)
        if depth == 0:
            return bool(_CONTROL.search(code[:at]))
    return False


def _is_capture(code: str, closing: int) -> bool:
    opening = code.rfind("[", 0, closing)
    return bool(code[opening + 1:closing].strip()) and not re.search(r"[\w\])]\s*$", code[:opening])


def _behind_lambda(code: str, at: int) -> int:
    at = code.index("{", at)
    depth = 0
    while at < len(code):
        depth += {"{": 1, "}": -1}.get(code[at], 0)
        at += 1
        if depth == 0:
            break
    return at


_COROUTINE = re.compile(r"\bawaitable\s*<")
# What binds to a temporary that is gone when `auto asked = f(...); co_await std::move(asked);` goes
# on. Views and references to our own types are for a caller whose frame outlives the callee's.
_BORROWED = re.compile(r"\bconst\s+std::\w+(<[^()]*>)?\s*&|\bstd::initializer_list\b|&&")


def borrowed_parameters(text: str) -> list[tuple[int, str]]:
    """Line and parameter list of every coroutine that takes what it does not own."""
    code = code_of(text)
    found = []
    for match in _COROUTINE.finditer(code):
        at, depth = match.end(), 1
        while at < len(code) and depth:
            depth += {"<": 1, ">": -1}.get(code[at], 0)
            at += 1
        name = re.match(r"\s+[\w:~]+\s*\(", code[at:])
        if not name:
            continue
        start = at + name.end()
        end, depth = start, 1
        while end < len(code) and depth:
            depth += {"(": 1, ")": -1}.get(code[end], 0)
            end += 1
        parameters = code[start:end - 1]
        if _BORROWED.search(parameters):
            line = code.count("\n", 0, match.start()) + 1
            found.append((line, " ".join(parameters.split())))
    return found
