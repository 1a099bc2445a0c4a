// SPDX-License-Identifier: Apache-2.0
#include "postfix/finding.hpp"

#include <utility>

namespace postseal::postfix {

finding error(std::string where, std::string setting, std::string what,
              std::vector<std::string> write) {
    return {severity::error, std::move(where), std::move(setting), std::move(what),
            std::move(write)};
}

finding warning(std::string where, std::string setting, std::string what,
                std::vector<std::string> write) {
    return {severity::warning, std::move(where), std::move(setting), std::move(what),
            std::move(write)};
}

finding note(std::string where, std::string setting, std::string what,
             std::vector<std::string> write) {
    return {severity::note, std::move(where), std::move(setting), std::move(what),
            std::move(write)};
}

std::string_view to_string(severity shown) {
    switch (shown) {
    case severity::error: return "error";
    case severity::warning: return "warning";
    case severity::note: return "note";
    }
    return "?";
}

std::string quoted(std::string_view word) {
    std::string made = "'";
    for (const char c : word) {
        if (c == '\'') {
            made += "'\\''";
        } else {
            made += c;
        }
    }
    return made + "'";
}

std::string set_in_main(std::string_view name, std::string_view value) {
    return "postconf -e " + quoted(std::string(name) + " = " + std::string(value));
}

std::string set_in_service(const service& where, std::string_view name, std::string_view value) {
    return "postconf -P " +
           quoted(where.label() + "/" + std::string(name) + "=" + std::string(value));
}

std::string set_field(const service& where, std::string_view field, std::string_view value) {
    return "postconf -F " +
           quoted(where.label() + "/" + std::string(field) + "=" + std::string(value));
}

} // namespace postseal::postfix
