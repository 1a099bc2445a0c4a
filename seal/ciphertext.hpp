// SPDX-License-Identifier: Apache-2.0
// From the file that a sealer filled to the ciphertext that may be sent: checked, and its session
// key packets in the new packet format. A large one is not copied.
#pragma once

#include "keys/certificate.hpp"
#include "seal/descriptor.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <vector>

namespace postseal::seal {

/// Room for a ciphertext, in memory. It can grow, and nobody can make it shorter: the relay maps it
/// while the sealer may still hold it, and would end with SIGBUS.
[[nodiscard]] boost::system::result<descriptor> make_room_in_memory();

struct expectation {
    std::uint64_t plaintext_size; ///< octets
    const std::vector<keys::certificate>& recipients;
};

/// Fails with errc::incomplete_output for anything that is not one message for exactly these
/// recipients, large enough to hold all of the plaintext, with errc::no_space when it could not be
/// rewritten. The offset is 0 afterwards, and what is in memory can no longer be changed.
[[nodiscard]] boost::system::result<descriptor> accept_ciphertext(descriptor output,
                                                                  const expectation& expected);

} // namespace postseal::seal
