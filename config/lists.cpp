// SPDX-License-Identifier: Apache-2.0
#include "config/lists.hpp"

#include "config/mapping.hpp"
#include "config/pattern.hpp"
#include "config/suggest.hpp"
#include "config/values.hpp"
#include "smtp/login_name.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

namespace postseal::config {

namespace {

constexpr std::size_t max_name = 64;

bool is_list_name(std::string_view text) {
    return !text.empty() && text.size() <= max_name &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") ==
               std::string_view::npos;
}

void refuse_expression(const source& from, const node& value) {
    if (is_expression(value.text))
        from.fail(value.at, "'" + value.text + "': expressions are for 'from', 'to' and 'header'");
}

std::string read_member(const source& from, const node& value) {
    refuse_expression(from, value);
    if (value.kind == node::kind::scalar && is_bare_word(value.text))
        from.fail(value.at, "'" + value.text +
                                "' is neither an address nor a domain; a list cannot name another "
                                "list");
    return read_pattern(from, value);
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

// What a '#' begins, at the start of the line or behind a blank, is for people. (Inside a local
// part it is a letter like others.)
std::string_view without_comment(std::string_view line) {
    for (auto at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1))
        if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
    return line;
}

// Who reads the policy wants to see who asks for the file.
source read_list_file(const source& from, const node& where) {
    try {
        return read_source(read_path(from, where), max_list_file);
    } catch (const error& mistake) {
        if (mistake.file() == from.file()) throw; // of the path itself
        from.fail(where.at, mistake.file().string() + " " + mistake.mistake());
    }
}

policy::addresses read_list(const source& from, const entry& one) {
    const auto made = std::make_shared<policy::address_set>(one.key);
    if (one.value.kind == node::kind::map) {
        const mapping block(from, one.value, "a list", {"file"});
        const auto& where = block.need("file", "a text file with one address or domain a line");
        const auto list = read_list_file(from, where);
        for (const auto& member : members_of(list))
            made->add(read_member(list, member));
        if (made->empty())
            list.fail({}, "holds no address, so the list '" + one.key + "' is empty");
        return made;
    }
    if (one.value.kind == node::kind::empty)
        from.fail(one.at, "the list '" + one.key + "' is empty");
    if (one.value.kind == node::kind::scalar)
        from.fail(one.value.at, "a list stands in brackets: [one, two]; for a text file write "
                                "{ file: " +
                                    one.value.text + " }");
    for (const auto& member : list_of(read_member)(from, one.value))
        made->add(member);
    return made;
}

// Nothing to match would be taken for "everything" further in.
void refuse_empty(const source& from, const node& value) {
    if (value.kind == node::kind::list && value.items.empty())
        from.fail(value.at, "the list is empty, so the rule could never match");
}

// Each of a list, or the one that is none.
template<class Add>
void for_each(const node& value, Add add) {
    if (value.kind != node::kind::list) return add(value);
    for (const auto& item : value.items)
        add(item);
}

} // namespace

bool is_bare_word(std::string_view text) {
    return !text.starts_with('/') && text.find_first_of(".@*?") == std::string_view::npos;
}

std::vector<node> members_of(const source& list) {
    std::vector<node> all;
    std::string_view rest = list.text();
    if (rest.starts_with("\xEF\xBB\xBF"))
        rest.remove_prefix(3); // as Windows' Notepad begins a file
    for (int line = 1; !rest.empty(); ++line) {
        const auto whole = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(whole.size() + 1, rest.size()));
        const auto written = trimmed(without_comment(whole));
        if (written.empty()) continue;
        const auto column = static_cast<int>(written.data() - whole.data()) + 1;
        all.push_back({node::kind::scalar, {line, column}, std::string{written}, {}, {}});
    }
    return all;
}

std::vector<std::filesystem::path> list_files(const source& from, const node& policy) {
    std::vector<std::filesystem::path> all;
    for (const auto& top : policy.entries)
        for (const auto& list : top.value.entries)
            for (const auto& one : list.value.entries)
                if (top.key == "lists" && one.key == "file")
                    all.push_back(read_path(from, one.value));
    return all;
}

void named_lists::read(const source& from, const node& lists) {
    if (lists.kind != node::kind::map) from.fail(lists.at, "'lists' must hold 'name: [...]' pairs");
    for (const auto& one : lists.entries) {
        if (!is_list_name(one.key))
            from.fail(one.at, "'" + one.key +
                                  "' is no name for a list: small letters, digits, '-' and '_'");
        if (lists_.contains(one.key))
            from.fail(one.at, "another file has a list '" + one.key + "' already");
        lists_.emplace(one.key, read_list(from, one));
    }
}

// All single patterns are one set; a list stays the one that other rules have too.
std::vector<policy::addresses> named_lists::resolve(const source& from, const node& value) const {
    refuse_empty(from, value);
    std::vector<policy::addresses> all;
    const auto single = std::make_shared<policy::address_set>();
    for_each(value, [&](const node& one) {
        const auto written = read_text(from, one);
        if (is_bare_word(written)) {
            all.push_back(named(from, one));
        } else if (written.starts_with('/')) {
            single->add(read_address_expression(from, one));
        } else {
            single->add(read_pattern(from, one));
        }
    });
    if (!single->empty()) all.push_back(single);
    return all;
}

std::vector<std::string> named_lists::resolve_logins(const source& from, const node& value) const {
    refuse_empty(from, value);
    std::vector<std::string> all;
    for_each(value, [&](const node& one) { add_logins(from, one, all); });
    return all;
}

policy::addresses named_lists::named(const source& from, const node& word) const {
    if (const auto list = lists_.find(word.text); list != lists_.end()) return list->second;
    const auto hint = near_name(word.text);
    from.fail(word.at,
              "there is no list '" + word.text + "'" +
                  (hint.empty() ? "; for a domain of one word write '*@" + word.text + "'" : hint));
}

void named_lists::add_logins(const source& from, const node& one,
                             std::vector<std::string>& into) const {
    const auto name = read_text(from, one);
    refuse_expression(from, one);
    if (name.size() > smtp::max_login_name) from.fail(one.at, "is longer than any login name");
    if (const auto list = lists_.find(name); list != lists_.end()) {
        for (const auto& pattern : list->second->patterns()) {
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
    for (const auto& [name, list] : lists_)
        names.push_back(name);
    return did_you_mean(word, names);
}

} // namespace postseal::config
