// SPDX-License-Identifier: Apache-2.0
#include "config/message_ids.hpp"

#include "config/mapping.hpp"
#include "config/values.hpp"
#include "policy/rules.hpp"
#include "relay/hash_key.hpp"
#include "smtp/glob.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace postseal::config {

namespace {

message::keyed_hash read_key(const source& from, const node& value) {
    const auto file = read_path(from, value);
    std::optional<relay::hash_key> key;
    try {
        key = relay::hash_key::read(file, relay::hash_key::keeper::administrator);
    } catch (const std::runtime_error& e) {
        from.fail(value.at, e.what());
    }
    if (!key)
        from.fail(value.at, file.string() + " is not there; 'openssl rand -hex 32' prints a key "
                                            "for it, the same for all relays of the house");
    return [key = *key](std::string_view text) { return key.hash(text); };
}

// What stands behind the '@': a name, an address in brackets, a single word.
std::string read_host(const source& from, const node& value) {
    auto written = read_text(from, value);
    if (written.find_first_of("@<> \t") != std::string::npos)
        from.fail(value.at, "'" + written + "' is what no host is called");
    if (written.find_first_not_of("*?.") == std::string::npos)
        from.fail(value.at, "'" + written +
                                "' is everybody's: answers would no longer cite the messages of "
                                "people outside by their identifiers");
    return written;
}

std::vector<std::string> below(const std::vector<std::string>& local_domains) {
    std::vector<std::string> hosts;
    for (const auto& domain : local_domains)
        hosts.push_back(domain.starts_with("*.") ? domain : "*." + domain);
    return hosts;
}

std::string read_domain(const source& from, const node* value, const node& block,
                        const std::vector<std::string>& local_domains) {
    if (value == nullptr) {
        const auto literal = std::ranges::find_if(
            local_domains, [](const auto& one) { return one.find('*') == std::string::npos; });
        if (literal != local_domains.end()) return *literal;
        from.fail(block.at, "'domain' is missing: one inside 'local_domains', for identifiers to "
                            "show in place of a host");
    }
    auto written = read_text(from, *value);
    policy::rule_set ours;
    ours.local_domains = local_domains;
    if (!is_host_name(written) || !policy::is_local(ours, {{}, written}))
        from.fail(value->at, "'" + written +
                                 "' is no domain inside 'local_domains', and nobody else's name "
                                 "may stand in your identifiers");
    return written;
}

} // namespace

message::id_disguise read_message_ids(const source& from, const node& value,
                                      const std::vector<std::string>& local_domains) {
    const mapping block(from, value, "'message_ids'", {"key", "hosts", "domain"});
    message::id_disguise made;
    const auto& key = block.need("key", "a file with 64 hexadecimal digits");
    made.hosts = below(local_domains);
    block.take("hosts", made.hosts, some_of(read_host));
    const auto* domain = block.find("domain");
    made.domain = read_domain(from, domain, value, local_domains);
    for (const auto& pattern : made.hosts)
        if (smtp::glob_matches(pattern, made.domain))
            from.fail(domain != nullptr ? domain->at : value.at,
                      "'" + made.domain + "' is an internal host itself, by '" + pattern +
                          "': an identifier would change again each time that it is cited");
    made.hash = read_key(from, key);
    return made;
}

} // namespace postseal::config
