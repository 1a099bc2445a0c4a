// SPDX-License-Identifier: Apache-2.0
#include "message/trace.hpp"

#include "message/token.hpp"

#include <algorithm>

namespace postseal::message {

namespace {

constexpr std::size_t hash_letters = 16; // five bits each, so that a stranger has to guess 80

bool has_our_shape(std::string_view token) {
    return token.size() == id_size + hash_letters &&
           token.find_first_not_of(id_letters) == std::string_view::npos;
}

// The word behind the last "id" (RFC 5321 §4.4). Servers on the way fold anew, but keep words.
std::string id_of(const header_field& field) {
    const auto text = unfolded(field);
    std::string_view rest = text;
    std::string_view before;
    std::string_view id;
    while (!rest.empty()) {
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
        const auto word = rest.substr(0, rest.find_first_of(" \t"));
        rest.remove_prefix(word.size());
        if (same_token(before, "id")) id = word;
        before = word;
    }
    if (id.ends_with(';')) id.remove_suffix(1);
    return std::string(id);
}

// The count is not written down: it is the one with which the hash comes out right.
std::size_t passes_of(std::string_view token, const keyed_hash& hash) {
    if (!has_our_shape(token)) return 0;
    for (std::size_t passes = 1; passes <= max_passes; ++passes)
        if (make_token(token.substr(0, id_size), passes, hash) == token) return passes;
    return 0;
}

} // namespace

std::string make_token(std::string_view id, std::size_t passes, const keyed_hash& hash) {
    const auto text = "pass " + std::to_string(passes) + ' ' + std::string(id);
    return std::string(id) + to_letters(hash(text), hash_letters);
}

trace read_trace(const header_section& section, const keyed_hash& hash) {
    trace seen;
    seen.received = section.count("Received");
    if (seen.received > max_received) return seen;
    for (const auto& field : section.fields) {
        if (!same_token(field.name, "Received")) continue;
        seen.passes = std::max(seen.passes, passes_of(id_of(field), hash));
    }
    return seen;
}

} // namespace postseal::message
