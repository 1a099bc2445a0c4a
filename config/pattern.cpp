// SPDX-License-Identifier: Apache-2.0
#include "config/pattern.hpp"

#include "config/values.hpp"
#include "keys/domain.hpp"
#include "smtp/mailbox.hpp"

#include <algorithm>
#include <optional>

namespace postseal::config {

namespace {

constexpr std::size_t max_pattern = smtp::max_local_part + 1 + smtp::max_domain;
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

policy::text_pattern read_expression(const source& from, const node& value,
                                     policy::letter_case letters) {
    const auto written = read_text(from, value);
    std::string mistake;
    auto read = policy::text_pattern::parse(written, mistake, letters);
    for (const auto* const looking : {"(?!", "(?=", "(?<!", "(?<="})
        if (!read && written.find(looking) != std::string::npos)
            mistake = "RE2 looks neither ahead nor behind; write what is excepted in 'not'";
    if (!read) from.fail(value.at, "'" + written + "': " + mistake);
    return *read;
}

} // namespace

bool is_expression(std::string_view text) {
    return text.size() > 1 && text.starts_with('/') &&
           (text.ends_with('/') || text.ends_with("/i"));
}

policy::text_pattern read_text_pattern(const source& from, const node& value) {
    return read_expression(from, value, policy::letter_case::counts);
}

policy::text_pattern read_address_expression(const source& from, const node& value) {
    if (!is_expression(value.text))
        from.fail(value.at, "'" + value.text +
                                "': an expression ends with '/'; for an address that begins with "
                                "'/' write '?' in its place");
    return read_expression(from, value, policy::letter_case::does_not_count);
}

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

} // namespace postseal::config
