// SPDX-License-Identifier: Apache-2.0
#include "keys/packets.hpp"

#include "keys/key_material.hpp"
#include "keys/packet_body.hpp"
#include "keys/user_id.hpp"
#include "message/openpgp.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <unordered_map>

namespace postseal::keys {
namespace {

/// Packet tags (RFC 4880 §4.3).
enum tag : std::uint8_t {
    tag_signature = 2,
    tag_secret_key = 5,
    tag_primary_key = 6,
    tag_secret_subkey = 7,
    tag_compressed = 8,
    tag_marker = 10,
    tag_trust = 12,
    tag_user_id = 13,
    tag_subkey = 14,
    tag_padding = 21,
};

/// A packet and the signatures that stand behind it.
struct part {
    message::packet packet;
    std::vector<std::string_view> signatures; ///< whole packets
};

/// A certificate while it is put together. Deques, since `cleaner` points into them.
struct draft {
    public_key key;
    part primary;
    std::deque<part> user_ids;
    std::deque<part> subkeys;
    std::vector<std::string> subkey_fingerprints; ///< octets
    std::size_t signatures = 0;
    bool too_many_parts = false;
};

class cleaner {
  public:
    explicit cleaner(const smtp::mailbox& address) : wanted_(lookup_key(address)) {}

    /// False when the whole material is refused.
    bool add(const message::packet& packet);
    void count(removal why, std::size_t times = 1) { left_out_[why] += times; }
    cleaning finish();

  private:
    void begin_certificate(const message::packet& packet);
    void add_user_id(const message::packet& packet);
    void add_subkey(const message::packet& packet);
    void add_signature(const message::packet& packet);
    part* place_for(signs what);
    part* add_part(std::deque<part>& parts, std::size_t limit, const message::packet& packet);
    std::optional<removal> fault_of(const draft& certificate) const;

    std::string wanted_;
    std::deque<draft> drafts_;
    std::unordered_map<std::string, draft*> primary_keys_; ///< by fingerprint; null: refused
    std::map<removal, std::size_t> left_out_;
    draft* certificate_ = nullptr; ///< that packets belong to now; null where it is refused
    part* part_ = nullptr;         ///< that signatures belong to now; null where it is dropped
    bool saw_key_ = false;
};

bool cleaner::add(const message::packet& packet) {
    switch (packet.tag) {
    case tag_primary_key: begin_certificate(packet); return true;
    case tag_user_id: add_user_id(packet); return true;
    case tag_subkey: add_subkey(packet); return true;
    case tag_signature: add_signature(packet); return true;
    case tag_compressed: count(removal::compressed); return false;
    case tag_secret_key:
    case tag_secret_subkey: count(removal::secret_key); return false;
    case tag_marker: // these say nothing, and may stand between a user ID and its signature
    case tag_trust:
    case tag_padding: count(removal::unknown_packet); return true;
    }
    count(removal::unknown_packet);
    part_ = nullptr; // the signatures behind it go with it
    return true;
}

removal removal_for(key_fault fault) {
    switch (fault) {
    case key_fault::version: return removal::key_version;
    case key_fault::algorithm: return removal::key_algorithm;
    case key_fault::malformed: return removal::malformed_key;
    }
    return removal::malformed_key;
}

void cleaner::begin_certificate(const message::packet& packet) {
    saw_key_ = true;
    certificate_ = nullptr;
    part_ = nullptr;
    auto key = read_public_key(packet.body);
    if (!key) return count(removal_for(key.error()));
    const auto [known, is_new] = primary_keys_.try_emplace(key->fingerprint, nullptr);
    if (is_new && drafts_.size() < max_primary_keys) {
        draft fresh;
        fresh.key = std::move(*key);
        fresh.primary.packet = packet;
        drafts_.push_back(std::move(fresh));
        known->second = &drafts_.back();
    }
    certificate_ = known->second;
    if (!certificate_) return count(removal::too_many_certificates);
    part_ = &certificate_->primary;
}

void cleaner::add_user_id(const message::packet& packet) {
    part_ = nullptr;
    if (!certificate_) return;
    const auto address = user_id_address(packet.body);
    if (!address || lookup_key(*address) != wanted_) return count(removal::other_user_id);
    part_ = add_part(certificate_->user_ids, max_user_ids, packet);
}

void cleaner::add_subkey(const message::packet& packet) {
    part_ = nullptr;
    if (!certificate_) return;
    const auto key = read_public_key(packet.body);
    if (!key) return count(removal::unusable_subkey);
    const auto before = certificate_->subkeys.size();
    part_ = add_part(certificate_->subkeys, max_subkeys, packet);
    if (certificate_->subkeys.size() > before)
        certificate_->subkey_fingerprints.push_back(key->fingerprint);
}

/// The same packet twice is one part with the signatures of both: GnuPG takes seconds over a
/// thousand copies of a subkey.
part* cleaner::add_part(std::deque<part>& parts, std::size_t limit, const message::packet& packet) {
    const auto known = std::find_if(parts.begin(), parts.end(), [&](const part& other) {
        return other.packet.body == packet.body;
    });
    if (known != parts.end()) return &*known;
    if (parts.size() == limit) {
        certificate_->too_many_parts = true;
        return nullptr;
    }
    parts.push_back({packet, {}});
    return &parts.back();
}

void cleaner::add_signature(const message::packet& packet) {
    if (!certificate_) return;
    const auto claim = read_signature(packet.body);
    if (!claim) return count(removal::broken_signature);
    if (!claims_issuer(*claim, certificate_->key)) return count(removal::foreign_signature);

    part* const place = place_for(claim->what);
    if (!place) {
        if (part_) count(removal::misplaced_signature); // else it goes with what it stands behind
        return;
    }
    auto& there = place->signatures;
    if (std::find(there.begin(), there.end(), packet.whole) != there.end()) return;
    if (certificate_->signatures == max_signatures) {
        certificate_->too_many_parts = true;
        return;
    }
    ++certificate_->signatures;
    there.push_back(packet.whole);
}

part* cleaner::place_for(signs what) {
    switch (what) {
    // A revocation counts wherever it stands: people append theirs to the end of the file.
    case signs::key_revocation:
    case signs::direct_key: return &certificate_->primary;
    case signs::user_id: return part_ && part_->packet.tag == tag_user_id ? part_ : nullptr;
    case signs::subkey: return part_ && part_->packet.tag == tag_subkey ? part_ : nullptr;
    case signs::something_else: return nullptr;
    }
    return nullptr;
}

void append(std::string& bytes, const part& written) {
    bytes += written.packet.whole;
    for (const auto signature : written.signatures)
        bytes += signature;
}

cleaned_certificate write(const draft& certificate) {
    cleaned_certificate cleaned;
    cleaned.fingerprint = hex_upper(certificate.key.fingerprint);
    for (const auto& fingerprint : certificate.subkey_fingerprints)
        cleaned.subkey_fingerprints.push_back(hex_upper(fingerprint));
    append(cleaned.bytes, certificate.primary);
    for (const auto& user_id : certificate.user_ids)
        append(cleaned.bytes, user_id);
    for (const auto& subkey : certificate.subkeys)
        append(cleaned.bytes, subkey);
    return cleaned;
}

std::optional<removal> cleaner::fault_of(const draft& certificate) const {
    const auto& subkeys = certificate.subkey_fingerprints;
    // Whoever calls another's primary key a subkey of theirs can have GnuPG take one for the other.
    if (std::any_of(subkeys.begin(), subkeys.end(),
                    [&](const auto& subkey) { return primary_keys_.count(subkey) > 0; }))
        return removal::adopted_key;
    if (certificate.user_ids.empty()) return removal::no_matching_user_id;
    if (certificate.too_many_parts) return removal::too_many_parts;
    return std::nullopt;
}

/// Why nothing is left, where the reasons were several: the first of these that occurred.
constexpr removal decisive[] = {
    removal::compressed,     removal::secret_key,
    removal::adopted_key,    removal::too_large,
    removal::too_many_parts, removal::no_matching_user_id,
    removal::malformed_key,  removal::key_algorithm,
    removal::key_version,    removal::too_many_certificates,
    removal::not_openpgp,
};

cleaning cleaner::finish() {
    cleaning done;
    for (const auto& certificate : drafts_) {
        if (const auto fault = fault_of(certificate)) {
            count(*fault);
            continue;
        }
        auto cleaned = write(certificate);
        if (cleaned.bytes.size() > max_certificate_size)
            count(removal::too_large);
        else if (done.certificates.size() == max_certificates)
            count(removal::too_many_certificates);
        else
            done.certificates.push_back(std::move(cleaned));
    }
    const bool refused =
        left_out_.count(removal::compressed) || left_out_.count(removal::secret_key);
    if (refused) done.certificates.clear();
    for (const auto& [why, times] : left_out_)
        done.left_out.push_back({why, times});

    using verdict = cleaning::verdict;
    done.result = !done.certificates.empty() ? verdict::cleaned
                  : saw_key_ || refused      ? verdict::unusable
                                             : verdict::not_keys;
    if (done.result == verdict::cleaned) return done;
    const auto why = std::find_if(std::begin(decisive), std::end(decisive),
                                  [&](removal one) { return left_out_.count(one) > 0; });
    done.reason = why != std::end(decisive) ? to_string(*why) : "it holds no OpenPGP key";
    return done;
}

} // namespace

cleaning clean_packets(std::string_view material, const smtp::mailbox& address) {
    cleaner result(address);
    if (material.size() > max_key_material) {
        result.count(removal::not_openpgp);
        return result.finish();
    }
    const auto read = read_key_material(material);
    if (read.broken > 0) result.count(removal::not_openpgp, read.broken);

    std::size_t packets_left = max_key_packets;
    for (const auto& stream : read.streams) {
        const auto packets = message::split_packets(stream, packets_left);
        if (!packets) {
            result.count(removal::not_openpgp);
            continue;
        }
        packets_left -= packets->size();
        for (const auto& packet : *packets)
            if (!result.add(packet)) return result.finish();
    }
    return result.finish();
}

bool leaves_room(const cleaned_certificate& one) {
    if (one.bytes.size() > max_certificate_size / 2) return false;
    const auto packets = message::split_packets(one.bytes, max_key_packets);
    if (!packets) return false;
    const auto fits = [&](int tag, std::size_t limit) {
        const auto same = [tag](const auto& packet) { return packet.tag == tag; };
        return static_cast<std::size_t>(std::count_if(packets->begin(), packets->end(), same)) <=
               limit / 2;
    };
    return fits(tag_user_id, max_user_ids) && fits(tag_subkey, max_subkeys) &&
           fits(tag_signature, max_signatures);
}

} // namespace postseal::keys
