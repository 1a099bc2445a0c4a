// SPDX-License-Identifier: Apache-2.0
#include "postfix/restrictions.hpp"

#include "postfix/address.hpp"

#include <algorithm>

namespace postseal::postfix {

namespace {

constexpr std::string_view lists[] = {"smtpd_client_restrictions", "smtpd_helo_restrictions",
                                      "smtpd_sender_restrictions", "smtpd_relay_restrictions",
                                      "smtpd_recipient_restrictions"};

constexpr std::string_view refusals[] = {"reject", "defer", "reject_unauth_destination",
                                         "defer_unauth_destination", "check_relay_domains"};

bool refuses(std::string_view word) {
    return std::find(std::begin(refusals), std::end(refusals), word) != std::end(refusals);
}

// Words that only look at something that a proper client has in order, or only log.
bool passes_over(std::string_view word) {
    return word.starts_with("reject_") || word.starts_with("warn_if_") ||
           word.starts_with("defer_if_") || word == "sleep" || word == "permit_mx_backup" ||
           word == "permit_auth_destination" || word == "permit_tls_all_clientcerts" ||
           word == "permit_tls_clientcerts" || word.starts_with("permit_dnswl_") ||
           word.starts_with("permit_rhswl_");
}

enum class verdict { permit, refuse, neither, unclear };

verdict permitted_by_name(const configuration& read, const service& where, const visitor& who,
                          std::string_view word) {
    if (word == "permit") return verdict::permit;
    if (word == "permit_sasl_authenticated") {
        const bool counts = who.authenticated == visitor::login::done &&
                            read.says_yes(where, "smtpd_sasl_auth_enable");
        return counts ? verdict::permit : verdict::neither;
    }
    if (word == "permit_inet_interfaces") {
        const bool own = who.connection == visitor::peer::this_machine ||
                         (who.address && who.address->is_loopback());
        return own ? verdict::permit : verdict::neither;
    }
    if (word == "permit_mynetworks") {
        if (!who.address) return verdict::neither;
        switch (names_address(read.of(where, "mynetworks"), *who.address)) {
        case listed::yes: return verdict::permit;
        case listed::no: return verdict::neither;
        case listed::unclear: return verdict::unclear;
        }
    }
    return verdict::neither;
}

verdict read_list(const configuration& read, const service& where, const visitor& who,
                  std::string_view list) {
    const auto all = words(read.of(where, list));
    bool in_doubt = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& word = all[i];
        if (word.starts_with("check_") && word != "check_relay_domains") {
            in_doubt = true;
            ++i; // its table or service
        } else if (word == "warn_if_reject") {
            ++i;
        } else if (refuses(word)) {
            return in_doubt ? verdict::unclear : verdict::refuse;
        } else if (word.starts_with("permit")) {
            const auto said = permitted_by_name(read, where, who, word);
            if (said == verdict::permit) return in_doubt ? verdict::unclear : said;
            if (said == verdict::unclear) in_doubt = true;
        } else if (!passes_over(word) && word.find_first_of(".:/=") == word.npos) {
            in_doubt = true; // a restriction class
        }
    }
    return in_doubt ? verdict::unclear : verdict::neither;
}

bool ever_refuses(const configuration& read, const service& where) {
    for (const auto* list : {"smtpd_relay_restrictions", "smtpd_recipient_restrictions"}) {
        for (const auto& word : words(read.of(where, list))) {
            if (refuses(word) || word == "defer_if_permit") return true;
        }
    }
    return false;
}

} // namespace

relaying may_relay(const configuration& read, const service& where, const visitor& who) {
    if (!ever_refuses(read, where)) return relaying::broken;
    bool in_doubt = false;
    for (const auto list : lists) {
        switch (read_list(read, where, who, list)) {
        case verdict::refuse: return relaying::refused;
        case verdict::unclear: in_doubt = true; break;
        case verdict::permit:
        case verdict::neither: break;
        }
    }
    return in_doubt ? relaying::unclear : relaying::permitted;
}

} // namespace postseal::postfix
