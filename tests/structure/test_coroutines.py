# SPDX-License-Identifier: Apache-2.0
"""No coroutine is written in a way that GCC 12 miscompiles or that outlives its arguments."""
import pytest

from coroutines import borrowed_parameters, mistakes
from sources import cpp_files, name_of


def test_nothing_dangerous_stands_beside_co_await():
    wrong = [f"{name_of(file)}:{line}: {complaint} beside co_await: name it first"
             for file in cpp_files() for line, complaint in mistakes(file.read_text())]
    assert not wrong, "\n".join(wrong)


def test_coroutines_own_their_parameters():
    wrong = [f"{name_of(file)}:{line}: ({parameters})"
             for file in cpp_files() for line, parameters in borrowed_parameters(file.read_text())]
    assert not wrong, "\n".join(wrong)


FUNCTION = "asio::awaitable<void> f(int x) {{\n    {}\n}}\n"


@pytest.mark.parametrize("statement", [
    "co_await send(request{1, 2});",
    "auto r = co_await send({1, 2});",
    "co_await run([x] { return x; });",
    "co_await run([&] { return 1; });",
    "auto r = x ? co_await a() : co_await b();",
    "auto r = co_await (x ? a() : b());",
    "result r{co_await a()};",
    "use(pair{1, 2}, co_await a());",
    "auto r = std::vector<int>{co_await a()};",
    "if (x) { y(); } auto r = co_await a({x});",
    "if (auto r = co_await a(b{})) { c(); }",
    "return_to(thing{}.value(), co_await a());",
    "co_return co_await a(thing{x});",
])
def test_the_check_sees_what_is_dangerous(statement):
    assert mistakes(FUNCTION.format(statement)), statement


@pytest.mark.parametrize("statement", [
    "co_await a();",
    "auto asked = a(thing{x}); auto r = co_await std::move(asked);",
    "if (co_await a(x)) { b(); }",
    "while (!co_await a()) { b(thing{}); }",
    "for (auto& one : all) { co_await a(one); }",
    "if (x) { co_await a(); } else { co_await b(); }",
    "try { co_await a(); } catch (...) { }",
    "int y{1};\n    co_await a(y);",
    "co_await a(list[0]);",
    "switch (x) { case 1: co_await a(); break; case 2: { co_await b(); } }",
    'co_await a("{?[");',
    "auto y = x ? 1 : 2; // why not?\n    co_await a(y);",
    "auto run = [&]() -> asio::awaitable<void> { co_await a(); };",
    "auto run = [this]() mutable { return 1; };\n    co_await a();",
    "if (x) {\n    }\n    const auto r = co_await a();",
    "do { co_await a(); } while (x);",
    "co_await a(); int y = x ? 1 : 2;",
])
def test_the_check_leaves_alone_what_is_safe(statement):
    assert not mistakes(FUNCTION.format(statement)), mistakes(FUNCTION.format(statement))


@pytest.mark.parametrize("parameters,borrowed", [
    ("std::string text", False), ("session& mine, int x", False), ("", False),
    ("const std::string& text", True), ("const std::vector<int>& all", True),
    ("thing&& other", True), ("std::initializer_list<int> all", True),
    ("std::function<void(int)> what", False)])
def test_the_check_knows_owned_from_borrowed(parameters, borrowed):
    text = f"boost::asio::awaitable<result<std::vector<int>>> name::f({parameters});"
    assert bool(borrowed_parameters(text)) == borrowed
