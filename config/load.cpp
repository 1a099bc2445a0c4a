// SPDX-License-Identifier: Apache-2.0
// postseal.yaml, section by section, in the order of the example file.
#include "config/settings.hpp"

#include "config/keyservers.hpp"
#include "config/listeners.hpp"
#include "config/mapping.hpp"
#include "config/message_ids.hpp"
#include "config/next_hop.hpp"
#include "config/pattern.hpp"
#include "config/policy_file.hpp"
#include "config/policy_folder.hpp"
#include "config/spool.hpp"
#include "config/values.hpp"
#include "keys/domain.hpp"
#include "keys/postgresql_store.hpp"
#include "message/trace.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

namespace postseal::config {

namespace {

using namespace std::chrono_literals;

std::string read_hostname(const source& from, const node& value) {
    auto name = read_text(from, value);
    if (!is_host_name(name)) from.fail(value.at, "'" + name + "' is no host name");
    return name;
}

std::string machine_name(const source& from) {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) == 0 && is_host_name(name.data())) {
        return name.data();
    }
    from.fail({}, "'hostname' is missing, and this machine's own name is no host name");
}

// `runtime: { path: ... }`.
std::filesystem::path read_folder(const source& from, const node& value) {
    const mapping block(from, value, "this section", {"path"});
    return read_path(from, block.need("path", "a folder"));
}

// What is written there may have a password in it: it is not said again.
void read_store(const source& from, const node& value, key_settings& settings) {
    constexpr std::string_view sqlite = "sqlite:";
    const auto written = read_text(from, value);
    if (written.starts_with("postgresql://") || written.starts_with("postgres://")) {
        if (const auto mistake = keys::mistake_in_postgresql(written))
            from.fail(value.at, *mistake);
        settings.store_server = written;
    } else if (written.starts_with(sqlite) && written.size() > sqlite.size()) {
        settings.store = from.resolve(written.substr(sqlite.size()));
    } else {
        from.fail(value.at, "this is no store; write sqlite:/path/to/file, or "
                            "postgresql://user@host/database?sslmode=verify-full");
    }
}

keys::fixed_address read_fixed_address(const source& from, const node& value) {
    const auto written = read_text(from, value);
    if (auto read = keys::parse_fixed_address(written)) return *read;
    from.fail(value.at, "'" + written + "' is not host:port:address, such as " +
                            "keys.example.org:443:10.0.0.5");
}

void read_wkd(const source& from, const node& value, wkd& settings) {
    const mapping block(from, value, "'wkd'", {"timeout", "proxy"});
    block.take("proxy", settings.proxy, read_proxy);
    block.take("timeout", settings.timeout, duration_within<std::chrono::milliseconds>(100ms, 60s));
}

// The longest: beyond a month nobody believes a key any more that could not be asked for, and the
// rest between two failures is doubled up to an hour.
void read_lifetimes(const source& from, const node& value, keys::lifetimes& times) {
    const mapping block(from, value, "'lifetimes'", {"found", "absent", "temporary"});
    block.take("found", times.found, duration_within<std::chrono::seconds>(60s, 30 * 24h));
    block.take("absent", times.absent, duration_within<std::chrono::seconds>(60s, 7 * 24h));
    block.take("temporary", times.temporary, duration_within<std::chrono::seconds>(1s, 1h));
}

// What a '+' in a local part means is each domain's own affair: so no patterns.
std::vector<std::string> read_subaddressing(const source& from, const node& value,
                                            const std::vector<std::string>& local) {
    policy::rule_set ours;
    ours.local_domains = local;
    std::vector<std::string> domains;
    for (const auto& written : list_of(read_text)(from, value)) {
        const auto& at = value.items[domains.size()].at;
        const auto domain = keys::to_a_label(written);
        if (!domain || keys::is_single_label(*domain))
            from.fail(at, "'" + written + "' is no mail domain, such as example.com");
        if (policy::is_local(ours, {{}, *domain}))
            from.fail(at, "'" + written + "' is inside 'local_domains', where nothing is sealed");
        if (std::ranges::find(domains, *domain) != domains.end())
            from.fail(at, "'" + written + "' is named twice");
        domains.push_back(*domain);
    }
    return domains;
}

// A source that is named needs what it reads from. The sources that are not named are those that
// have what they need.
void read_sources(const source& from, const mapping& block, key_settings& settings) {
    const auto missing = [&](const std::string& one) {
        return (one == "directory" && settings.directory.empty()) ||
               (one == "store" && settings.store.empty() && settings.store_server.empty()) ||
               (one == "keyservers" && settings.keyservers.empty());
    };
    const auto* named = block.find("sources");
    if (named == nullptr) {
        std::erase_if(settings.sources, missing);
        return;
    }
    const auto word = word_of<std::string>({{"directory", "directory"},
                                            {"store", "store"},
                                            {"wkd", "wkd"},
                                            {"keyservers", "keyservers"}});
    settings.sources = list_of(word)(from, *named);
    for (std::size_t i = 0; i < settings.sources.size(); ++i) {
        const auto& one = settings.sources[i];
        const auto& at = named->items[i].at;
        const auto here = settings.sources.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(settings.sources.begin(), here, one) != here) {
            from.fail(at, "'" + one + "' is named twice");
        }
        if (missing(one))
            from.fail(at, "'" + one + "' is named, but 'keys." + one + "' is not set");
        if (one == "wkd" && std::find(settings.sources.begin(), here, "keyservers") != here)
            from.fail(at, "'wkd' stands behind 'keyservers': a domain that says that it has no key "
                          "for somebody has to be asked before them");
    }
    // Whoever sets up a keyserver and forgets this list would believe that it is asked.
    if (!settings.keyservers.empty() && std::ranges::count(settings.sources, "keyservers") == 0)
        from.fail(named->at, "'keys.keyservers' is set, but 'keyservers' is not in 'sources'");
}

key_settings read_keys(const source& from, const node& value,
                       const std::vector<std::string>& local) {
    const mapping block(from, value, "'keys'",
                        {"sources", "directory", "store", "wkd", "keyservers", "deadline",
                         "lifetimes", "subaddressing", "resolve", "allow_networks", "ca_file"});
    key_settings settings;
    block.take("directory", settings.directory, read_path);
    if (const auto* store = block.find("store")) read_store(from, *store, settings);
    if (const auto* wkd = block.find("wkd")) read_wkd(from, *wkd, settings.wkd);
    block.take("keyservers", settings.keyservers, read_keyservers);
    block.take("deadline", settings.deadline,
               duration_within<std::chrono::milliseconds>(100ms, 60s));
    if (const auto* times = block.find("lifetimes"))
        read_lifetimes(from, *times, settings.lifetimes);
    block.take("subaddressing", settings.subaddressing,
               [&](const source& file, const node& domains) {
                   return read_subaddressing(file, domains, local);
               });
    block.take("resolve", settings.resolve, list_of(read_fixed_address));
    block.take("allow_networks", settings.allow_networks, list_of(read_network));
    block.take("ca_file", settings.ca_file, read_path);
    read_sources(from, block, settings);
    return settings;
}

sealer_settings read_sealers(const source& from, const node& value) {
    const mapping block(from, value, "'sealers'", {"executable", "gpg", "workers", "deadline"});
    sealer_settings settings;
    block.take("executable", settings.executable, read_path);
    block.take("gpg", settings.gpg, read_path);
    block.take("workers", settings.workers, count_within(1, 256));
    block.take("deadline", settings.deadline,
               duration_within<std::chrono::milliseconds>(100ms, 600s));
    return settings;
}

// Reports come from there and, where a sender's server refuses one, go there: so it has to be an
// address of the house. Without one, that of the first domain that is no pattern.
smtp::mailbox read_postmaster(const source& from, const node* value,
                              const std::vector<std::string>& local, const node& domains) {
    if (value == nullptr) {
        const auto literal = std::ranges::find_if(
            local, [](const auto& one) { return one.find('*') == std::string::npos; });
        if (literal == local.end())
            from.fail(domains.at, "'postmaster' is missing: an address in one of these domains, "
                                  "that reports to senders come from");
        return {"postmaster", *literal};
    }
    const auto written = read_text(from, *value);
    const auto read = smtp::parse_mailbox(written);
    if (!read || read->domain.empty()) from.fail(value->at, "'" + written + "' is no mail address");
    policy::rule_set rules;
    rules.local_domains = local;
    if (!policy::is_local(rules, *read))
        from.fail(value->at, "'" + written +
                                 "' is outside 'local_domains': reports about your "
                                 "users' mail would leave the house");
    return *read;
}

relay::limits read_limits(const source& from, const node& value) {
    const mapping block(from, value, "'limits'",
                        {"message_size", "message_memory", "header_size", "recipients", "sessions",
                         "sessions_per_client", "errors", "passes", "command_timeout",
                         "data_timeout", "data_rate", "client_patience", "drain"});
    relay::limits limits;
    block.take("message_size", limits.message_size, size_within(64ULL << 10, 4ULL << 30));
    block.take("message_memory", limits.message_memory, size_within(4ULL << 10, 1ULL << 30));
    block.take("header_size", limits.header_size, size_within(16ULL << 10, 64ULL << 20));
    block.take("recipients", limits.recipients, count_within(100, 50'000)); // RFC 5321 §4.5.3.1.8
    block.take("sessions", limits.sessions, count_within(1, 100'000));
    block.take("sessions_per_client", limits.sessions_per_client, count_within(0, 100'000));
    block.take("errors", limits.errors, count_within(1, 1000));
    block.take("passes", limits.passes, count_within(1, message::max_passes));
    const auto timeout = duration_within<std::chrono::seconds>(1s, 3600s);
    block.take("command_timeout", limits.command_timeout, timeout);
    block.take("data_timeout", limits.data_timeout, timeout);
    block.take("data_rate", limits.data_rate, size_within(0, 1ULL << 20));
    block.take("client_patience", limits.client_patience, timeout);
    block.take("drain", limits.drain, timeout);
    return limits;
}

// At least one copy of any mail that is accepted has room in an empty spool. Of several together,
// as for many blind recipients, the relay says it where they have not.
void refuse_small_spool(const source& from, const node* spool, const relay::settings& made) {
    const auto sealed = made.limits.message_size + made.limits.message_size / 5 * 2;
    if (made.owed.quota.octets >= sealed) return;
    from.fail(spool == nullptr ? position{} : spool->at,
              "'spool.size' has no room for one message of 'limits.message_size', sealed: " +
                  std::to_string(sealed) + " octets");
}

} // namespace

settings load(const std::filesystem::path& file) {
    const auto from = read_source(file);
    const auto root = parse_yaml(from);
    if (root.kind == node::kind::empty) from.fail({}, "is empty");
    const mapping top(from, root, "the configuration",
                      {"hostname", "listen", "next_hop", "local_domains", "postmaster", "spool",
                       "runtime", "policy", "keys", "sealers", "limits", "message_ids"});

    settings read;
    read.file = file;
    auto& relay = read.relay;
    const auto* hostname = top.find("hostname");
    relay.hostname = hostname ? read_hostname(from, *hostname) : machine_name(from);
    std::optional<relay::next_hop_settings> next_hop;
    if (const auto* common = top.find("next_hop")) next_hop = read_next_hop(from, *common);
    relay.listeners = read_listeners(from, top.need("listen", "where mail comes in"), next_hop);
    read_spool(from, top.find("spool"), relay);
    top.take("runtime", read.runtime, read_folder);
    top.take("sealers", read.sealers, read_sealers);
    top.take("limits", relay.limits, read_limits);
    refuse_small_spool(from, top.find("spool"), relay);
    const auto& domains = top.need("local_domains", "the domains whose mail is yours to seal");
    auto local = list_of(read_local_domain)(from, domains);
    const auto* keys = top.find("keys");
    read.keys = read_keys(from, keys ? *keys : node{node::kind::map, {}, {}, {}, {}}, local);
    relay.postmaster = read_postmaster(from, top.find("postmaster"), local, domains);
    const auto& policy = top.need("policy", "the file with the rules");
    read.policy = find_policy(from, policy);
    if (const auto* ids = top.find("message_ids"))
        relay.message_ids = read_message_ids(from, *ids, local);
    relay.policy = load_policy(read.policy.files, std::move(local), relay);
    relay.policy.subaddressing = read.keys.subaddressing;
    if (policy::observes(relay.policy)) {
        auto enforced = relay;
        enforced.policy = policy::in_force(std::move(enforced.policy));
        relay.in_force = std::make_shared<const relay::settings>(std::move(enforced));
    }
    return read;
}

} // namespace postseal::config
