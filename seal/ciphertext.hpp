// SPDX-License-Identifier: Apache-2.0
// From the file that a sealer filled to the ciphertext that may be sent: checked, and its session
// key packets in the new packet format. A large one is not copied.
#pragma once

#include "keys/certificate.hpp"
#include "seal/descriptor.hpp"

#include <boost/system/result.hpp>

#include <vector>

namespace postseal::seal {

/// Fails with errc::incomplete_output for anything that is not one message for exactly
/// `recipients`, with errc::no_space when it could not be rewritten. The offset is 0 afterwards.
[[nodiscard]] boost::system::result<descriptor>
accept_ciphertext(descriptor output, const std::vector<keys::certificate>& recipients);

} // namespace postseal::seal
