// SPDX-License-Identifier: Apache-2.0
#include "seal/sealer/listing.hpp"

#include "seal/sealer/children.hpp"
#include "seal/sealer/gpgme.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

namespace postseal::seal {

namespace {

using time = std::chrono::sys_seconds;

std::optional<time> to_time(long seconds) {
    if (seconds <= 0) return {};
    return time(std::chrono::seconds(seconds));
}

bool is_encryption_key(const _gpgme_subkey& key) { return key.can_encrypt && key.fpr; }

bool is_valid(const _gpgme_subkey& key) {
    return is_encryption_key(key) && !key.revoked && !key.expired && !key.disabled && !key.invalid;
}

// gpg lists it as any other, and does not encrypt to it.
bool is_from_the_future(const _gpgme_subkey& key) { return key.timestamp > std::time(nullptr); }

bool is_usable(const _gpgme_subkey& key) { return is_valid(key) && !is_from_the_future(key); }

std::uint64_t key_id(const _gpgme_subkey& key) {
    return std::strtoull(key.keyid ? key.keyid : "0", nullptr, 16);
}

// Later than any date where a key does not expire.
bool expires_later(const _gpgme_subkey& a, const _gpgme_subkey& b) {
    const auto at_a = to_time(a.expires).value_or(time::max());
    const auto at_b = to_time(b.expires).value_or(time::max());
    return at_a > at_b;
}

std::string on_date(const char* what, long seconds) {
    const auto at = static_cast<std::time_t>(seconds);
    std::tm parts{};
    char date[32] = "an unknown date";
    if (::gmtime_r(&at, &parts)) (void)std::strftime(date, sizeof date, "%Y-%m-%d", &parts);
    return std::string(what) + " on " + date;
}

std::string why_no_encryption_key(const _gpgme_key& from) {
    const _gpgme_subkey* expired = nullptr;
    const _gpgme_subkey* revoked = nullptr;
    bool any = false;
    for (const auto* each = from.subkeys; each; each = each->next) {
        if (!is_encryption_key(*each)) continue;
        any = true;
        if (each->revoked) {
            revoked = each;
        } else if (each->expired && (!expired || expires_later(*each, *expired))) {
            expired = each;
        }
    }
    if (!any) return std::string(keys::no_encryption_key);
    if (expired) return on_date("its encryption key expired", expired->expires);
    if (revoked) return "its encryption key was revoked";
    return "its encryption key is not valid";
}

std::string why_no_user_id(const _gpgme_key& from) {
    for (const auto* each = from.uids; each; each = each->next) {
        if (each->revoked) return "its user ID was revoked";
    }
    return "it has no valid user ID with a mail address";
}

// A clause for a person; empty where the certificate can be used.
std::string why_unusable(const _gpgme_key& from, const keys::inspection& seen) {
    if (from.revoked) return std::string(keys::revoked);
    if (from.expired) {
        const long expires = from.subkeys ? from.subkeys->expires : 0;
        return expires > 0 ? on_date("expired", expires) : "expired";
    }
    if (from.disabled) return "disabled";
    if (from.invalid) return "what it says of itself is not signed by it";
    if (seen.encryption_keys.empty()) return why_no_encryption_key(from);
    if (seen.addresses.empty()) return why_no_user_id(from);
    return {};
}

// The certificate is of use as long as its primary key and one encryption key are.
std::optional<time> expiry(const _gpgme_key& from) {
    const _gpgme_subkey* last = nullptr;
    for (const auto* each = from.subkeys; each; each = each->next) {
        if (is_usable(*each) && (!last || expires_later(*each, *last))) last = each;
    }
    auto earliest = from.subkeys ? to_time(from.subkeys->expires) : std::nullopt;
    const auto of_last = last ? to_time(last->expires) : std::nullopt;
    if (of_last) earliest = std::min(earliest.value_or(time::max()), *of_last);
    return earliest;
}

// As gpg chooses: the newest usable subkey, the first of several, or else the primary key.
const _gpgme_subkey* encrypted_to(const _gpgme_key& from) {
    const _gpgme_subkey* newest = nullptr;
    for (const auto* each = from.subkeys; each; each = each->next) {
        const bool is_primary = each == from.subkeys;
        if (is_primary || !is_usable(*each)) continue;
        if (!newest || each->timestamp > newest->timestamp) newest = each;
    }
    if (newest) return newest;
    return from.subkeys && is_usable(*from.subkeys) ? from.subkeys : nullptr;
}

std::string algorithm_of(const _gpgme_subkey& key) {
    char* const name = ::gpgme_pubkey_algo_string(const_cast<gpgme_subkey_t>(&key));
    std::string made = name ? name : "";
    ::gpgme_free(name);
    return made.size() <= max_algorithm ? made : std::string();
}

keys::inspection inspection_of(const _gpgme_key& from) {
    keys::inspection seen;
    seen.fingerprint = from.fpr ? from.fpr : "";
    const bool any_use = !from.revoked && !from.expired && !from.disabled && !from.invalid;
    for (const auto* each = from.subkeys; each && any_use; each = each->next) {
        if (is_usable(*each) && seen.encryption_keys.size() < max_encryption_keys) {
            seen.encryption_keys.push_back(key_id(*each));
        }
    }
    for (const auto* each = from.uids; each; each = each->next) {
        const bool valid = !each->revoked && !each->invalid && each->address && *each->address;
        if (valid && std::strlen(each->address) <= max_address &&
            seen.addresses.size() < max_addresses) {
            seen.addresses.emplace_back(each->address);
        }
    }
    if (from.subkeys) seen.created = to_time(from.subkeys->timestamp).value_or(time{});
    for (const auto* each = from.subkeys; each && any_use; each = each->next) {
        // Of no use before then, for no other reason than the time.
        if (seen.encryption_keys.empty() && is_valid(*each))
            seen.created = std::max(seen.created, time(std::chrono::seconds(each->timestamp)));
    }
    seen.expires = expiry(from);
    seen.unusable_because = why_unusable(from, seen);
    const auto* const used = any_use ? encrypted_to(from) : nullptr;
    if (used) seen.algorithm = algorithm_of(*used);
    return seen;
}

} // namespace

listing list(const descriptor& certificates) {
    listing made;
    status_lines seen;
    const auto with = make_context(seen);
    const auto from = make_data(certificates);
    check(::gpgme_op_keylist_from_data_start(with.get(), from.get(), 0), "cannot start gpg");
    gpgme_key_t next = nullptr;
    while (::gpgme_op_keylist_next(with.get(), &next) == 0) {
        const key owned(next, &::gpgme_key_unref);
        if (made.found_any) {
            // gpg --file would use the first one and say nothing.
            made.given.seen.unusable_because = "more than one certificate";
            continue;
        }
        made.found_any = true;
        made.given.seen = inspection_of(*owned);
    }
    (void)::gpgme_op_keylist_end(with.get());
    const auto ended = reap_children();
    made.killed = ended.killed;
    // Status 2 comes with bytes that are partly or wholly no certificate; what was found stays
    // true.
    made.complete = seen.import_ended && ended.by_itself;
    return made;
}

} // namespace postseal::seal
