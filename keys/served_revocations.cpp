// SPDX-License-Identifier: Apache-2.0
#include "keys/served_revocations.hpp"

#include "keys/key_material.hpp"
#include "keys/packet_body.hpp"
#include "keys/packets.hpp"
#include "message/openpgp.hpp"

#include <unordered_set>

namespace postseal::keys {
namespace {

/// Packet tags (RFC 4880 §4.3).
enum tag : std::uint8_t {
    tag_signature = 2,
    tag_primary_key = 6,
    tag_user_id = 13,
    tag_subkey = 14,
};

/// Takes served packets, one after another.
class picker {
  public:
    picker(public_key key, const std::vector<message::packet>& used) : key_(std::move(key)) {
        for (const auto& one : used)
            (one.tag == tag_signature ? signatures_ : parts_).insert(one.body);
    }

    void add(const message::packet& packet) {
        switch (packet.tag) {
        case tag_primary_key: part_ = {}; return;
        case tag_user_id:
        case tag_subkey:
            part_ = parts_.contains(packet.body) ? packet.whole : std::string_view();
            return;
        case tag_signature: add_signature(packet); return;
        }
    }

    [[nodiscard]] std::string picked() const { return picked_; }

  private:
    void add_signature(const message::packet& packet) {
        const auto claim = read_signature(packet.body);
        if (!claim || !claim->revokes || !claims_issuer(*claim, key_)) return;
        // That of the whole key counts wherever it stands, as for the cleaner.
        const bool of_key = claim->what == signs::key_revocation;
        if ((!of_key && part_.empty()) || !signatures_.insert(packet.body).second) return;
        if (!of_key && written_ != part_) picked_ += written_ = part_; // once, for all that follow
        picked_ += packet.whole;
    }

    public_key key_;
    std::unordered_set<std::string_view> parts_;
    std::unordered_set<std::string_view> signatures_;
    std::string_view part_{}; // that `key_` has, too; empty: another one
    std::string_view written_{};
    std::string picked_;
};

} // namespace

std::optional<std::string> revocations_beside(std::string_view used, std::string_view served) {
    const auto ours = message::split_packets(used, max_key_packets);
    if (!ours || ours->empty()) return std::nullopt;
    const auto key = read_public_key(ours->front().body);
    if (!key) return std::nullopt;
    picker revocations(*key, *ours);
    const auto read = read_key_material(served);
    for (const auto& stream : read.streams) {
        const auto theirs = message::split_packets(stream, max_key_packets);
        if (!theirs) return std::nullopt;
        for (const auto& one : *theirs)
            revocations.add(one);
    }
    return revocations.picked();
}

} // namespace postseal::keys
