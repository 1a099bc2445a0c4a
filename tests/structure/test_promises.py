# SPDX-License-Identifier: Apache-2.0
"""docs/architecture.md names the test beside each invariant: every name is one that exists, and the
documents link to files that are there."""
import re

from sources import CHECKOUT

ARCHITECTURE = CHECKOUT / "docs/architecture.md"
TESTS = ("*.py", "*.cpp", "*.txt")


def everything_tested() -> str:
    files = [file for kind in TESTS for file in (CHECKOUT / "tests").rglob(kind)]
    return "\n".join(file.read_text(errors="replace") for file in files)


def test_every_invariant_names_a_test_that_exists():
    rows = re.findall(r"^\| \d \|.*$", ARCHITECTURE.read_text(), re.M)
    assert len(rows) == 9
    tests = everything_tested()
    for row in rows:
        names = re.findall(r"`([a-z]+(?:_[a-z0-9]+){3,})`", row)
        assert names or "tests/dialogs" in row or "unit/" in row, row
        for name in names:
            assert name in tests, f"there is no test {name}"


def test_links_between_documents_lead_somewhere():
    documents = [*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")]
    assert documents
    for document in documents:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_every_table_of_the_documents_is_whole():
    """With a head, at least one row, and none twice: a blank line within cuts what follows off, and a
    second row for the same thing says something else."""
    wrong = []
    for document in [*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")]:
        for table in re.findall(r"(?:^ *\|.*\n)+", document.read_text(), re.M):
            head, *rest = [line.strip() for line in table.splitlines()]
            rows = [re.sub(r"\s+", " ", re.split(r"(?<!\\)\|", row)[1]).strip() for row in rest[1:]]
            if not rest or not re.fullmatch(r"[|: -]+", rest[0]) or not rows:
                wrong.append(f"{document.name}: no table, or a piece of one: {head}")
            wrong += [f"{document.name}: twice in a table: {row}" for row in set(rows)
                      if rows.count(row) > 1 and not row.startswith("…")]  # which goes on from the row above
    assert not wrong, "\n".join(wrong)
