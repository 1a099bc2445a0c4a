// SPDX-License-Identifier: Apache-2.0
#include "policy/condition.hpp"

#include "message/token.hpp"
#include "smtp/glob.hpp"

#include <algorithm>

namespace postseal::policy {

namespace {

// What nobody has told is neither this nor that.
template<class Known, class Holds>
truth of_known(const std::optional<Known>& known, Holds holds) {
    return known ? truth_of(holds(*known)) : truth::unknown;
}

truth is(const std::optional<bool>& known, bool wanted) {
    return of_known(known, [&](bool value) { return value == wanted; });
}

bool is_of_class(const message::facts& facts, message_class what) {
    switch (what) {
    case message_class::plain: return facts.protected_as == message::protection::none;
    case message_class::is_signed: return facts.protected_as == message::protection::is_signed;
    case message_class::encrypted: return facts.protected_as == message::protection::encrypted;
    case message_class::report: return facts.report;
    case message_class::invitation: return facts.invitation;
    case message_class::list: return facts.list;
    case message_class::key_exchange: return facts.key_exchange;
    case message_class::fragment: return facts.fragment;
    }
    return false;
}

bool contains(const std::vector<addresses>& any_of, const folded_address& address) {
    return std::ranges::any_of(any_of, [&](const auto& set) { return set->contains(address); });
}

struct judge {
    const circumstances& around;
    const addressee& whom;

    truth operator()(const all_of& asked) const {
        auto so_far = truth::yes;
        for (const auto& one : asked.each) {
            so_far = both(so_far, holds(one, around, whom));
            if (so_far == truth::no) break;
        }
        return so_far;
    }

    truth operator()(const any_of& asked) const { return any(asked.each); }
    truth operator()(const none_of& asked) const { return opposite(any(asked.each)); }

    // The authors stand in the message: until it has come, somebody else may turn out to be one.
    truth operator()(const from_is& asked) const {
        const bool any = std::ranges::any_of(
            around.senders(), [&](const auto& one) { return contains(asked.any_of, one); });
        if (any) return truth::yes;
        return around.facts() == nullptr ? truth::open : truth::no;
    }

    truth operator()(const to_is& asked) const {
        return truth_of(contains(asked.any_of, whom.address));
    }

    truth operator()(const listener_is& asked) const {
        return truth_of(std::ranges::count(asked.any_of, around.over().listener) > 0);
    }

    truth operator()(const client_is& asked) const {
        return of_known(around.over().client, [&](const smtp::ip_address& client) {
            return std::ranges::any_of(asked.any_of, [&](const smtp::ip_network& network) {
                return smtp::contains(network, client);
            });
        });
    }

    truth operator()(const tls_is& asked) const { return is(around.over().tls, asked.wanted); }

    truth operator()(const authenticated_is& asked) const {
        return is(around.over().authenticated, asked.wanted);
    }

    truth operator()(const login_is& asked) const {
        return of_known(around.over().login, [&](const std::string& name) {
            return std::ranges::any_of(asked.any_of, [&](const std::string& pattern) {
                return smtp::glob_matches(pattern, name);
            });
        });
    }

    truth operator()(const header_is& asked) const {
        return of_message([&](const message::facts& facts) {
            return std::ranges::any_of(facts.fields, [&](const message::field_text& field) {
                return message::same_token(field.name, asked.field) &&
                       std::ranges::any_of(asked.any_of, [&](const text_pattern& pattern) {
                           return pattern.matches(field.text);
                       });
            });
        });
    }

    truth operator()(const tag_is& asked) const {
        return of_message([&](const message::facts& facts) {
            return std::ranges::any_of(facts.fields, [&](const message::field_text& field) {
                return message::same_token(field.name, "Subject") &&
                       std::ranges::any_of(asked.any_of, [&](const std::string& tag) {
                           return message::has_tag(field.text, tag);
                       });
            });
        });
    }

    truth operator()(const request_is& asked) const {
        return of_message([&](const message::facts& facts) {
            return std::ranges::any_of(facts.fields, [&](const message::field_text& field) {
                return message::same_token(field.name, asked.field) &&
                       std::ranges::any_of(asked.any_of, [&](const std::string& word) {
                           return message::same_token(field.text, word);
                       });
            });
        });
    }

    truth operator()(const size_is& asked) const {
        return of_message([&](const message::facts& facts) {
            return (!asked.over || facts.size > *asked.over) &&
                   (!asked.under || facts.size < *asked.under);
        });
    }

    truth operator()(const attachment_is& asked) const {
        return of_message(
            [&](const message::facts& facts) { return facts.attachment == asked.wanted; });
    }

    truth operator()(const class_is& asked) const {
        return of_message([&](const message::facts& facts) {
            return std::ranges::any_of(
                asked.any_of, [&](message_class what) { return is_of_class(facts, what); });
        });
    }

    truth operator()(const known_key_is& asked) const {
        return whom.key_known ? is(whom.key_known, asked.wanted) : truth::open;
    }

  private:
    [[nodiscard]] truth any(const conditions& each) const {
        auto so_far = truth::no;
        for (const auto& one : each) {
            so_far = either(so_far, holds(one, around, whom));
            if (so_far == truth::yes) break;
        }
        return so_far;
    }

    template<class Holds>
    [[nodiscard]] truth of_message(Holds holds) const {
        return around.facts() == nullptr ? truth::open : truth_of(holds(*around.facts()));
    }
};

} // namespace

circumstances::circumstances(const policy::origin& over, const std::optional<smtp::mailbox>& sender,
                             const message::facts* facts)
    : over_(over), facts_(facts) {
    if (sender) senders_.emplace_back(*sender);
    if (facts == nullptr) return;
    for (const auto& author : facts->from)
        senders_.emplace_back(author);
}

truth holds(const condition& asked, const circumstances& around, const addressee& whom) {
    return std::visit(judge{around, whom}, asked.asks);
}

bool asks_for_key(const condition& asked) {
    const auto inside = [](const auto& of) { return std::ranges::any_of(of.each, asks_for_key); };
    if (const auto* all = std::get_if<all_of>(&asked.asks)) return inside(*all);
    if (const auto* any = std::get_if<any_of>(&asked.asks)) return inside(*any);
    if (const auto* none = std::get_if<none_of>(&asked.asks)) return inside(*none);
    return std::holds_alternative<known_key_is>(asked.asks);
}

void collect_requests(const condition& asked, message::requests& into) {
    const auto inside = [&](const auto& of) {
        for (const auto& one : of.each)
            collect_requests(one, into);
    };
    if (const auto* all = std::get_if<all_of>(&asked.asks)) inside(*all);
    if (const auto* any = std::get_if<any_of>(&asked.asks)) inside(*any);
    if (const auto* none = std::get_if<none_of>(&asked.asks)) inside(*none);
    if (const auto* tag = std::get_if<tag_is>(&asked.asks))
        std::ranges::for_each(tag->any_of, [&](const auto& one) { into.add_tag(one); });
    if (const auto* request = std::get_if<request_is>(&asked.asks)) into.add_field(request->field);
}

std::vector<message_class> classes_of(const message::facts& facts) {
    std::vector<message_class> all;
    for (const auto one : {message_class::plain, message_class::is_signed, message_class::encrypted,
                           message_class::report, message_class::invitation, message_class::list,
                           message_class::key_exchange, message_class::fragment})
        if (is_of_class(facts, one)) all.push_back(one);
    return all;
}

std::string_view to_string(message_class what) {
    switch (what) {
    case message_class::plain: return "plain";
    case message_class::is_signed: return "signed";
    case message_class::encrypted: return "encrypted";
    case message_class::report: return "report";
    case message_class::invitation: return "invitation";
    case message_class::list: return "list";
    case message_class::key_exchange: return "key_exchange";
    case message_class::fragment: return "fragment";
    }
    return {};
}

} // namespace postseal::policy
