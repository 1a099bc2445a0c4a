// SPDX-License-Identifier: Apache-2.0
#include "cli/times.hpp"

namespace postseal::cli {

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string span(std::chrono::seconds length) {
    using namespace std::chrono_literals;
    if (length < 1min) return std::to_string(length / 1s) + "s";
    if (length < 2h) return std::to_string(length / 1min) + "min";
    if (length < 48h) return std::to_string(length / 1h) + "h";
    return std::to_string(length / 24h) + "d";
}

} // namespace postseal::cli
