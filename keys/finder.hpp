// SPDX-License-Identifier: Apache-2.0
// Asks the sources in the configured order and makes one finding of their answers: cleans what they
// served, has it judged, remembers it.
// Limits: every lookup ends at its deadline (then: temporary); one lookup an address at a time,
// others wait for its result.
#pragma once

#include "keys/certificate.hpp"
#include "keys/conclusion.hpp"
#include "keys/inspector.hpp"
#include "keys/source.hpp"
#include "keys/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace postseal::keys {

struct finder_settings {
    std::chrono::milliseconds deadline{10'000};
    std::size_t at_once = 1000; ///< lookups that ask sources behind the store; others wait
    lifetimes keep;
    /// Of addresses (lookup keys), the fingerprint of the only key that may be used, in upper case.
    std::unordered_map<std::string, std::string> pins;
    /// Domains (A-labels) where mail to user+tag is sealed to the key of user.
    std::vector<std::string> subaddressing;
};

/// The store's place in the configured order divides the sources.
struct finder_sources {
    std::vector<std::unique_ptr<source>> before_store; ///< asked every time, never remembered
    std::vector<std::unique_ptr<source>> after_store;  ///< asked when nothing fresh is remembered
    std::vector<std::unique_ptr<source>> revocations;  ///< asked by fingerprint only
};

/// What one source said and how long it took, for `postseal keys find`.
struct source_report {
    std::string source;
    finding said;
    std::chrono::milliseconds took{0};
};

/// What keyservers said of an address's keys.
struct revocation_check {
    std::size_t answered = 0;          ///< questions
    std::size_t left = 0;              ///< to servers that are left alone for now
    std::size_t failed = 0;            ///< those that a server did not answer
    std::string reason{};              ///< of the last one that nobody answered
    std::vector<std::string> warnings; ///< what an administrator has to hear of, a sentence each

    [[nodiscard]] bool is_whole() const { return left == 0 && failed == 0; }
};

class finder {
  public:
    /// `memory` may be null: then nothing is remembered beyond this process.
    finder(boost::asio::any_io_executor executor, finder_sources sources, store* memory,
           inspector inspect, finder_settings settings, clock now);
    ~finder();

    /// Never throws; at the deadline, counted from when the lookup began (prefetch), the result is
    /// temporary. With `key_of` it is that address's key which is looked for, and what is known of
    /// it counts; an opt-out or a pin of `address` itself goes before it.
    boost::asio::awaitable<finding> find(smtp::mailbox address,
                                         std::optional<smtp::mailbox> key_of = {});

    /// In place of those of the settings, for lookups that begin from now on. Where an address's
    /// pin is another one than before, the sources are asked anew, whatever is remembered.
    void set_pins(std::unordered_map<std::string, std::string> pins);

    /// In place of those of the settings, for lookups that begin from now on.
    void set_subaddressing(std::vector<std::string> domains);

    /// Starts a lookup whose result a later find() with the same addresses takes.
    void prefetch(const smtp::mailbox& address, std::optional<smtp::mailbox> key_of = {});

    /// A copy for the address, sealed to what find() has `found` for it, was taken by the next hop,
    /// or is owed: from now on a lookup that fails is never "no key". Never throws; what cannot be
    /// remembered costs no mail.
    void note_sealed(const smtp::mailbox& address, const finding& found);

    /// Asks the sources, whatever is remembered, and remembers what they say. Waits for as long as
    /// they take.
    boost::asio::awaitable<finding> ask_again(smtp::mailbox address);

    /// Nobody could be asked for it a moment ago, and nobody is to be asked again yet.
    [[nodiscard]] bool is_resting(const smtp::mailbox& address) const;

    /// Asks keyservers, by its fingerprint, whether a key that mail to the address may be sealed to
    /// was revoked, and remembers that. Never throws.
    boost::asio::awaitable<revocation_check> check_revocation(smtp::mailbox address);

    /// Asks every source, whatever the earlier ones said; takes nothing from memory and remembers
    /// nothing.
    boost::asio::awaitable<std::vector<source_report>> ask_all(smtp::mailbox address);

  private:
    struct state;
    std::shared_ptr<state> state_; // lookups that are under way keep it alive
};

} // namespace postseal::keys
