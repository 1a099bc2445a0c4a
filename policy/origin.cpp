// SPDX-License-Identifier: Apache-2.0
#include "policy/origin.hpp"

#include "policy/rules.hpp"

#include <algorithm>

namespace postseal::policy {

namespace {

// What is not asked for holds; what is asked for and not known does not.
template<class Wanted, class Known, class Holds>
bool any_holds(const std::vector<Wanted>& any_of, const std::optional<Known>& known, Holds holds) {
    if (any_of.empty()) return true;
    return known && std::any_of(any_of.begin(), any_of.end(),
                                [&](const Wanted& one) { return holds(one, *known); });
}

// Not `wanted == known`: two that are not there would be equal, and an unknown one is not false.
bool is(const std::optional<bool>& wanted, const std::optional<bool>& known) {
    return !wanted || (known && *known == *wanted);
}

bool is_listener(const std::vector<std::string>& wanted, const std::string& name) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
}

} // namespace

bool matches(const origin_match& wanted, const origin& known) {
    return is_listener(wanted.listener, known.listener) &&
           any_holds(wanted.client, known.client,
                     [](const auto& network, const auto& address) {
                         return smtp::contains(network, address);
                     }) &&
           is(wanted.tls, known.tls) && is(wanted.authenticated, known.authenticated) &&
           any_holds(wanted.login, known.login, [](const auto& pattern, const auto& name) {
               return glob_matches(pattern, name);
           });
}

} // namespace postseal::policy
