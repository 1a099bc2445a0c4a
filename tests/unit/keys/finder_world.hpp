// SPDX-License-Identifier: Apache-2.0
// A finder between scripted sources, a store that is a table, a GnuPG that reads hand-made keys and
// a clock that is set by hand.
#pragma once

#include "keys/finder.hpp"
#include "keys/packets.hpp"
#include "keys/user_id.hpp"
#include "tests/unit/keys/packet_samples.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <functional>
#include <future>
#include <map>
#include <ostream>
#include <set>
#include <stdexcept>

namespace postseal::keys {

inline std::ostream& operator<<(std::ostream& out, outcome what) { return out << to_string(what); }

} // namespace postseal::keys

namespace postseal::keys::samples {

namespace asio = boost::asio;
using boost::system::result;

inline const std::string who = "a@example.org";

/// A key of `who` that was made at `created`.
inline made_certificate key_made_at(std::size_t created) {
    made_certificate made;
    made.key = rsa_key(4, created);
    made.issuer = read_public_key(made.key)->fingerprint.substr(12);
    made.certified = packet(2, rsa_signature(0x13, made.issuer));
    return made;
}

inline std::string key(std::size_t created) { return key_made_at(created).with({}); }

inline std::string revoked_key(std::size_t created) {
    const auto made = key_made_at(created);
    return made.with(packet(2, rsa_signature(0x20, made.issuer)));
}

/// Holds whoever waits until it is opened.
class gate {
  public:
    explicit gate(asio::io_context& context)
        : timer_(context, asio::steady_timer::time_point::max()) {}

    void close() { open_ = false; }
    void open() {
        open_ = true;
        timer_.cancel();
    }
    asio::awaitable<void> pass() {
        while (!open_) {
            boost::system::error_code opened;
            auto token = asio::redirect_error(asio::use_awaitable, opened);
            auto waiting = timer_.async_wait(std::move(token));
            co_await std::move(waiting);
        }
    }

  private:
    asio::steady_timer timer_;
    bool open_ = true;
};

/// Says what a test tells it to, and counts how often it was asked.
class scripted_source final : public source {
  public:
    scripted_source(std::string name, origin from, asio::io_context& context)
        : door(context), name_(std::move(name)), from_(from) {}

    [[nodiscard]] std::string_view name() const override { return name_; }
    [[nodiscard]] origin from() const override { return from_; }

    asio::awaitable<answer> ask(smtp::mailbox address) override {
        ++asked;
        addresses.insert(lookup_key(address));
        auto passing = door.pass();
        co_await std::move(passing);
        if (throws) throw std::runtime_error("a source that throws");
        co_return says;
    }

    asio::awaitable<answer> ask_by_fingerprint(std::string fingerprint) override {
        fingerprints.insert(fingerprint);
        in_order.push_back(fingerprint);
        if (by_fingerprint) co_return by_fingerprint(fingerprint);
        co_return of_fingerprint;
    }

    void serve(std::string material) {
        says = {};
        says.result = outcome::found;
        says.material = std::move(material);
        says.reason = name_ + " has it";
    }
    void say(outcome result) {
        says = {};
        says.result = result;
        says.reason = name_ + " says " + std::string(to_string(result));
    }

    answer says;
    answer of_fingerprint;
    std::function<answer(const std::string&)> by_fingerprint; ///< in place of the one answer
    std::set<std::string> fingerprints;
    std::vector<std::string> in_order; ///< those fingerprints, each time
    bool throws = false;
    int asked = 0;
    std::set<std::string> addresses;
    gate door;

  private:
    std::string name_;
    origin from_;
};

/// Only what a finder asks of a store.
class table_store final : public store {
  public:
    promised<record> recall(smtp::mailbox address) override {
        ++reads;
        if (throws) throw std::runtime_error("a store that throws");
        if (broken) co_return make_error_code(boost::system::errc::io_error);
        const auto key = lookup_key(address);
        record known;
        if (const auto there = records.find(key); there != records.end()) known = there->second;
        const auto served = directories.find(std::string(domain_of_key(key)));
        if (served != directories.end()) known.directory = served->second;
        for (const auto& name : {std::string(domain_of_key(key)), key})
            if (const auto out = opted_out.find(name); out != opted_out.end())
                known.opted_out = out->second;
        co_return known;
    }
    promised<void> remember(smtp::mailbox address, record_changes changes) override {
        ++writes;
        if (throws) throw std::runtime_error("a store that throws");
        if (broken || full) co_return make_error_code(boost::system::errc::io_error);
        const auto key = lookup_key(address);
        if (changes.directory) directories[std::string(domain_of_key(key))] = *changes.directory;
        apply(records[key], changes);
        co_return result<void>();
    }
    [[nodiscard]] bool is_shared() const override { return true; }
    promised<lease> take_lease(std::string name, std::chrono::seconds how_long) override {
        (how_long > std::chrono::seconds(0) ? taken : given_up).push_back(name);
        if (broken || throws) co_return make_error_code(boost::system::errc::io_error);
        co_return leased.contains(name) ? lease::somebody_elses : lease::ours;
    }

    promised<std::vector<known_address>> browse(std::string, std::string, std::size_t) override {
        co_return make_error_code(boost::system::errc::not_supported);
    }
    promised<void> forget(smtp::mailbox) override {
        co_return make_error_code(boost::system::errc::not_supported);
    }
    promised<std::size_t> forget_domain(std::string) override {
        co_return make_error_code(boost::system::errc::not_supported);
    }
    promised<std::vector<std::string>> due(due_for_refresh) override {
        co_return make_error_code(boost::system::errc::not_supported);
    }
    promised<std::vector<std::string>> given_to(std::string, std::size_t) override {
        co_return make_error_code(boost::system::errc::not_supported);
    }
    promised<void> put_opt_out(opt_out one) override {
        opted_out[one.name] = one;
        co_return result<void>();
    }
    promised<std::size_t> end_opt_out(std::string name) override {
        co_return opted_out.erase(name);
    }
    promised<std::vector<opt_out>> opt_outs(std::string, std::size_t) override {
        co_return make_error_code(boost::system::errc::not_supported);
    }
    promised<void> prune(std::chrono::sys_seconds) override {
        co_return make_error_code(boost::system::errc::not_supported);
    }

    record& of(const std::string& whom = who) { return records[whom]; }

    std::map<std::string, record> records;
    std::map<std::string, known_directory> directories;
    std::map<std::string, opt_out> opted_out;
    std::set<std::string> leased; ///< to somebody else
    std::vector<std::string> taken;
    std::vector<std::string> given_up;
    bool broken = false;
    bool full = false; ///< can be read
    bool throws = false;
    int reads = 0;
    int writes = 0;
};

/// GnuPG, for keys made by hand: a key is known by its creation time, and so are its subkeys, each
/// with at most one revocation.
class table_of_keys {
  public:
    asio::awaitable<result<inspection>> inspect(std::string bytes) {
        ++asked;
        inspection seen;
        seen.unusable_because = "nothing certifies its user ID";
        std::size_t created = 0;
        bool revoked = false, has_subkeys = false, names_nobody = false;
        std::vector<std::uint64_t> subkeys;
        const auto packets = message::split_packets(bytes, 1000);
        for (const auto& one : *packets) {
            if (one.tag == 6) created = creation_time(one.body);
            if (one.tag == 14) subkeys.push_back(creation_time(one.body));
            has_subkeys = has_subkeys || one.tag == 14;
            if (one.tag == 2 && one.body[1] == 0x13) seen.unusable_because.clear();
            if (one.tag == 2 && one.body[1] == 0x20) revoked = true;
            if (one.tag == 2 && one.body[1] == 0x28) subkeys.pop_back();
            if (one.tag == 2 && one.body[1] == 0x30) names_nobody = true;
        }
        if (has_subkeys && subkeys.empty()) seen.unusable_because = no_encryption_key;
        if (revoked) seen.unusable_because = "revoked";
        if (throws) throw std::runtime_error("an inspector that throws");
        if (meanwhile) meanwhile();
        if (failing.contains(created)) co_return make_error_code(boost::system::errc::io_error);
        seen.fingerprint = clean_packets(bytes, address(who)).certificates.at(0).fingerprint;
        if (!names_nobody) seen.addresses = {who};
        seen.encryption_keys = has_subkeys ? subkeys : std::vector<std::uint64_t>{created};
        seen.created = std::chrono::sys_seconds(std::chrono::seconds(created));
        if (const auto end = expiry.find(created); end != expiry.end()) seen.expires = end->second;
        co_return seen;
    }

    std::set<std::size_t> failing;
    std::map<std::size_t, std::chrono::sys_seconds> expiry;
    std::function<void()> meanwhile; ///< happens while GnuPG looks at a key
    bool throws = false;
    int asked = 0;

  private:
    static std::size_t creation_time(std::string_view key) {
        std::size_t time = 0;
        for (const char c : key.substr(1, 4))
            time = time << 8 | static_cast<unsigned char>(c);
        return time;
    }
};

struct finder_world {
    std::chrono::sys_seconds now{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1}};
    table_store memory;
    table_of_keys gnupg;
    finder_settings settings;
    asio::io_context context{1};
    scripted_source* directory = nullptr; // before the store
    scripted_source* wkd = nullptr;       // behind it, in this order
    scripted_source* keyserver = nullptr;
    scripted_source* other_keyserver = nullptr; // asked about revocations only
    std::unique_ptr<finder> finds;

    finder_world() { start(&memory); }

    /// A new process: what the old finder remembered by itself is gone.
    void start(store* shared) {
        auto first = std::make_unique<scripted_source>("directory", origin::administrator, context);
        auto second = std::make_unique<scripted_source>("wkd", origin::domain, context);
        auto third = std::make_unique<scripted_source>("keyserver", origin::third_party, context);
        auto fourth = std::make_unique<scripted_source>("other", origin::third_party, context);
        for (auto* const one : {first.get(), second.get(), third.get(), fourth.get()})
            one->say(outcome::absent);
        other_keyserver = fourth.get();
        directory = first.get();
        wkd = second.get();
        keyserver = third.get();
        finder_sources sources;
        sources.before_store.push_back(std::move(first));
        sources.after_store.push_back(std::move(second));
        sources.after_store.push_back(std::move(third));
        sources.revocations.push_back(std::move(fourth));
        const inspector inspect = [this](std::string bytes) {
            return gnupg.inspect(std::move(bytes));
        };
        finds = std::make_unique<finder>(context.get_executor(), std::move(sources), shared,
                                         inspect, settings, [this] { return now; });
    }

    template<class T>
    std::future<T> begin(asio::awaitable<T> work) {
        return asio::co_spawn(context, std::move(work), asio::use_future);
    }
    template<class T>
    T end(std::future<T> work) {
        context.restart();
        while (work.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
            if (context.run_one() == 0) throw std::runtime_error("nobody is at work on it");
        return work.get();
    }
    finding find(const std::string& whom = who) { return end(begin(finds->find(address(whom)))); }

    /// As a domain that serves keys from the host that is asked first.
    void serve(const std::string& material) {
        wkd->serve(material);
        wkd->says.domain = domain_contact::served;
        wkd->says.host = wkd_host::advanced;
    }
    /// As a domain that nobody can reach and that may never have had a WKD.
    void block() {
        wkd->say(outcome::absent);
        wkd->says.domain = domain_contact::unreachable;
    }
    void deny(wkd_host which = wkd_host::advanced) {
        wkd->say(outcome::absent);
        wkd->says.authoritative = true;
        wkd->says.host = which;
    }
    void note_sealed(const finding& found, const std::string& whom = who) {
        finds->note_sealed(address(whom), found);
    }

    /// Everything that can go on without time passing.
    void go_on() {
        context.restart();
        context.poll();
    }
};

} // namespace postseal::keys::samples
