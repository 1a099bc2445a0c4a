// SPDX-License-Identifier: Apache-2.0
#include "relay/size_limit.hpp"

#include <algorithm>
#include <string>

namespace postseal::relay {

namespace {

// Recipients that the reply names. More would be cut by the programs that show it.
constexpr std::size_t max_named = 3;

bool is_sealed(const policy::delivery& group) {
    return group.treatment == policy::treatment::sealed;
}

std::string figures(const parcel& sent, std::uint64_t limit) {
    const auto octets = [](std::uint64_t size) { return std::to_string(size) + " octets"; };
    const auto made = octets(sent.content.size());
    const auto all = is_sealed(sent.group)
                         ? "It came with " + octets(sent.came) + ", has " + made +
                               " once it is sealed, compressed where the keys allow it,"
                         : "It has " + made;
    return all + " and may have " + std::to_string(limit);
}

smtp::reply too_large(const smtp::envelope& envelope, const parcel& sent, std::uint64_t limit) {
    const std::string why =
        is_sealed(sent.group)
            ? "sealing makes this message too large for the mail server behind this relay"
            : "this message is too large for the mail server behind this relay";
    smtp::reply answer{552, "5.3.4", {}};
    const auto& those = sent.group.recipients;
    for (std::size_t i = 0; i < std::min(those.size(), max_named); ++i) {
        const auto& to = envelope.recipients[those[i]].address;
        answer.lines.push_back('<' + smtp::to_string(to) + ">: " + why);
    }
    if (those.size() > max_named)
        answer.lines.push_back("and " + std::to_string(those.size() - max_named) +
                               " more recipients");
    answer.lines.push_back(figures(sent, limit));
    answer.lines.emplace_back("Nothing was sent to anybody; send less, or in several messages");
    return answer;
}

} // namespace

bool is_taken(std::uint64_t octets, const smtp::extensions& offered) {
    return offered.size_limit == 0 || octets <= offered.size_limit;
}

bool may_be_compressed(const policy::delivery& group, std::uint64_t octets,
                       const smtp::extensions& offered) {
    return is_sealed(group) && !is_taken(octets, offered);
}

std::optional<smtp::reply> size_refusal(const smtp::envelope& envelope,
                                        const std::vector<parcel>& parcels,
                                        const smtp::extensions& offered) {
    for (const auto& sent : parcels) {
        if (is_to_be_kept(sent.group)) continue; // what it will be is not known, or it is inside
        const bool ours_to_say = is_sealed(sent.group) || parcels.size() > 1;
        if (ours_to_say && !is_taken(sent.content.size(), offered))
            return too_large(envelope, sent, offered.size_limit);
    }
    return std::nullopt;
}

} // namespace postseal::relay
