// SPDX-License-Identifier: Apache-2.0
// One packet over a SOCK_SEQPACKET socket, with the descriptors that travel with it (unix(7)).
// Fails: by the system's error code; a packet that came cut is bad_message.
#pragma once

#include "seal/descriptor.hpp"

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::seal {

struct received {
    std::string packet; ///< empty: the other end is closed
    std::vector<descriptor> descriptors;
};

/// At most max_descriptors of them; they stay open here.
inline constexpr std::size_t max_descriptors = 3;

[[nodiscard]] boost::system::error_code send_packet(int socket, std::string_view packet,
                                                    std::span<const int> descriptors);

/// Waits only if the socket blocks. Received descriptors are not inherited by other programs.
[[nodiscard]] boost::system::result<received> receive_packet(int socket);

} // namespace postseal::seal
