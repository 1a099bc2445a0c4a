// SPDX-License-Identifier: Apache-2.0
// Invents rules, and mail with anything that may be known of its recipients' keys. The same seed
// invents the same.
#pragma once

#include "scene.hpp"

#include <random>
#include <string>
#include <vector>

namespace postseal::policy {

using namespace scene;

constexpr int plans_tried = 5'000;

class inventor {
  public:
    explicit inventor(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return random_() % limit; }
    bool rarely() { return below(8) == 0; }

    rule_set rules() {
        auto made = house();
        made.defaults = defaults();
        for (auto count = below(4); count > 0; --count) {
            auto one = rule_for(pick(patterns), {});
            one.name = "rule " + std::to_string(made.rules.size());
            if (rarely()) also(one, from(pick(patterns)));
            if (rarely()) also(one, client("192.0.2.0/25"));
            if (rarely()) also(one, {authenticated_is{below(2) == 0}});
            if (rarely()) also(one, {known_key_is{below(2) == 0}});
            if (rarely()) also(one, {class_is{{message_class::list, message_class::encrypted}}});
            if (rarely()) one.match = {none_of{{one.match}}};
            if (below(2) == 0) one.set.encrypt = pick(encrypts);
            if (below(2) == 0) one.set.without_key = pick(fallbacks);
            if (below(2) == 0) one.set.lookup_failed = pick(fallbacks);
            if (below(2) == 0) one.set.key_change = pick(key_changes);
            if (below(2) == 0) one.set.scope = pick(scopes);
            if (below(2) == 0) one.set.headers = pick(profiles);
            if (rarely()) one.set.blind = blind_copies::reject;
            if (rarely()) one.set.then = hold_end::send;
            if (rarely()) one.set.sources = allowed_sources{.local = false};
            if (rarely()) one.set.archive = at("archive@example.org");
            if (rarely()) one.set.mode = mode::observe;
            if (rarely()) one.set.foreign = true;
            made.rules.push_back(std::move(one));
        }
        return made;
    }

    letter mail() {
        letter made;
        if (!rarely()) made.origin.client = host(below(2) == 0 ? "192.0.2.1" : "192.0.2.200");
        if (below(2) == 0) made.origin.authenticated = below(2) == 0;
        if (rarely()) made.envelope.sender.reset();
        if (rarely()) made.facts.from = these({"x@far.example"});
        if (rarely()) made.facts.from.clear();
        made.facts.list = rarely();
        made.facts.fragment = rarely();
        if (rarely()) made.facts.protected_as = message::protection::encrypted;
        for (auto count = below(7); count > 0; --count) {
            const auto address = pick(addresses);
            const auto about = below(3) == 0 ? anything() : found("key of " + address);
            if (below(3) == 0) {
                made.blind_to(address, about);
            } else {
                made.to(address, about);
            }
        }
        return made;
    }

  private:
    settings defaults() {
        settings made;
        made.encrypt = pick(encrypts);
        made.without_key = pick(fallbacks);
        made.lookup_failed = pick(fallbacks);
        made.unusable_key = pick(fallbacks);
        made.key_change = pick(key_changes);
        made.scope = pick(scopes);
        made.headers = pick(profiles);
        return made;
    }

    std::optional<keys::finding> anything() {
        switch (below(6)) {
        case 0: return absent();
        case 1: return unusable();
        case 2: return temporary();
        case 3: return not_yet();
        case 4: return changed("key before", "key after");
        }
        return std::nullopt;
    }

    template<class List>
    typename List::value_type pick(const List& list) {
        return list[below(list.size())];
    }

    // Two spellings of one address, colleagues, and more than one outside domain.
    const std::vector<std::string> addresses{"bob@b.example",   "BOB@b.example", "eve@b.example",
                                             "cara@c.example",  "dan@d.example", "ben@example.org",
                                             "cleo@example.org"};
    const std::vector<std::string> patterns{"b.example", "*@c.example", "example.org", "bob@*",
                                            "*"};
    const std::vector<encrypt> encrypts{encrypt::never, encrypt::opportunistic,
                                        encrypt::opportunistic, encrypt::all_or_none,
                                        encrypt::required};
    const std::vector<fallback> fallbacks{fallback::send, fallback::send,  fallback::send,
                                          fallback::hold, fallback::defer, fallback::reject};
    const std::vector<key_change> key_changes{key_change::accept, key_change::warn,
                                              key_change::hold};
    const std::vector<scope> scopes{scope::message, scope::recipient};
    const std::vector<message::profile> profiles{message::profile::off, message::profile::standard,
                                                 message::profile::strict};
    std::mt19937 random_;
};

} // namespace postseal::policy
