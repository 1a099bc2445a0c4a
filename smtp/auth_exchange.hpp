// SPDX-License-Identifier: Apache-2.0
// One AUTH exchange (RFC 4954 §4) between client and next hop, passed through line by line: we
// neither know passwords nor decide. What stands here are credentials: nothing of it is ever
// printed, and no reply of ours quotes any.
// Limits: max_auth_line for a client's line, max_challenge for a next hop's, max_auth_rounds.
#pragma once

#include "smtp/command.hpp"
#include "smtp/reply.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace postseal::smtp {

/// Challenges of one exchange; the mechanisms that we let through need three at most.
inline constexpr int max_auth_rounds = 10;
/// Octets of a challenge.
inline constexpr std::size_t max_challenge = 2000;

namespace auth_step {
/// Say it to the next hop without logging it; then on_next_hop.
struct tell_next_hop {
    std::string line;
};
/// Say the 334 to the client and read its line; then on_client or its kin.
struct ask_client {
    reply challenge;
};
/// The end: for dialogue::on_auth, with name().
struct finish {
    reply answer;
};
} // namespace auth_step

using auth_next = std::variant<auth_step::tell_next_hop, auth_step::ask_client, auth_step::finish>;

class auth_exchange {
  public:
    explicit auth_exchange(auth what);

    /// Goes to the next hop first. An initial response that would make the line longer than a
    /// server need take (RFC 5321 §4.5.3.1.4) waits for its 334.
    [[nodiscard]] std::string first_line();

    auth_next on_next_hop(const reply& answer);
    /// A line without CRLF.
    auth_next on_client(std::string_view line);
    auth_next on_client_line_too_long();
    auth_next on_client_bare_newline();

    /// Whom the client has asked to be, where the mechanism shows it; meant for logs, so printable.
    [[nodiscard]] const std::optional<std::string>& name() const { return name_; }

  private:
    /// Whose turn it is.
    enum class turn { nobody, next_hop, client };

    auth_next on_challenge(const reply& answer);
    auth_next on_end(const reply& answer);
    auth_next respond(std::string response);
    auth_next cancel(std::optional<reply> verdict);
    auth_next give_up(std::string_view why);

    std::string mechanism_;
    std::optional<std::string> initial_; ///< not said yet
    std::optional<std::string> name_;
    std::optional<reply> verdict_; ///< ours, for the client once the next hop has let go
    turn turn_ = turn::nobody;
    bool cancelled_ = false;
    int responses_ = 0;
    int rounds_ = 0;
};

} // namespace postseal::smtp
