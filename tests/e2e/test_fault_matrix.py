# SPDX-License-Identifier: Apache-2.0
"""A message in several parts, with everything going wrong everywhere, once: whatever it is, each
recipient's copy is delivered once, refused, reported, or known to the log; and no sealed word is
readable anywhere. The cases are generated (parts/matrix/cases.py)."""
import pytest

from parts.matrix import cases, ledger, model
from parts.matrix.run import SEALED_TO, Matrix

CASES = {case.name: case for case in cases.all_cases()}


@pytest.fixture(scope="module")
def people(person):
    return [person(address) for address in SEALED_TO]


@pytest.fixture(scope="module")
def matrix(request, directory, people):
    """All cases that are to be judged, played at once."""
    chosen = {item.callspec.params["name"] for item in request.session.items
              if item.path == request.path and hasattr(item, "callspec")}
    made = Matrix([case for name, case in CASES.items() if name in chosen or not chosen])
    made.found = made.run(directory, people)
    return made


@pytest.mark.parametrize("name", CASES)
def test_every_copy_is_accounted_for(matrix, name):
    found = matrix.found[name]
    wrong = ledger.judge(found)
    if wrong:
        for number, attempt in enumerate(found.attempts, 1):
            print(f"attempt {number} to {attempt.to}: {attempt.heard}"
                  + (" and gave up" if attempt.gave_up else ""))
        print(*found.copies, *found.reports, *found.log, sep="\n")
    assert not wrong, "\n".join(wrong)


def test_nothing_that_is_sealed_is_readable_on_the_disk_or_in_the_log(matrix):
    assert not matrix.leaks
    assert matrix.unnamed_seen  # or nobody has looked


def test_what_is_called_unavoidable_does_happen(matrix):
    if len(matrix.found) < len(CASES):
        pytest.skip("some cases were not played")
    happened = set().union(*map(ledger.happened_twice, matrix.found.values()))
    assert happened == set(model.UNAVOIDABLE)


def test_connections_that_were_kept_are_used(matrix):
    kept = [one for one in matrix.found.values() if one.case.kept]
    if not kept:
        pytest.skip("those cases were not played")
    assert any(one.took_over for one in kept)  # not all: a busy machine may have been too late
