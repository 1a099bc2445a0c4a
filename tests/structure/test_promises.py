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
