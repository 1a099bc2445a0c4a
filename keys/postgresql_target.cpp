// SPDX-License-Identifier: Apache-2.0
#include "keys/postgresql_target.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace postseal::keys {
namespace {

/// Where the administrator has not said otherwise.
constexpr std::pair<const char*, const char*> defaults[] = {
    // Of several servers the one that takes what is written: after a failover that is another one.
    {"target_session_attrs", "read-write"},
    // A machine that is gone without a word is noticed though nothing is asked meanwhile.
    {"keepalives_idle", "10"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "5000"},
    {"gssencmode", "disable"}, // looks for Kerberos tickets first, which costs time
    {"fallback_application_name", "postseal"},
};

struct forget_options {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> parts;
    for (;;) {
        const auto comma = list.find(',');
        parts.emplace_back(list.substr(0, comma));
        if (comma == std::string_view::npos) return parts;
        list.remove_prefix(comma + 1);
    }
}

std::string take(postgresql_parameters& from, std::string_view name) {
    const auto found =
        std::ranges::find(from, name, [](const auto& one) { return std::string_view(one.first); });
    if (found == from.end()) return {};
    auto value = std::move(found->second);
    from.erase(found);
    return value;
}

bool is_socket_folder(const std::string& host) {
    return host.starts_with('/') || host.starts_with('@');
}

/// Debian's, where no server is named.
constexpr const char* usual_socket_folder = "/var/run/postgresql";

/// Debian's list of those who may certify; libpq would look in the home of the service.
constexpr const char* trusted = "/etc/ssl/certs/ca-certificates.crt";

bool says(const postgresql_parameters& all, std::string_view name) {
    return std::ranges::any_of(all, [&](const auto& one) { return one.first == name; });
}

bool is_loopback(const std::string& address) {
    return address.starts_with("127.") || address == "::1";
}

postgresql_parameters with(postgresql_parameters all, const std::string& host,
                           const std::string& address, const std::string& port) {
    if (!host.empty()) all.emplace_back("host", host);
    if (!address.empty()) all.emplace_back("hostaddr", address);
    if (!port.empty()) all.emplace_back("port", port);
    const bool is_this_machine = address.empty() ? is_socket_folder(host) : is_loopback(address);
    if (says(all, "sslmode") || is_this_machine) return all;
    all.emplace_back("sslmode", "verify-full");
    if (!says(all, "sslrootcert")) all.emplace_back("sslrootcert", trusted);
    return all;
}

/// libpq takes "u:pa/ss@host" for a port and "u:p@ss@host" for a host: then pieces of a password
/// would be looked up as names, and stand in messages. A leading '@' is an abstract socket.
bool may_be_split_password(const std::vector<std::string>& hosts,
                           const std::vector<std::string>& ports, std::string_view database) {
    const auto odd_host = [](const std::string& host) { return host.rfind('@') + 1 > 1; };
    const auto odd_port = [](const std::string& port) {
        return port.find_first_not_of("0123456789") != std::string::npos;
    };
    return std::ranges::any_of(hosts, odd_host) || std::ranges::any_of(ports, odd_port) ||
           database.find('@') != std::string_view::npos;
}

/// libpq takes what a connection string does not say from the environment. PGHOSTADDR would make
/// another machine of a socket, PGSERVICE bring a host that nobody here has looked at, and
/// PGSSLMODE leave its certificate unread. No value in a connection string says "none" against
/// them.
void forget_environment(const PQconninfoOption* options) {
    const auto forget = [](const char* variable) {
        if (std::getenv(variable)) unsetenv(variable); // once, when the program starts
    };
    for (const auto* one = options; one->keyword != nullptr; ++one) {
        const std::string_view name = one->keyword;
        // How a service manager may hand over a secret; it leads nowhere.
        if (one->envvar && name != "password" && name != "passfile") forget(one->envvar);
    }
    for (const auto* const unlisted :
         {"PGSERVICEFILE", "PGSYSCONFDIR", "PGREQUIRESSL", "PGDATESTYLE", "PGTZ", "PGGEQO"})
        forget(unlisted);
}

postgresql_trouble mistake(std::string reason) {
    return {postgresql_trouble::kind::unfit, std::move(reason)};
}

postgresql_trouble not_understood() {
    return mistake("this is no connection string such as postgresql://user@host/database; what is "
                   "special in one has to be written with %, an @ in a password as %40, a / as "
                   "%2F");
}

} // namespace

postgresql_answer<postgresql_target> postgresql_target::parse(const std::string& written) {
    // What libpq says of a string that it does not understand has the string in it: not asked for.
    const std::unique_ptr<PQconninfoOption, forget_options> options(
        PQconninfoParse(written.c_str(), nullptr));
    if (!options) return not_understood();
    forget_environment(options.get());
    postgresql_target made;
    for (const auto* one = options.get(); one->keyword != nullptr; ++one)
        if (one->val != nullptr) made.shared_.emplace_back(one->keyword, one->val);
    if (says(made.shared_, "service"))
        return mistake("a connection string with service= is not taken, since libpq would look for "
                       "the server by itself; name its host here");
    for (const auto& [name, value] : defaults)
        if (!says(made.shared_, name)) made.shared_.emplace_back(name, value);
    take(made.shared_, "client_encoding");
    made.shared_.emplace_back("client_encoding", "UTF8");

    const auto hosts = split(take(made.shared_, "host"));
    const auto addresses = split(take(made.shared_, "hostaddr"));
    const auto ports = split(take(made.shared_, "port"));
    const auto database = std::ranges::find(
        made.shared_, "dbname", [](const auto& one) { return std::string_view(one.first); });
    if (may_be_split_password(hosts, ports, database == made.shared_.end() ? "" : database->second))
        return not_understood();
    const auto count = std::max(hosts.size(), addresses.size());
    const auto nth = [](const std::vector<std::string>& list, std::size_t i) {
        return i < list.size() ? list[i] : list.size() == 1 ? list.front() : std::string();
    };
    for (std::size_t i = 0; i < count; ++i) {
        auto& added = made.servers_.emplace_back(server{i < hosts.size() ? hosts[i] : "",
                                                        i < addresses.size() ? addresses[i] : "",
                                                        nth(ports, i)});
        if (added.host.empty() && added.address.empty()) added.host = usual_socket_folder;
        if (!made.name_.empty()) made.name_ += ", ";
        made.name_ += added.host.empty() ? added.address : added.host;
    }
    return made;
}

std::vector<postgresql_answer<postgresql_parameters>>
postgresql_target::attempts(const postgresql_resolver& resolve) const {
    std::vector<postgresql_answer<postgresql_parameters>> all;
    for (const auto& [host, address, port] : servers_) {
        if (!address.empty() || is_socket_folder(host)) {
            all.emplace_back(with(shared_, host, address, port));
            continue;
        }
        const auto known = resolve(host);
        if (!known) {
            all.emplace_back(known.error());
            continue;
        }
        for (const auto& one : *known)
            all.emplace_back(with(shared_, host, one, port));
    }
    return all;
}

} // namespace postseal::keys
