// SPDX-License-Identifier: Apache-2.0
#include "seal/status_lines.hpp"

namespace postseal::seal {

namespace {

constexpr std::string_view prefix = "[GNUPG:] ";

// "1 CE0AB862…": flags, then the fingerprint. What is no fingerprint must not reach a command line.
std::string_view fingerprint_in(std::string_view arguments) {
    const auto space = arguments.find(' ');
    if (space == arguments.npos) return {};
    const auto fingerprint = arguments.substr(space + 1);
    const bool is_one = (fingerprint.size() == 40 || fingerprint.size() == 64) &&
                        fingerprint.find_first_not_of("0123456789ABCDEF") == fingerprint.npos;
    return is_one ? fingerprint : std::string_view();
}

} // namespace

void note(status_lines& seen, std::string_view keyword, std::string_view arguments) {
    if (keyword == "END_ENCRYPTION") seen.encryption_ended = true;
    if (keyword == "FAILURE") seen.failure = true;
    if (keyword == "INV_RECP") seen.invalid_recipient = true;
    if (keyword == "IMPORT_RES") seen.import_ended = true;
    if (keyword == "IMPORT_OK") {
        ++seen.imported;
        seen.fingerprint = fingerprint_in(arguments);
    }
}

status_lines read_status(std::string_view text) {
    status_lines seen;
    for (auto end = text.find('\n'); end != text.npos; end = text.find('\n')) {
        auto line = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (line.substr(0, prefix.size()) != prefix) continue;
        line.remove_prefix(prefix.size());
        const auto space = line.find(' ');
        note(seen, line.substr(0, space),
             space == line.npos ? std::string_view() : line.substr(space + 1));
    }
    return seen;
}

} // namespace postseal::seal
