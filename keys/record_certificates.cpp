// SPDX-License-Identifier: Apache-2.0
// Of keys/record_json, what concerns the certificates in a line.
#include "keys/packets.hpp"
#include "keys/record_json.hpp"
#include "keys/user_id.hpp"

#include <algorithm>
#include <charconv>

namespace postseal::keys {
namespace {

/// Of `bytes` and who else belongs to them.
std::optional<cleaned_certificate> clean(const std::string& bytes, const std::string& fingerprint,
                                         const smtp::mailbox& address, std::string& wrong) {
    auto done = clean_packets(bytes, address);
    if (done.certificates.size() == 1 && done.certificates.front().fingerprint == fingerprint)
        return std::move(done.certificates.front());
    wrong = "the certificate of " + fingerprint + " ";
    if (done.result == cleaning::verdict::not_keys)
        wrong += "is no OpenPGP key";
    else if (done.certificates.empty())
        wrong += "is not of this address: " + done.reason;
    else
        wrong += "is another one, " + done.certificates.front().fingerprint;
    return std::nullopt;
}

bool has_keys(const cleaned_certificate& one, const std::vector<std::uint64_t>& key_ids) {
    return std::ranges::all_of(key_ids, [&](std::uint64_t wanted) {
        const auto is_it = [&](const std::string& fingerprint) {
            std::uint64_t id = 0;
            const auto* const end = fingerprint.data() + fingerprint.size();
            std::from_chars(end - std::min<std::size_t>(16, fingerprint.size()), end, id, 16);
            return id == wanted;
        };
        return is_it(one.fingerprint) || std::ranges::any_of(one.subkey_fingerprints, is_it);
    });
}

} // namespace

std::optional<std::string> clean_certificates(known_address& of) {
    const auto address = mailbox_of_key(of.address);
    std::string wrong;
    if (of.known.remembered && of.known.remembered->what.found) {
        auto& key = *of.known.remembered->what.found;
        auto one = clean(*key.bytes, key.fingerprint, address, wrong);
        if (!one) return wrong;
        if (!has_keys(*one, key.encryption_keys))
            return "the certificate of " + key.fingerprint + " has not all of its encryption keys";
        key.bytes = std::make_shared<const std::string>(std::move(one->bytes));
    }
    for (auto& rejected : of.known.rejected) {
        auto one = clean(rejected.bytes, rejected.fingerprint, address, wrong);
        if (!one) return wrong;
        rejected.bytes = std::move(one->bytes);
    }
    for (auto& given : of.known.given) {
        if (given.bytes.empty()) continue;
        auto one = clean(given.bytes, given.fingerprint, address, wrong);
        if (!one) return wrong;
        given.bytes = std::move(one->bytes);
    }
    return std::nullopt;
}

} // namespace postseal::keys
