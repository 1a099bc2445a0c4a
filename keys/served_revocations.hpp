// SPDX-License-Identifier: Apache-2.0
// Of what a keyserver serves, all that it is asked for: revocations of a certificate that we have.
// Many servers verify nothing, and whatever else anybody has hung on a key there could make it too
// large to be judged. Nothing is verified here either. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postseal::keys {

/// Packets to be put behind `used`, one cleaned certificate: revocations that claim to be by its
/// primary key, of that key, and of subkeys and user IDs that it has. Empty: none that is not there
/// already. Nothing: what was served cannot be read.
[[nodiscard]] std::optional<std::string> revocations_beside(std::string_view used,
                                                            std::string_view served);

} // namespace postseal::keys
