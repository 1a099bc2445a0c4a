// SPDX-License-Identifier: Apache-2.0
// Invented policies, connections and mails, and the two ways in which they are told: as a
// conversation, and as options of `postseal explain`.
#pragma once

#include "cli/commands.hpp"
#include "config/policy_tests.hpp"
#include "relay/policy_question.hpp"
#include "relay/settings.hpp"

#include <cstddef>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace test {

using namespace postseal;

struct invented_mail {
    std::size_t listener = 0; ///< index: a filter, a front, an LMTP filter
    std::string client;       ///< IP address
    bool client_told = true;
    bool tls = true;
    bool authenticated = true;
    std::string login;
    std::string from; ///< empty: the null sender
    std::vector<std::string> to;
    std::string file; ///< the message, as a program would save it: LF alone ends its lines
    std::vector<config::supposed_key> keys;
};

class inventor {
  public:
    explicit inventor(unsigned seed) : random_(seed) {}

    [[nodiscard]] relay::settings settings();
    [[nodiscard]] invented_mail mail();

  private:
    std::size_t below(std::size_t limit) { return random_() % limit; }
    bool rarely() { return below(6) == 0; }
    template<class List>
    typename List::value_type pick(const List& list) {
        return list[below(list.size())];
    }
    policy::condition condition(int depth = 0);
    policy::overrides overrides();
    config::supposed_key key();
    std::string header(const invented_mail& of);
    std::string body();

    std::mt19937 random_;
};

/// What the relay has at the end of the conversation in which a client says this.
struct conversation {
    policy::origin origin;
    smtp::envelope envelope;
    std::string message;
    policy::answering answers;
};
[[nodiscard]] conversation converse(const relay::listener_settings& over,
                                    const invented_mail& mail);

[[nodiscard]] cli::explain_options options_for(const relay::listener_settings& over,
                                               const invented_mail& mail);

/// All that a plan hangs on, and all of a plan: equal texts are equal values.
[[nodiscard]] std::string shown(const relay::policy_question& asked);
[[nodiscard]] std::string shown(const policy::plan& plan);

/// "sealed", "550 alone", "blind", …
void note_kinds(const policy::plan& plan, std::set<std::string>& into);

} // namespace test
