// SPDX-License-Identifier: Apache-2.0
// What Postfix 3.7.11 of Debian 12 has printed for a good configuration before the queue (only the
// parameters that are judged), and changes to it.
#pragma once

#include "postfix/configuration.hpp"
#include "postfix/ways.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace postseal::postfix {

inline std::string sample() {
    std::ifstream file(POSTSEAL_TEST_DATA "/postfix/before_queue.txt");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    BOOST_REQUIRE(!text.empty());
    return text;
}

/// The last of two lines counts: what is added stands over what was printed.
inline configuration with(std::string_view lines) {
    return configuration(sample() + std::string(lines));
}

/// Without every line that begins so.
inline std::string without(std::string text, std::string_view beginning) {
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at) + 1;
        if (std::string_view(text).substr(at).starts_with(beginning)) {
            text.erase(at, end - at);
        } else {
            at = end;
        }
    }
    return text;
}

inline relay usual_relay() {
    relay made;
    made.listeners.push_back({"filter",
                              {"127.0.0.1", 10025},
                              smtp::protocol::smtp,
                              {*smtp::parse_ip_network("127.0.0.0/8")},
                              {"127.0.0.1", 10026}});
    made.message_size = 50 << 20;
    made.sessions = 1000;
    made.patience = std::chrono::seconds(40);
    return made;
}

} // namespace postseal::postfix
