// SPDX-License-Identifier: Apache-2.0
#include "message/cleaning.hpp"

#include <string_view>

namespace postseal::message {

namespace {

std::string_view name_of(profile ours) {
    switch (ours) {
    case profile::off: return "off";
    case profile::standard: return "standard";
    case profile::strict: return "strict";
    }
    return {};
}

std::string_view words_for(date_form date) {
    switch (date) {
    case date_form::by_profile: return {};
    case date_form::keep: return ", date kept";
    case date_form::utc: return ", date in UTC";
    case date_form::minute: return ", date in UTC and whole minutes";
    }
    return {};
}

std::string_view words_for(id_form ids) {
    switch (ids) {
    case id_form::keep: return {};
    case id_form::hmac: return ", internal hosts hidden in message identifiers";
    }
    return {};
}

std::string_view words_for(signature_rule dkim) {
    switch (dkim) {
    case signature_rule::drop_stale: return {};
    case signature_rule::keep: return ", DKIM kept";
    }
    return {};
}

} // namespace

std::string to_string(const cleaning& how) {
    std::string text{how.fields.own ? how.fields.own->name : name_of(how.fields.base)};
    if (!how.is_off())
        text.append(words_for(how.date))
            .append(words_for(how.message_id))
            .append(words_for(how.dkim));
    return how.asked ? text + ", requests taken out" : text;
}

} // namespace postseal::message
