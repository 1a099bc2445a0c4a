// SPDX-License-Identifier: Apache-2.0
#include "keys/postgresql_statement.hpp"

#include "smtp/octets.hpp"

#include <libpq-fe.h>

#include <charconv>

namespace postseal::keys {
namespace {

// Of the server's pg_type.dat; they never change.
constexpr std::uint32_t boolean = 16, bytea = 17, int8 = 20, text = 25;

constexpr int octets_of_number = 8;

std::string big_endian(std::int64_t number) {
    std::string octets;
    for (int shift = 56; shift >= 0; shift -= 8)
        octets += static_cast<char>(static_cast<std::uint64_t>(number) >> shift);
    return octets;
}

std::string printable(std::string_view from) {
    std::string kept;
    while (!from.empty()) {
        const auto length = smtp::printable_length(from);
        kept += length ? from.substr(0, length) : std::string_view("?");
        from.remove_prefix(length ? length : 1);
    }
    return kept;
}

} // namespace

postgresql_value text_value(std::string_view from) { return {text, printable(from)}; }

postgresql_value octets_value(std::string octets) { return {bytea, std::move(octets)}; }

postgresql_value number_value(std::int64_t number) { return {int8, big_endian(number)}; }

postgresql_value time_value(std::chrono::sys_seconds time) {
    return number_value(time.time_since_epoch().count());
}

postgresql_value time_value(std::optional<std::chrono::sys_seconds> time) {
    return time ? time_value(*time) : no_time();
}

postgresql_value truth_value(bool truth) { return {boolean, std::string(1, truth ? '\1' : '\0')}; }

postgresql_value no_text() { return {text, std::nullopt}; }

postgresql_value no_octets() { return {bytea, std::nullopt}; }

postgresql_value no_time() { return {int8, std::nullopt}; }

void postgresql_rows::clearing::operator()(pg_result* answer) const { PQclear(answer); }

postgresql_rows::postgresql_rows(pg_result* answer) : answer_(answer) {}

int postgresql_rows::count() const { return PQntuples(answer_.get()); }

std::size_t postgresql_rows::affected() const {
    const std::string_view told = PQcmdTuples(answer_.get());
    std::size_t rows = 0;
    std::from_chars(told.data(), told.data() + told.size(), rows);
    return rows;
}

bool postgresql_rows::is_null(int row, int column) const {
    return PQgetisnull(answer_.get(), row, column) != 0;
}

std::string postgresql_rows::octets(int row, int column) const {
    const auto size = static_cast<std::size_t>(PQgetlength(answer_.get(), row, column));
    return {PQgetvalue(answer_.get(), row, column), size};
}

std::int64_t postgresql_rows::number(int row, int column) const {
    if (PQgetlength(answer_.get(), row, column) != octets_of_number) return 0; // NULL
    const char* const octets = PQgetvalue(answer_.get(), row, column);
    std::uint64_t number = 0;
    for (int i = 0; i < octets_of_number; ++i)
        number = (number << 8) | static_cast<unsigned char>(octets[i]);
    return static_cast<std::int64_t>(number);
}

bool postgresql_rows::truth(int row, int column) const {
    return octets(row, column) == std::string_view("\1");
}

std::chrono::sys_seconds postgresql_rows::time(int row, int column) const {
    return std::chrono::sys_seconds(std::chrono::seconds(number(row, column)));
}

std::optional<std::chrono::sys_seconds> postgresql_rows::maybe_time(int row, int column) const {
    if (is_null(row, column)) return std::nullopt;
    return time(row, column);
}

} // namespace postseal::keys
