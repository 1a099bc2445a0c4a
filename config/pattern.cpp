// SPDX-License-Identifier: Apache-2.0
#include "config/pattern.hpp"

#include "config/values.hpp"
#include "keys/domain.hpp"
#include "smtp/login_name.hpp"
#include "smtp/mailbox.hpp"

#include <algorithm>
#include <optional>

namespace postseal::config {

namespace {

constexpr std::size_t max_pattern = smtp::max_local_part + 1 + smtp::max_domain;
constexpr std::size_t max_name = 64;

constexpr std::string_view lower_case_and_digits = "abcdefghijklmnopqrstuvwxyz0123456789";

bool is_bare_word(std::string_view text) {
    return text.find_first_of(".@*?") == std::string_view::npos;
}

bool is_list_name(std::string_view text) {
    const auto allowed = std::string{lower_case_and_digits} + "_-";
    return !text.empty() && text.size() <= max_name &&
           text.find_first_not_of(allowed) == std::string_view::npos;
}

// What no address can contain makes a pattern that never matches: better said than found out.
void check_domain(const source& from, const node& value, std::string_view domain) {
    if (domain.empty()) from.fail(value.at, "'" + value.text + "' has no domain after the '@'");
    if (domain.front() == '[') return; // an address literal: what stands in it is not a name
    if (domain.front() == '.') {
        from.fail(value.at,
                  "'" + value.text + "': for subdomains write '*" + std::string{domain} + "'");
    }
    if (domain.back() == '.') {
        from.fail(value.at, "'" + value.text + "': a mail domain does not end with a dot");
    }
    if (domain.find("..") != std::string_view::npos) {
        from.fail(value.at, "'" + value.text + "' has an empty label (two dots)");
    }
}

// Policy compares A-labels. `domain` may hold '*' and '?', but not in a label with other letters.
std::string with_a_labels(const source& from, const node& value, std::string_view domain) {
    std::string made;
    while (!domain.empty()) {
        const auto label = domain.substr(0, domain.find('.'));
        const bool ascii = std::all_of(label.begin(), label.end(),
                                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
        const auto known = ascii ? std::optional<std::string>(label) : keys::to_a_label(label);
        if (!known) {
            from.fail(value.at, "'" + std::string(label) +
                                    "' is no part of a domain name; write its xn-- form");
        }
        made += *known;
        domain.remove_prefix(label.size());
        if (domain.empty()) break;
        made += '.';
        domain.remove_prefix(1);
    }
    return made;
}

// One pattern, or each of a list.
template<class Add>
policy::patterns collect(const source& from, const node& value, Add add) {
    policy::patterns all;
    if (value.kind != node::kind::list) {
        add(value, all);
        return all;
    }
    // Nothing to match would be taken for "everything" further in.
    if (value.items.empty())
        from.fail(value.at, "the list is empty, so the rule could never match");
    for (const auto& item : value.items)
        add(item, all);
    return all;
}

} // namespace

std::string read_pattern(const source& from, const node& value) {
    const auto text = read_text(from, value);
    if (text.size() > max_pattern) from.fail(value.at, "is longer than any address");
    if (text.find_first_of("<> \t,;") != std::string::npos) {
        from.fail(value.at, "'" + text + "' is no pattern; write the bare address, one an item");
    }
    const auto at = text.rfind('@');
    if (at == 0) {
        from.fail(value.at, "'" + text + "': for every address of a domain write '*" + text + "'");
    }
    check_domain(from, value,
                 at == std::string::npos ? std::string_view{text}
                                         : std::string_view{text}.substr(at + 1));
    const auto domain = at == std::string::npos ? 0 : at + 1;
    return smtp::ascii_lower(text.substr(0, domain) +
                             with_a_labels(from, value, std::string_view{text}.substr(domain)));
}

std::string read_local_domain(const source& from, const node& value) {
    auto domain = read_text(from, value);
    if (domain.find('@') != std::string::npos) {
        from.fail(value.at, "'" + domain + "' is an address; write its domain");
    }
    const auto name = std::string_view{domain}.substr(domain.starts_with("*.") ? 2 : 0);
    if (!is_host_name(name)) {
        from.fail(value.at, "'" + domain + "' is no domain, such as example.org or *.example.org");
    }
    return smtp::ascii_lower(with_a_labels(from, value, domain));
}

named_lists::named_lists(const source& from, const node& lists) {
    if (lists.kind != node::kind::map) from.fail(lists.at, "'lists' must hold 'name: [...]' pairs");
    const auto read = list_of([](const source& file, const node& value) {
        if (value.kind == node::kind::scalar && is_bare_word(value.text)) {
            file.fail(value.at, "'" + value.text +
                                    "' is neither an address nor a domain; a list "
                                    "cannot name another list");
        }
        return read_pattern(file, value);
    });
    for (const auto& one : lists.entries) {
        if (!is_list_name(one.key)) {
            from.fail(one.at, "'" + one.key +
                                  "' is no name for a list: small letters, digits, "
                                  "'-' and '_'");
        }
        if (one.value.kind == node::kind::empty) {
            from.fail(one.at, "the list '" + one.key + "' is empty");
        }
        lists_.emplace(one.key, read(from, one.value));
    }
}

policy::patterns named_lists::resolve(const source& from, const node& value) const {
    return collect(from, value, [&](const node& one, auto& into) { add(from, one, into); });
}

policy::patterns named_lists::resolve_logins(const source& from, const node& value) const {
    return collect(from, value, [&](const node& one, auto& into) { add_logins(from, one, into); });
}

void named_lists::add(const source& from, const node& one, policy::patterns& into) const {
    const auto word = read_text(from, one);
    if (!is_bare_word(word)) {
        into.push_back(read_pattern(from, one));
        return;
    }
    if (const auto list = lists_.find(word); list != lists_.end()) {
        into.insert(into.end(), list->second.begin(), list->second.end());
        return;
    }
    const auto hint = near_name(word);
    from.fail(one.at,
              "there is no list '" + word + "'" +
                  (hint.empty() ? "; for a domain of one word write '*@" + word + "'" : hint));
}

void named_lists::add_logins(const source& from, const node& one, policy::patterns& into) const {
    const auto name = read_text(from, one);
    if (name.size() > smtp::max_login_name) from.fail(one.at, "is longer than any login name");
    if (const auto list = lists_.find(name); list != lists_.end()) {
        for (const auto& pattern : list->second) {
            const bool domain = pattern.find('@') == std::string::npos;
            into.push_back(domain ? "*@" + pattern : pattern);
        }
        return;
    }
    // Taken for a login name, a list's name with a slip in it would never match, and nobody be
    // told.
    if (const auto hint = is_bare_word(name) ? near_name(name) : ""; !hint.empty()) {
        from.fail(one.at, "there is no list '" + name + "'" + hint +
                              " (If it is a login name, give the list another name.)");
    }
    into.push_back(smtp::ascii_lower(name));
}

std::string named_lists::near_name(const std::string& word) const {
    std::vector<std::string> names;
    for (const auto& [name, patterns] : lists_) {
        names.push_back(name);
    }
    return did_you_mean(word, names);
}

} // namespace postseal::config
