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


def test_a_switch_leaves_forgotten_cases_to_the_compiler():
    wrong = [f"{name_of(file)}:{number}" for file in cpp_files()
             for number, line in enumerate(code_of(file.read_text()).splitlines(), 1)
             if re.match(r"\s*default\s*:", line)]
    assert not wrong, "a `default:` hides a forgotten enumerator:\n" + "\n".join(wrong)


def test_text_files_end_with_a_line_end_and_have_no_trailing_space():
    wrong = []
    for file in all_files():
        if is_source(name_of(file)):
            text = file.read_text()
            if not text.endswith("\n") or re.search(r"[ \t]+$", text, re.MULTILINE):
                wrong.append(name_of(file))
    assert not wrong, "\n".join(wrong)
