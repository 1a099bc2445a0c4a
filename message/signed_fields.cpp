// SPDX-License-Identifier: Apache-2.0
#include "message/signed_fields.hpp"

#include "message/token.hpp"
#include "smtp/mailbox.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace postseal::message {

namespace {

using fields = std::vector<const header_field*>;
using places = std::unordered_map<std::string, std::vector<std::size_t>>;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t";
    const auto first = text.find_first_not_of(blank);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

// Takes what stands before the next mark, and the mark, from the front of `text`.
std::string_view take_until(std::string_view& text, char mark) {
    const auto piece = text.substr(0, text.find(mark));
    text.remove_prefix(piece.size() < text.size() ? piece.size() + 1 : piece.size());
    return trimmed(piece);
}

// The value of `h=` in a tag list (RFC 6376 §3.2).
std::optional<std::string> signed_names(const header_field& signature) {
    const auto text = unfolded(signature);
    for (std::string_view rest = text; !rest.empty();) {
        auto tag = take_until(rest, ';');
        if (take_until(tag, '=') == "h") return std::string{tag};
    }
    return {};
}

places find_places(const fields& all) {
    places found;
    for (std::size_t i = 0; i < all.size(); ++i)
        found[smtp::ascii_lower(all[i]->name)].push_back(i);
    return found;
}

// A name that is listed twice means the last two fields of that name (§5.4.2); one that is listed
// more often than it is there means that no other shall be added.
std::vector<std::size_t> resolve(std::string_view names, const places& where) {
    std::vector<std::size_t> found;
    std::unordered_map<std::string, std::size_t> taken;
    while (!names.empty()) {
        const auto name = smtp::ascii_lower(take_until(names, ':'));
        const auto there = where.find(name);
        if (there == where.end()) continue;
        const auto count = ++taken[name];
        if (count <= there->second.size())
            found.push_back(there->second[there->second.size() - count]);
    }
    return found;
}

bool is_signature(std::string_view field_name) {
    return same_token(field_name, "DKIM-Signature") ||
           same_token(field_name, "DomainKey-Signature") ||
           same_token(field_name, "ARC-Message-Signature");
}

} // namespace

std::vector<field_signature> read_signatures(const fields& all) {
    std::vector<field_signature> found;
    std::vector<std::size_t> chain;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto name = all[i]->name;
        if (token_matches(name, "ARC-*")) chain.push_back(i);
        if (is_signature(name)) found.push_back({i, same_token(name, "ARC-Message-Signature")});
    }
    if (found.empty() || found.size() > max_signatures) return found;
    const auto where = find_places(all);
    for (auto& one : found) {
        const auto names = signed_names(*all[one.at]);
        one.all_below = !names;
        if (names) one.signs = resolve(*names, where);
        if (one.arc) one.signs.insert(one.signs.end(), chain.begin(), chain.end());
    }
    return found;
}

} // namespace postseal::message
