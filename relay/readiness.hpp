// SPDX-License-Identifier: Apache-2.0
// What the service manager is told (sd_notify(3)): ready, reloading, stopping, still alive.
// The protocol is one datagram; linking libsystemd for it would add its dependencies to every
// relay.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace postseal::relay {

/// Sends `state` ("READY=1", "STATUS=…", "WATCHDOG=1") where a service manager listens; does
/// nothing elsewhere.
void notify_manager(std::string_view state);

/// RELOADING=1 with the time stamp that the manager asks for.
void notify_reloading();

/// How often the manager wants to hear WATCHDOG=1 at the latest; nothing where it does not.
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval();

} // namespace postseal::relay
