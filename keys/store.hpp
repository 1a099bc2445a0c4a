// SPDX-License-Identifier: Apache-2.0
// Where records are kept: in a file of this relay (keys/sqlite_store), or on a server that several
// relays share (keys/postgresql_store).
// Fails: by error where the store cannot be read or written just now; never throws, and never takes
// longer than a fraction of a second to say so.
#pragma once

#include "keys/record.hpp"
#include "smtp/mailbox.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace postseal::keys {

/// An address, spelled as lookup_key does, and all that is known of it.
struct known_address {
    std::string address;
    record known;
};

/// Whose remembered keys want to be asked for again, though nobody is waiting.
struct due_for_refresh {
    std::chrono::sys_seconds fresh_until;  ///< found, and not fresh any more at this time,
    std::chrono::sys_seconds sealed_since; ///< and sealed to since this one
    std::size_t limit = 0;                 ///< addresses; those that are due first
};

/// Whose a name is for the time being.
enum class lease { ours, somebody_elses };

class store {
  public:
    template<class T>
    using promised = boost::asio::awaitable<boost::system::result<T>>;

    virtual ~store() = default;

    /// Of an address that is not known, an empty record (but for its domain's directory).
    virtual promised<record> recall(smtp::mailbox address) = 0;
    /// All of it or nothing, as apply() does. What is written is not lost to a power cut where it
    /// says that a key is revoked, or what an administrator gave.
    virtual promised<void> remember(smtp::mailbox address, record_changes changes) = 0;

    /// Records in the order of their addresses' octets, from the first one behind `after` on. A
    /// domain (an A-label) that is not empty: only its addresses.
    virtual promised<std::vector<known_address>> browse(std::string domain, std::string after,
                                                        std::size_t limit) = 0;
    /// All of the address but its revoked certificates.
    virtual promised<void> forget(smtp::mailbox address) = 0;
    /// All of the domain (an A-label) and its addresses but revoked certificates and what was
    /// given. How many addresses that were.
    virtual promised<std::size_t> forget_domain(std::string domain) = 0;

    /// None of those who have opted out.
    virtual promised<std::vector<std::string>> due(due_for_refresh which) = 0;
    /// Addresses for which an administrator has given a certificate, in the order of their octets,
    /// from the first one behind `after` on.
    virtual promised<std::vector<std::string>> given_to(std::string after, std::size_t limit) = 0;
    /// In place of an earlier one of that name. Not lost to a power cut, and there for whoever
    /// recalls a record afterwards, until it is ended: forget() leaves it.
    virtual promised<void> put_opt_out(opt_out one) = 0;
    /// How many there were: none, or one.
    virtual promised<std::size_t> end_opt_out(std::string name) = 0;
    /// In the order of their names' octets, from the first one behind `after` on.
    virtual promised<std::vector<opt_out>> opt_outs(std::string after, std::size_t limit) = 0;
    /// Forgets findings that were asked before that time, certificates that were rejected before it
    /// and not revoked, and leases that are over: what can be found again. Nothing else, since a
    /// clock that is ahead for a minute must not end what makes mail safe.
    virtual promised<void> prune(std::chrono::sys_seconds before) = 0;

    /// Do relays share it that know nothing of each other? Then lookups take leases.
    [[nodiscard]] virtual bool is_shared() const = 0;
    /// Ours: nobody else gets `name` (of a lookup, of the refresher) until that time is over.
    /// Whoever has it may take it again, for no time to give it up. Those who share the store so
    /// ask one server once.
    virtual promised<lease> take_lease(std::string name, std::chrono::seconds how_long) = 0;

    /// What failed since the last call, one sentence each, for the log. The same trouble is told
    /// once, until it is over.
    [[nodiscard]] virtual std::vector<std::string> take_warnings() { return {}; }
};

} // namespace postseal::keys
