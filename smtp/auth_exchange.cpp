// SPDX-License-Identifier: Apache-2.0
#include "smtp/auth_exchange.hpp"

#include "smtp/base64.hpp"
#include "smtp/login_name.hpp"

#include <utility>

namespace postseal::smtp {

namespace {

constexpr std::size_t line_that_all_take = 512 - 2; // without CRLF

// The client's part of the exchange as the mechanism has it: a server that has heard more has
// passed over the first response (some take no initial one) and let in whom a later one named. Of
// SCRAM, whose servers are young, any number.
bool is_whole(std::string_view mechanism, int responses) {
    if (mechanism.starts_with("SCRAM-")) return true;
    return responses == (mechanism == "LOGIN" ? 2 : 1);
}

} // namespace

auth_exchange::auth_exchange(auth what)
    : mechanism_(std::move(what.mechanism)), initial_(std::move(what.initial_response)) {}

std::string auth_exchange::first_line() {
    turn_ = turn::next_hop;
    auto line = "AUTH " + mechanism_;
    if (!initial_) return line;
    name_ = login_name(mechanism_, *initial_);
    const auto whole = line + ' ' + (initial_->empty() ? "=" : *initial_);
    if (whole.size() > line_that_all_take) return line;
    initial_.reset();
    ++responses_;
    return whole;
}

auth_next auth_exchange::on_next_hop(const reply& answer) {
    if (std::exchange(turn_, turn::nobody) != turn::next_hop) return give_up("spoke out of turn");
    return answer.code == 334 && !cancelled_ ? on_challenge(answer) : on_end(answer);
}

auth_next auth_exchange::on_challenge(const reply& answer) {
    if (answer.lines.size() != 1 || answer.lines.front().size() > max_challenge ||
        ++rounds_ > max_auth_rounds)
        return cancel(make_reply(454, "4.7.0",
                                 "The mail server behind this relay asked for something that makes "
                                 "no sense; try again later"));
    if (initial_) return respond(*std::exchange(initial_, std::nullopt));
    turn_ = turn::client;
    return auth_step::ask_client{answer};
}

// Whatever it is, the client is told or the connection ends: no state is left where one of the two
// believes in a login that the other knows nothing of.
auth_next auth_exchange::on_end(const reply& answer) {
    if (answer.code == 421) return auth_step::finish{answer};
    if (answer.intermediate()) return give_up("asked for content");
    const bool too_early = responses_ == 0;
    if (answer.positive() && (cancelled_ || too_early))
        return give_up("accepted what was not said");
    if (answer.positive() && !is_whole(mechanism_, responses_)) name_.reset();
    return auth_step::finish{verdict_ ? *verdict_ : answer};
}

auth_next auth_exchange::on_client(std::string_view line) {
    if (std::exchange(turn_, turn::nobody) != turn::client) return give_up("was not waited for");
    if (line == "*") return cancel(std::nullopt); // the next hop has the answer: 501
    if (line.size() > max_auth_line) {
        turn_ = turn::client;
        return on_client_line_too_long();
    }
    if (!is_base64(line))
        return cancel(make_reply(501, "5.5.2", "The response is not base64; login cancelled"));
    if (responses_ == 0) name_ = login_name(mechanism_, line);
    return respond(std::string(line));
}

auth_next auth_exchange::on_client_line_too_long() {
    if (std::exchange(turn_, turn::nobody) != turn::client) return give_up("was not waited for");
    return cancel(make_reply(500, "5.5.6", "The response is too long; login cancelled"));
}

auth_next auth_exchange::on_client_bare_newline() {
    if (std::exchange(turn_, turn::nobody) != turn::client) return give_up("was not waited for");
    return cancel(
        make_reply(500, "5.5.2", "A response ends with CR LF, not with LF alone; login cancelled"));
}

auth_next auth_exchange::respond(std::string response) {
    ++responses_;
    turn_ = turn::next_hop;
    return auth_step::tell_next_hop{std::move(response)};
}

auth_next auth_exchange::cancel(std::optional<reply> verdict) {
    cancelled_ = true;
    verdict_ = std::move(verdict);
    turn_ = turn::next_hop;
    return auth_step::tell_next_hop{"*"};
}

auth_next auth_exchange::give_up(std::string_view why) {
    return auth_step::finish{make_reply(421, "4.3.0",
                                        "The login was broken off, as one side " +
                                            std::string(why) + "; try again later")};
}

} // namespace postseal::smtp
