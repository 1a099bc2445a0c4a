// SPDX-License-Identifier: Apache-2.0
#include "policy/description.hpp"

#include <string_view>

namespace postseal::policy {

namespace {

// "a, b, c" of whatever `word` says of each.
template<class Range, class Word>
std::string joined(const Range& all, std::string_view between, Word word) {
    std::string text;
    for (const auto& one : all) {
        if (!text.empty()) text += between;
        text += word(one);
    }
    return text;
}

template<class Range>
std::string words_of(const Range& words) {
    return joined(words, ", ", [](const std::string& word) { return word; });
}

std::string names_of(const std::vector<addresses>& sets) {
    return joined(sets, ", ", [](const addresses& set) {
        if (!set->list_name().empty()) return set->list_name();
        auto text = words_of(set->patterns());
        for (const auto& expression : set->expressions())
            text += (text.empty() ? "" : ", ") + expression.written();
        return text;
    });
}

std::string_view yes_or_no(bool wanted) { return wanted ? "true" : "false"; }

struct teller {
    std::string operator()(const all_of& asked) const { return inside(asked.each); }
    std::string operator()(const any_of& asked) const {
        return "any of (" + apart(asked.each) + ")";
    }
    std::string operator()(const none_of& asked) const { return "not (" + apart(asked.each) + ")"; }
    std::string operator()(const from_is& asked) const { return "from: " + names_of(asked.any_of); }
    std::string operator()(const to_is& asked) const { return "to: " + names_of(asked.any_of); }
    std::string operator()(const listener_is& asked) const {
        return "listener: " + words_of(asked.any_of);
    }
    std::string operator()(const client_is& asked) const {
        return "client: " + joined(asked.any_of, ", ", [](const smtp::ip_network& network) {
                   return smtp::to_string(network);
               });
    }
    std::string operator()(const tls_is& asked) const { return told("tls", asked.wanted); }
    std::string operator()(const authenticated_is& asked) const {
        return told("authenticated", asked.wanted);
    }
    std::string operator()(const login_is& asked) const {
        return "login: " + words_of(asked.any_of);
    }
    std::string operator()(const header_is& asked) const {
        return "header " + asked.field + ": " +
               joined(asked.any_of, ", ", [](const text_pattern& one) { return one.written(); });
    }
    std::string operator()(const tag_is& asked) const { return "tag: " + words_of(asked.any_of); }
    std::string operator()(const request_is& asked) const {
        return "request " + asked.field + ": " + words_of(asked.any_of);
    }
    std::string operator()(const size_is& asked) const {
        std::string text = "size:";
        if (asked.over) text += " over " + std::to_string(*asked.over);
        if (asked.under) text += " under " + std::to_string(*asked.under);
        return text;
    }
    std::string operator()(const attachment_is& asked) const {
        return told("attachment", asked.wanted);
    }
    std::string operator()(const class_is& asked) const {
        return "class: " + joined(asked.any_of, ", ",
                                  [](message_class what) { return std::string{to_string(what)}; });
    }
    std::string operator()(const known_key_is& asked) const {
        return told("known_key", asked.wanted);
    }

  private:
    static std::string told(const std::string& key, bool wanted) {
        return key + ": " + std::string{yes_or_no(wanted)};
    }
    static std::string inside(const conditions& each) { return joined(each, "; ", describe); }
    // Where each is an alternative, several conditions in one of them need brackets.
    static std::string apart(const conditions& each) {
        if (each.size() == 1) return describe(each.front());
        return joined(each, " | ", [](const condition& one) {
            const auto text = describe(one);
            const auto* all = std::get_if<all_of>(&one.asks);
            return all != nullptr && all->each.size() > 1 ? "(" + text + ")" : text;
        });
    }
};

} // namespace

std::string describe(const condition& asked) { return std::visit(teller{}, asked.asks); }

} // namespace postseal::policy
