// SPDX-License-Identifier: Apache-2.0
#include "keys/postgresql_connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace postseal::keys {
namespace {

using kind = postgresql_trouble::kind;
using time_point = postgresql_connection::time_point;

constexpr const char* misfit = "the server's answers do not fit the statements";
const postgresql_trouble no_answer{kind::late, "the server does not answer in time"};

/// One line of libpq's several, without where in the server's sources it was said.
std::string in_one_line(std::string_view said) {
    std::string line;
    while (!said.empty()) {
        const auto end = said.find('\n');
        auto one = said.substr(0, end);
        one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
        if (!one.empty() && !one.starts_with("LOCATION:")) {
            if (!line.empty()) line += "; ";
            line += one;
        }
        said.remove_prefix(end == std::string_view::npos ? said.size() : end + 1);
    }
    return line;
}

/// Takes the server's "FATAL:  28P01: …" apart: libpq has no better way while one connects.
std::string take_state(std::string& said) {
    constexpr std::size_t length = 5;
    for (auto at = said.find(":  "); at != std::string::npos; at = said.find(":  ", at + 1)) {
        const auto state = said.substr(at + 3, length);
        const bool capital = std::ranges::all_of(
            state, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
        if (state.size() != length || !capital || said[at + 3 + length] != ':') continue;
        said.erase(at + 1, length + 3);
        return state;
    }
    return {};
}

/// Who may connect to what is for an administrator to change: invalid_authorization (28000),
/// invalid_password, a database that is not there, insufficient_privilege.
bool is_for_an_administrator(std::string_view state) {
    return state == "28000" || state == "28P01" || state == "3D000" || state == "42501";
}

postgresql_trouble not_connected(PGconn* tried) {
    auto said = in_one_line(PQerrorMessage(tried));
    auto state = take_state(said);
    const bool unfit = is_for_an_administrator(state) || PQconnectionNeedsPassword(tried) != 0 ||
                       said.starts_with("invalid "); // libpq's, of a parameter
    return {unfit ? kind::unfit : kind::unreachable, std::move(said), std::move(state)};
}

/// The connection is no good after these: it ends, or leads to a server that takes nothing written
/// (a failover has happened), or does not know our prepared statements any more.
bool ends_connection(std::string_view state) {
    return state.starts_with("08") || state.starts_with("57P") || state == "25006" ||
           state == "0A000" || state == "26000" || state == "25P03" || state == "25P02";
}

/// Only the first line of what the server says: the others have values in them, and so addresses.
postgresql_trouble refused(const PGresult* answer) {
    const char* const state = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
    const char* const said = PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
    const std::string_view known = state ? state : "";
    postgresql_trouble trouble{kind::refused, in_one_line(said ? said : "no reason was given"),
                               std::string(known)};
    if (ends_connection(known)) trouble.what = kind::unreachable;
    if (is_for_an_administrator(known)) trouble.what = kind::unfit;
    if (known == "57014" || known == "55P03") trouble.what = kind::late; // its own time limits
    return trouble;
}

enum class wanted { read, write, either };

/// Nothing beyond the time.
bool wait_for(int socket, wanted what, time_point until) {
    const auto events = what == wanted::read    ? POLLIN
                        : what == wanted::write ? POLLOUT
                                                : POLLIN | POLLOUT;
    pollfd waiting{socket, static_cast<short>(events), 0};
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        const int ready = ::poll(&waiting, 1,
                                 static_cast<int>(std::max<std::int64_t>(
                                     0, std::min<std::int64_t>(left.count(), 60'000))));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
        if (std::chrono::steady_clock::now() >= until) return false;
    }
}

void say_nothing(void*, const PGresult*) {} // libpq would print notices

} // namespace

void postgresql_connection::finishing::operator()(pg_conn* open) const { PQfinish(open); }

postgresql_connection::postgresql_connection(handle opened) : handle_(std::move(opened)) {}

postgresql_answer<std::unique_ptr<postgresql_connection>>
postgresql_connection::open(const postgresql_parameters& where, time_point until) {
    std::vector<const char*> names, values;
    for (const auto& [name, value] : where) {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    handle opened(PQconnectStartParams(names.data(), values.data(), 0));
    if (!opened) return postgresql_trouble{kind::unreachable, "out of memory"};
    PQsetNoticeReceiver(opened.get(), say_nothing, nullptr);
    PQsetErrorVerbosity(opened.get(), PQERRORS_VERBOSE); // with the state
    for (auto next = PGRES_POLLING_WRITING; PQstatus(opened.get()) != CONNECTION_BAD;
         next = PQconnectPoll(opened.get())) {
        if (next == PGRES_POLLING_OK) break;
        if (next == PGRES_POLLING_FAILED) return not_connected(opened.get());
        const auto what = next == PGRES_POLLING_READING ? wanted::read : wanted::write;
        if (!wait_for(PQsocket(opened.get()), what, until)) return no_answer;
    }
    if (PQstatus(opened.get()) != CONNECTION_OK) return not_connected(opened.get());
    if (PQsetnonblocking(opened.get(), 1) != 0 || PQenterPipelineMode(opened.get()) != 1)
        return not_connected(opened.get());
    return std::unique_ptr<postgresql_connection>(new postgresql_connection(std::move(opened)));
}

bool postgresql_connection::is_usable() const {
    return !broken_ && PQstatus(handle_.get()) == CONNECTION_OK;
}

bool postgresql_connection::is_alive() {
    if (!is_usable()) return false;
    // Nothing is asked just now: what is there to be read is a notice, or a farewell and the end.
    for (int reads = 0; reads < 3; ++reads) {
        pollfd waiting{PQsocket(handle_.get()), POLLIN, 0};
        if (::poll(&waiting, 1, 0) <= 0) break;
        if (PQconsumeInput(handle_.get()) != 1 || !is_usable()) return false;
    }
    return true;
}

bool postgresql_connection::in_transaction() const {
    return PQtransactionStatus(handle_.get()) != PQTRANS_IDLE;
}

postgresql_answer<std::vector<postgresql_rows>>
postgresql_connection::run(const std::vector<postgresql_statement>& statements, time_point until) {
    auto answers = run_once(statements, until);
    if (answers) return answers;
    // An answer that comes yet would be taken for that of the next statement.
    const auto& state = answers.error().state;
    if (state.empty() || ends_connection(state)) broken_ = true;
    roll_back(until);
    return answers;
}

void postgresql_connection::roll_back(time_point until) {
    if (!is_usable() || !in_transaction()) return;
    if (!run_once({{"ROLLBACK"}}, until)) broken_ = true;
}

postgresql_trouble postgresql_connection::lost() {
    auto said = in_one_line(PQerrorMessage(handle_.get()));
    return {kind::unreachable, said.empty() ? "the connection was lost" : std::move(said)};
}

postgresql_answer<std::vector<postgresql_rows>>
postgresql_connection::run_once(const std::vector<postgresql_statement>& statements,
                                time_point until) {
    const auto sent = send(statements);
    if (!sent) return sent.error();
    if (auto flushed = flush(until); !flushed) return flushed.error();
    std::vector<postgresql_rows> answers;
    std::optional<postgresql_trouble> trouble;
    for (std::size_t answered = 0;;) {
        const auto next = next_result(until);
        if (!next) return next.error();
        if (*next == nullptr) continue; // ends the answers of one statement
        postgresql_rows rows(*next);
        const auto status = PQresultStatus(*next);
        if (status == PGRES_PIPELINE_SYNC) break;
        if (answered == sent->size()) return postgresql_trouble{kind::unreachable, misfit};
        const auto to_prepare = (*sent)[answered++];
        if (status == PGRES_FATAL_ERROR && !trouble) trouble = refused(*next);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) continue;
        if (to_prepare)
            prepared_.insert(*to_prepare);
        else
            answers.push_back(std::move(rows));
    }
    if (trouble) return *trouble;
    if (answers.size() != statements.size()) return postgresql_trouble{kind::unreachable, misfit};
    return answers;
}

postgresql_answer<postgresql_connection::expected>
postgresql_connection::send(const std::vector<postgresql_statement>& statements) {
    auto* const to = handle_.get();
    expected answers;
    for (const auto& one : statements) {
        std::vector<Oid> types;
        std::vector<const char*> values;
        std::vector<int> lengths;
        for (const auto& value : one.values) {
            types.push_back(value.type);
            values.push_back(value.bytes ? value.bytes->data() : nullptr);
            lengths.push_back(value.bytes ? static_cast<int>(value.bytes->size()) : 0);
        }
        const auto count = static_cast<int>(types.size());
        const std::vector<int> binary(types.size(), 1);
        const std::string_view text = one.sql;
        const auto& name =
            names_.try_emplace(text, "s" + std::to_string(names_.size())).first->second;
        if (!prepared_.contains(text) && std::ranges::count(answers, text) == 0) {
            if (PQsendPrepare(to, name.c_str(), one.sql, count, types.data()) != 1) return lost();
            answers.emplace_back(text);
        }
        if (PQsendQueryPrepared(to, name.c_str(), count, values.data(), lengths.data(),
                                binary.data(), 1) != 1)
            return lost();
        answers.emplace_back();
    }
    if (PQpipelineSync(to) != 1) return lost();
    return answers;
}

postgresql_answer<void> postgresql_connection::flush(time_point until) {
    for (;;) {
        const int left = PQflush(handle_.get());
        if (left < 0) return lost();
        if (left == 0) return {};
        // The server may want to be rid of answers before it takes more.
        if (!wait_for(PQsocket(handle_.get()), wanted::either, until)) return no_answer;
        if (PQconsumeInput(handle_.get()) != 1) return lost();
    }
}

postgresql_answer<pg_result*> postgresql_connection::next_result(time_point until) {
    while (PQisBusy(handle_.get()) != 0) {
        if (!wait_for(PQsocket(handle_.get()), wanted::read, until)) return no_answer;
        if (PQconsumeInput(handle_.get()) != 1) return lost();
    }
    auto* const next = PQgetResult(handle_.get());
    if (next == nullptr && PQstatus(handle_.get()) == CONNECTION_BAD) return lost();
    return next;
}

} // namespace postseal::keys
