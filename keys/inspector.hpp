// SPDX-License-Identifier: Apache-2.0
// What is injected where keys are judged: GnuPG behind its walls, and the time.
#pragma once

#include "keys/inspection.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace postseal::keys {

/// The sealer pool in the program, a table in tests. An error means "could not be judged".
using inspector = std::function<boost::asio::awaitable<boost::system::result<inspection>>(
    std::string cleaned_certificate)>;

using clock = std::function<std::chrono::sys_seconds()>;

} // namespace postseal::keys
