// SPDX-License-Identifier: Apache-2.0
// A rule's `set:` read a second time: settings that never count beside the others.
#pragma once

#include "config/remark.hpp"
#include "config/yaml.hpp"
#include "policy/settings.hpp"

#include <string>
#include <vector>

namespace postseal::config {

/// `set` comes to `effective`, under the defaults.
void review_settings(const source& from, const node& set, const policy::settings& effective,
                     remarks& found);

/// Of `defaults`: what leaves no key good enough.
void review_defaults(const source& from, const node& defaults, const policy::settings& effective,
                     remarks& found);

/// Where nothing can be sealed, since of the allowed sources none is among those of `keys` in
/// postseal.yaml.
void review_sources(const source& from, const node& set, const policy::settings& effective,
                    const std::vector<std::string>& set_up, remarks& found);

/// Of a rule for nothing but mail that its sender has encrypted.
void review_encrypted(const source& from, const node& set, const policy::settings& effective,
                      remarks& found);

/// Keys of `set` that are about sealing alone, quoted. Empty where it has others too, which may
/// count for everybody.
[[nodiscard]] std::vector<std::string> sealing_keys(const node& set);

} // namespace postseal::config
