// SPDX-License-Identifier: Apache-2.0
// How long what a lookup has come to is believed before the sources are asked again.
#pragma once

#include <chrono>

namespace postseal::keys {

struct lifetimes {
    std::chrono::seconds found{std::chrono::hours{24}};
    std::chrono::seconds absent{std::chrono::hours{6}}; ///< of unusable too
    std::chrono::seconds temporary{std::chrono::minutes{5}};
    std::chrono::seconds longest_temporary{std::chrono::hours{1}}; ///< after many in succession
};

} // namespace postseal::keys
