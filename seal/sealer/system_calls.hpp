// SPDX-License-Identifier: Apache-2.0
// The system calls that neither a sealer nor its gpg gets.
#pragma once

namespace postseal::seal {

/// For this process and all that it starts, for good. Also forbids to gain privileges. Throws
/// std::system_error.
void forbid_system_calls();

} // namespace postseal::seal
