// SPDX-License-Identifier: Apache-2.0
// One end of a TCP connection as a value.
#pragma once

#include "smtp/ip_address.hpp"

#include <cstdint>

namespace postseal::smtp {

struct ip_endpoint {
    ip_address address;
    std::uint16_t port = 0;
    bool operator==(const ip_endpoint&) const = default;
};

} // namespace postseal::smtp
