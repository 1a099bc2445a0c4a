// SPDX-License-Identifier: Apache-2.0
#include "postfix/configuration.hpp"

#include "postfix/expansion.hpp"

#include <algorithm>
#include <charconv>

namespace postseal::postfix {

namespace {

constexpr std::string_view blank = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blank);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t read = 0;
    const auto* const end = text.data() + text.size();
    const auto done = std::from_chars(text.data(), end, read);
    if (text.empty() || done.ec != std::errc{} || done.ptr != end) return std::nullopt;
    return read;
}

std::uint64_t seconds_of(char unit) {
    switch (unit) {
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86'400;
    case 'w': return 604'800;
    default: return 1;
    }
}

bool is_word(std::string_view name) { return name.find_first_of(blank) == name.npos; }

} // namespace

std::string_view service::program() const {
    const std::string_view all = command;
    const auto first = all.substr(0, all.find_first_of(blank));
    return first.substr(first.rfind('/') + 1);
}

configuration::configuration(std::string_view printed) {
    while (!printed.empty()) {
        const auto end = printed.find('\n');
        read_line(printed.substr(0, end));
        printed.remove_prefix(end == printed.npos ? printed.size() : end + 1);
    }
}

// "name = value" of main.cf, or "service/type/name = value".
void configuration::read_line(std::string_view line) {
    const auto equals = line.find('=');
    if (equals == line.npos) return;
    const auto name = trimmed(line.substr(0, equals));
    const auto value = trimmed(line.substr(equals + 1));
    if (name.empty() || !is_word(name)) return;
    if (name.find('/') != name.npos) return read_service(name, value);
    parameters_.insert_or_assign(std::string(name), std::string(value));
}

// The name of a service may hold slashes itself: the last two are ours.
void configuration::read_service(std::string_view path, std::string_view value) {
    const auto last = path.rfind('/');
    const auto middle = last == 0 ? path.npos : path.rfind('/', last - 1);
    if (middle == path.npos || middle == 0 || last == middle + 1 || last + 1 == path.size()) return;
    auto& where = named(path.substr(0, middle), path.substr(middle + 1, last - middle - 1));
    const auto field = path.substr(last + 1);
    if (field == "process_limit") {
        where.process_limit = value;
    } else if (field == "command") {
        where.command = value;
    } else if (field != "service" && field != "type" && field != "private" &&
               field != "unprivileged" && field != "chroot" && field != "wakeup") {
        where.overrides.insert_or_assign(std::string(field), std::string(value));
    }
}

service& configuration::named(std::string_view name, std::string_view type) {
    for (auto& one : services_) {
        if (one.name == name && one.type == type) return one;
    }
    services_.push_back({std::string(name), std::string(type), "-", {}, {}});
    return services_.back();
}

// `-o` in a command without any override means that `postconf -P` was left out.
bool configuration::complete() const {
    const auto has_command = [](const service& one) { return !one.command.empty(); };
    const auto overrides = [](const service& one) { return !one.overrides.empty(); };
    const auto asks = [](const service& one) {
        return one.command.find(" -o ") != std::string::npos;
    };
    const bool all_commands = std::all_of(services_.begin(), services_.end(), has_command);
    const bool any_override = std::any_of(services_.begin(), services_.end(), overrides);
    const bool none_wanted = std::none_of(services_.begin(), services_.end(), asks);
    return knows("mail_version") && knows("smtpd_relay_restrictions") && !services_.empty() &&
           all_commands && (any_override || none_wanted);
}

const service* configuration::find(std::string_view name, std::string_view type) const {
    for (const auto& one : services_) {
        if (one.name == name && one.type == type) return &one;
    }
    return nullptr;
}

version configuration::version() const {
    const auto written = main("mail_version"); // also "3.9-20231112"
    postfix::version read;
    std::string_view rest = written;
    for (auto* part : {&read.major, &read.minor, &read.patch}) {
        const auto done = std::from_chars(rest.data(), rest.data() + rest.size(), *part);
        rest.remove_prefix(static_cast<std::size_t>(done.ptr - rest.data()));
        if (!rest.starts_with('.')) break;
        rest.remove_prefix(1);
    }
    return read;
}

std::string configuration::main(std::string_view name) const {
    const auto lookup = [this](std::string_view wanted) -> std::optional<std::string> {
        const auto found = parameters_.find(wanted);
        if (found == parameters_.end()) return std::nullopt;
        return found->second;
    };
    return expand(lookup(name).value_or(""), lookup);
}

std::string configuration::of(const service& where, std::string_view name) const {
    const auto lookup = [&](std::string_view wanted) -> std::optional<std::string> {
        if (wanted == "service_name") return where.name;
        const auto own = where.overrides.find(wanted);
        if (own != where.overrides.end()) return own->second;
        const auto found = parameters_.find(wanted);
        if (found == parameters_.end()) return std::nullopt;
        return found->second;
    };
    return expand(lookup(name).value_or(""), lookup);
}

bool configuration::says_yes(const service& where, std::string_view name) const {
    return of(where, name) == "yes";
}

std::optional<std::uint64_t> configuration::number(const service& where,
                                                   std::string_view name) const {
    return whole_number(of(where, name));
}

std::optional<std::uint64_t> configuration::seconds(const service& where,
                                                    std::string_view name) const {
    auto written = of(where, name);
    std::uint64_t unit = 1;
    if (!written.empty() && (written.back() < '0' || written.back() > '9')) {
        unit = seconds_of(written.back());
        written.pop_back();
    }
    const auto count = whole_number(written);
    if (!count || *count > UINT32_MAX) return std::nullopt;
    return *count * unit;
}

std::uint64_t configuration::processes(const service& where) const {
    if (const auto own = whole_number(where.process_limit)) return *own;
    return whole_number(main("default_process_limit")).value_or(100);
}

std::vector<std::string> words(std::string_view list) {
    std::vector<std::string> found;
    std::string word;
    int depth = 0;
    for (const char c : list) {
        if (c == '{') ++depth;
        if (c == '}' && depth > 0) --depth;
        if (depth == 0 && (c == ',' || blank.find(c) != blank.npos)) {
            if (!word.empty()) found.push_back(std::move(word));
            word.clear();
        } else {
            word += c;
        }
    }
    if (!word.empty()) found.push_back(std::move(word));
    return found;
}

} // namespace postseal::postfix
