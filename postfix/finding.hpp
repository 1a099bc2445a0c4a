// SPDX-License-Identifier: Apache-2.0
// What is wrong between Postfix and postseal, and the line that mends it: told so that somebody who
// reads it at night can act on it.
#pragma once

#include "postfix/configuration.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace postseal::postfix {

enum class severity {
    error,   ///< mail is lost, refused, in circles, relayed for strangers, or sealed for nobody
    warning, ///< some mail is not sealed, or refused, or a protection is off
    note,    ///< works, and is worth knowing
};

struct finding {
    postfix::severity severity = severity::note;
    std::string where;              ///< "submission/inet", "main.cf", "postseal.yaml"
    std::string setting;            ///< the parameter; empty: the service as a whole
    std::string what;               ///< one or two sentences without the full stop
    std::vector<std::string> write; ///< commands and lines; may be empty
};

using findings = std::vector<finding>;

[[nodiscard]] finding error(std::string where, std::string setting, std::string what,
                            std::vector<std::string> write = {});
[[nodiscard]] finding warning(std::string where, std::string setting, std::string what,
                              std::vector<std::string> write = {});
[[nodiscard]] finding note(std::string where, std::string setting, std::string what,
                           std::vector<std::string> write = {});

[[nodiscard]] std::string_view to_string(severity shown);

// Commands that mend something, quoted for a shell.
[[nodiscard]] std::string set_in_main(std::string_view name, std::string_view value);
[[nodiscard]] std::string set_in_service(const service& where, std::string_view name,
                                         std::string_view value);
[[nodiscard]] std::string set_field(const service& where, std::string_view field,
                                    std::string_view value);

/// One word for a shell, whatever is in it.
[[nodiscard]] std::string quoted(std::string_view word);

} // namespace postseal::postfix
