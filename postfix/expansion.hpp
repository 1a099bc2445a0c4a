// SPDX-License-Identifier: Apache-2.0
// `$name` in the values of main.cf and master.cf, as postconf(5) describes it. `postconf -x` would
// do it, but for main.cf alone: a default such as `$mynetworks` means another value in a service
// that overrides mynetworks, and that is what has to be judged.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace postseal::postfix {

/// The value of a name, not expanded; nothing where it is not defined.
using name_lookup = std::function<std::optional<std::string>(std::string_view)>;

/// `$name`, `${name}`, `$(name)`, `$$`, `${name?text}`, `${name:text}`, `${name?{text}:{text}}`,
/// `${{a} op {b} ? {text} : {text}}` with ==, !=, <, <=, >, >= and <level, <=level, ...
///
/// Limits: 32 levels, 64 KiB; what is beyond, or written wrongly, is left as it stands.
[[nodiscard]] std::string expand(std::string_view text, const name_lookup& lookup);

} // namespace postseal::postfix
