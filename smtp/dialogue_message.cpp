// SPDX-License-Identifier: Apache-2.0
// The two ways to send a message: DATA, and BDAT (RFC 3030), where every chunk is announced with
// its size. BDAT ends here; the next hop gets DATA.
#include "smtp/dialogue.hpp"

#include <utility>

namespace postseal::smtp {

next_action dialogue::on_command(data) {
    if (chunking_) return refuse(chunks_come());
    if (auto refused = refuse_message()) return *refused;
    return action::collect_data{make_reply(354, {}, "End data with <CR><LF>.<CR><LF>")};
}

next_action dialogue::on_command(bdat said) {
    // Only a last chunk has a reason to be empty.
    if (said.octets == 0 && !said.last && too_much_junk())
        return close(make_reply(421, "4.7.0", "Too many empty chunks; closing"));
    // Also where it is refused: a message that has lost a chunk must not go on with the next one.
    chunking_ = in_transaction_;
    if (auto refused = refuse_message()) return *refused;
    return action::collect_chunk{said.octets, said.last};
}

// There is nobody to send a message to.
std::optional<next_action> dialogue::refuse_message() {
    if (!in_transaction_)
        return refuse(
            make_reply(503, "5.5.1", "Name sender and recipients with MAIL and RCPT first"),
            mail_refused_ ? blame::nobody : blame::client);
    if (envelope_.recipients.empty())
        return refuse(make_reply(settings_.protocol == protocol::lmtp ? 503 : 554, "5.5.1",
                                 "No recipient was accepted, so there is nobody to send to"),
                      blame::nobody);
    return std::nullopt;
}

reply dialogue::chunks_come() {
    return make_reply(503, "5.5.1", "This message comes by BDAT; send its last chunk, or RSET");
}

// The client has written the chunk behind its BDAT, whatever becomes of that.
next_action dialogue::keep_in_step(std::uint64_t octets, next_action next) {
    auto* const refused = std::get_if<action::say>(&next);
    if (refused == nullptr) return next;
    return action::skip_chunk{octets, std::move(refused->answer)};
}

// A BDAT that could not be read: nobody knows how much of what follows is message.
next_action dialogue::refuse_unread(std::string_view line, reply answer) {
    if (is_bdat(line)) return close(std::move(answer));
    return refuse(std::move(answer));
}

} // namespace postseal::smtp
