// SPDX-License-Identifier: Apache-2.0
#include "smtp/intake.hpp"

namespace postseal::smtp {

namespace {

reply has_nul() {
    return make_reply(550, "5.6.0",
                      "The message contains NUL octets, which mail cannot carry (RFC 5321 section "
                      "4.5.2)");
}

reply has_bare_newline() {
    return make_reply(550, "5.6.0",
                      "The message contains a CR or LF that is not part of CR LF; the sending "
                      "program has to be mended (RFC 5321 section 2.3.8)");
}

} // namespace

intake::intake(framing framed, newline_rule rule, std::uint64_t message_size)
    : reader_(rule, framed), rule_(rule), limit_(message_size) {}

data_reader::step intake::feed(std::string_view input, std::string& out) {
    const auto before = out.size();
    const auto step = reader_.feed(input, out);
    judge(out, before);
    return step;
}

void intake::announce(std::uint64_t octets) {
    if (limit_ == 0 || refusal_) return;
    if (octets > limit_ - kept_) refusal_ = too_large("message", limit_);
}

void intake::finish(std::string& out) {
    const auto before = out.size();
    reader_.finish(out);
    judge(out, before);
}

// What stands behind `before` is new.
void intake::judge(std::string& out, std::size_t before) {
    const auto octets = out.size() - before;
    if (!refusal_) {
        if (reader_.saw_nul()) {
            refusal_ = has_nul();
        } else if (reader_.saw_bare_newline() && rule_ == newline_rule::reject) {
            refusal_ = has_bare_newline();
        } else if (limit_ != 0 && octets > limit_ - kept_) {
            refusal_ = too_large("message", limit_);
        } else {
            kept_ += octets;
        }
    }
    if (refusal_) out.resize(before);
}

reply chunk_taken(std::uint64_t octets) {
    return make_reply(250, "2.0.0", "Ok, " + std::to_string(octets) + " octets received");
}

reply too_large(const std::string& what, std::uint64_t limit) {
    return make_reply(552, "5.3.4",
                      "The " + what + " is larger than " + std::to_string(limit) +
                          " octets, the limit here");
}

} // namespace postseal::smtp
