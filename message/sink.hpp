// SPDX-License-Identifier: Apache-2.0
// Where made bytes go: a string in tests and `explain`, a message buffer in the relay. A large
// message is never held in memory twice.
#pragma once

#include <functional>
#include <string_view>

namespace postseal::message {

/// Called with consecutive pieces; each view is valid only during the call.
using sink = std::function<void(std::string_view)>;

} // namespace postseal::message
