# SPDX-License-Identifier: Apache-2.0
"""Habits that hold for every file: a licence line, a readable length, a name that says something."""
import re

from sources import all_files, code_of, cpp_files, name_of

SPDX = "SPDX-License-Identifier: Apache-2.0"
LONGEST = 400
EMPTY_NAMES = re.compile(r"(^|[_/])(utils?|common|helpers?|misc|stuff)([_./]|$)", re.IGNORECASE)
SCRIPTS = ("scripts/", "bench/", ".ci/")


def is_source(name: str) -> bool:
    return (name.endswith((".cpp", ".hpp", ".h", ".py", ".cmake", "CMakeLists.txt"))
            or name.startswith(SCRIPTS) and "." not in name.rsplit("/", 1)[1])


def test_every_source_has_its_licence_line():
    wrong = []
    for file in all_files():
        if is_source(name_of(file)):
            lines = file.read_text().splitlines()[:2]
            first = lines[1:] if lines and lines[0].startswith("#!") else lines[:1]
            if not any(SPDX in line for line in first):
                wrong.append(name_of(file))
    assert not wrong, "\n".join(wrong)


def test_no_source_is_too_long_to_read():
    wrong = [f"{name_of(file)}: {lines} lines" for file in all_files() if is_source(name_of(file))
             if (lines := len(file.read_text().splitlines())) > LONGEST]
    assert not wrong, "\n".join(wrong)


def test_names_say_something():
    wrong = [name_of(file) for file in all_files() if EMPTY_NAMES.search(name_of(file))]
    assert not wrong, "\n".join(wrong)


def test_a_switch_over_an_enum_leaves_forgotten_cases_to_the_compiler():
    wrong = [f"{name_of(file)}:{line}" for file in cpp_files()
             for line in hidden_cases(code_of(file.read_text()))]
    assert not wrong, "a `default:` hides a forgotten enumerator:\n" + "\n".join(wrong)


def hidden_cases(code: str) -> list[int]:
    """Lines with a `default:` whose nearest case before it is an enumerator. Octets and numbers
    cannot all be named: there it is right (character literals are blank in this text)."""
    found, enumerator = [], False
    for number, line in enumerate(code.splitlines(), 1):
        for label in re.finditer(r"\bcase\s+([^:]*(?:::[^:]+)*):(?!:)|\bdefault\s*:", line):
            if label[1] is None and enumerator:
                found.append(number)
            enumerator = label[1] is not None and bool(re.match(r"[A-Za-z_]", label[1].strip()))
    return found


def test_the_check_knows_enumerators_from_octets():
    assert hidden_cases("switch (x) {\ncase colour::red: break;\ndefault: break; }") == [3]
    assert hidden_cases("switch (x) {\ncase    : return 1;\ndefault: break; }") == []
    assert hidden_cases("switch (x) {\ncase 3: return 1;\ndefault: break; }") == []


def test_text_files_end_with_a_line_end_and_have_no_trailing_space():
    wrong = []
    for file in all_files():
        if is_source(name_of(file)):
            text = file.read_text()
            if not text.endswith("\n") or re.search(r"[ \t]+$", text, re.MULTILINE):
                wrong.append(name_of(file))
    assert not wrong, "\n".join(wrong)
