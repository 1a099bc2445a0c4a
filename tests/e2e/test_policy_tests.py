# SPDX-License-Identifier: Apache-2.0
"""`postseal test`: an administrator's expectations, held against the policy."""
import shutil
import subprocess
from types import SimpleNamespace

import pytest

from parts import places

EXAMPLES = places.CHECKOUT / "config/examples"
ALL_AS_EXPECTED, SOME_FAILED, COULD_NOT = 0, 1, 2


def run_tests(configuration, *files):
    done = subprocess.run([str(word) for word in (places.POSTSEAL, "test", "--config", configuration,
                                                  *files)],
                          capture_output=True, timeout=60, check=False)
    assert b"Sanitizer" not in done.stderr, done.stderr.decode()
    return SimpleNamespace(status=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


@pytest.fixture
def example(tmp_path):
    """The shipped files, as an administrator begins with them."""
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    return tmp_path / "postseal.yaml"


def test_shipped_tests_pass_with_the_shipped_policy(example):
    done = run_tests(example, example.with_name("policy-tests.yaml"))
    assert done.status == ALL_AS_EXPECTED, done.out + done.err
    assert done.out == "6 tests: all as expected\n"


def test_what_is_not_as_expected_is_told_with_its_place_and_why(example):
    policy = example.with_name("policy.yaml")
    policy.write_text(policy.read_text().replace("rules: []", """rules:
  - name: elsewhere is sealed or not sent
    match: { to: elsewhere.example }
    set: { encrypt: required }
"""))
    tests = example.with_name("policy-tests.yaml")
    done = run_tests(example, tests)
    assert done.status == SOME_FAILED, done.out + done.err
    words = " ".join(done.out.split())
    line = 1 + tests.read_text().splitlines().index(
        "  - name: whoever has none gets it in clear, without the marks of our programs")
    assert f"policy-tests.yaml:{line}: whoever has none gets it in clear" in words
    assert "bob@elsewhere.example treatment should be cleaned but is rejected because refused: no key" \
        in words
    assert "rule should be defaults but is elsewhere is sealed or not sent" in words
    assert words.endswith("2 of 6 tests failed"), words


def test_several_files_are_counted_together(example):
    tests = example.with_name("policy-tests.yaml")
    done = run_tests(example, tests, tests)
    assert (done.status, done.out) == (ALL_AS_EXPECTED, "12 tests: all as expected\n")


@pytest.mark.parametrize("text,told", [
    ("tests: []\n", "1:8: 'tests' must be a list of tests"),
    ("test: []\n", "did you mean 'tests'?"),
    ("tests: [{ name: a, from: a@example.org, to: b@b.example, expect: seald }]\n",
     "did you mean 'sealed'?"),
    ("tests:\n  - name: a\n    from: a@example.org\n    to: b@b.example\n    listener: filtr\n"
     "    expect: sealed\n", "5:15: 'listener': there is no listener 'filtr'; did you mean 'filter'?"),
    ("tests:\n  - name: a\n    from: a@example.org\n    to: b@b.example\n    tls: true\n"
     "    expect: sealed\n", "'tls': that can never be known over the listener 'filter'"),
    ("tests:\n  - name: a\n    from: a@example.org\n    to: b@b.example\n"
     "    expect: { c@b.example: sealed }\n",
     "5:15: 'c@b.example' is none of the recipients; did you mean 'b@b.example'?"),
    ("tests:\n  - name: a\n    from: a@example.org\n    to: b@b.example\n    message: none.eml\n"
     "    expect: sealed\n", "none.eml: cannot be read"),
])
def test_a_file_that_is_wrong_is_no_failed_test(example, text, told):
    tests = example.with_name("mine.yaml")
    tests.write_text(text)
    done = run_tests(example, tests)
    assert done.status == COULD_NOT, done.out
    assert told in done.err, done.err


def test_a_policy_that_is_wrong_is_no_failed_test(example):
    example.with_name("policy.yaml").write_text("defaults: { encrypt: perhaps }\n")
    done = run_tests(example, example.with_name("policy-tests.yaml"))
    assert done.status == COULD_NOT and "policy.yaml:1:" in done.err, done.err


def test_nobody_is_asked_for_a_key(example):
    """Neither a store nor a sealer is there, and no network is needed."""
    text = example.read_text().replace("gpg: /usr/bin/gpg", "gpg: /nowhere/gpg") \
        .replace("store: sqlite:/var/lib/postseal", "store: sqlite:/nowhere")
    example.write_text(text.replace("#executable: /usr/libexec/postseal/sealer", "executable: /nowhere"))
    assert run_tests(example, example.with_name("policy-tests.yaml")).status == ALL_AS_EXPECTED
