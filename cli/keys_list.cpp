// SPDX-License-Identifier: Apache-2.0
// `postseal keys list`: the store, a line an address.
#include "cli/commands.hpp"
#include "cli/key_store.hpp"
#include "cli/policy_pins.hpp"
#include "cli/terminal.hpp"
#include "cli/times.hpp"

#include "config/settings.hpp"
#include "keys/account.hpp"
#include "keys/record_json.hpp"
#include "keys/user_id.hpp"
#include "message/visible.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>
#include <optional>
#include <utility>

namespace postseal::cli {

namespace {

namespace json = boost::json;

constexpr std::size_t narrowest = 20; // columns of an address
constexpr std::size_t widest = 44;

std::string name_of(const keys::known_address& one) {
    return smtp::to_string(keys::mailbox_of_key(one.address));
}

/// The last 16 digits, which gpg calls the key ID.
std::string short_form(const std::string& fingerprint) {
    if (fingerprint.empty()) return "-";
    return fingerprint.substr(fingerprint.size() - std::min<std::size_t>(16, fingerprint.size()));
}

std::string day_if_any(const std::optional<std::chrono::sys_seconds>& when) {
    return when ? keys::day(*when) : "-";
}

std::string ago(const std::optional<std::chrono::sys_seconds>& when) {
    return when && *when <= now() ? span(now() - *when) : "-";
}

std::string until(const std::optional<std::chrono::sys_seconds>& when) {
    if (!when) return "-";
    return *when <= now() ? "due" : span(*when - now());
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : message::visible(text); }

std::string expiry(const keys::account& of) {
    if (of.expires) return keys::day(*of.expires);
    return of.algorithm.empty() && of.source == "given" ? "-"
           : of.fingerprint.empty()                     ? "-"
                                                        : "never";
}

class table {
  public:
    void print(const keys::known_address& one, const keys::account& of) {
        row(message::visible(name_of(one)), std::string(keys::to_string(of.state)),
            short_form(of.fingerprint), or_dash(of.algorithm), or_dash(of.source), expiry(of),
            ago(of.asked), until(of.fresh_until), day_if_any(of.sealed));
    }
    /// Of the first ones; whatever comes later and is longer moves its line to the right.
    void fit(const key_store::page& first) {
        if (width_ > 0) return;
        width_ = narrowest;
        for (const auto& one : first)
            width_ = std::clamp(name_of(one).size(), width_, widest);
    }

  private:
    void row(const std::string& address, const std::string& state, const std::string& fingerprint,
             const std::string& algorithm, const std::string& source, const std::string& expires,
             const std::string& asked, const std::string& next, const std::string& sealed) {
        if (!has_head_) {
            has_head_ = true;
            row("ADDRESS", "STATE", "FINGERPRINT", "ALGORITHM", "SOURCE", "EXPIRES", "ASKED",
                "NEXT", "SEALED");
        }
        std::cout << std::left << std::setw(static_cast<int>(width_)) << address << ' '
                  << std::setw(9) << state << std::setw(17) << fingerprint << std::setw(10)
                  << algorithm << ' ' << std::setw(15) << source << ' ' << std::setw(11) << expires
                  << std::setw(7) << asked << std::setw(7) << next << sealed << '\n';
    }
    std::size_t width_ = 0;
    bool has_head_ = false;
};

json::value time_if_any(const std::optional<std::chrono::sys_seconds>& when) {
    if (!when) return nullptr;
    return json::value(keys::to_text(*when));
}

json::object to_json(const keys::known_address& one, const keys::account& of) {
    json::object made;
    made["address"] = name_of(one);
    made["state"] = json::string(keys::to_string(of.state));
    made["fingerprint"] = nullptr;
    if (!of.fingerprint.empty()) made["fingerprint"] = of.fingerprint;
    made["algorithm"] = keys::as_text(of.algorithm);
    made["source"] = keys::as_text(of.source);
    made["expires"] = time_if_any(of.expires);
    made["asked"] = time_if_any(of.asked);
    made["fresh_until"] = time_if_any(of.fresh_until);
    made["sealed"] = time_if_any(of.sealed);
    return made;
}

/// The addresses of the store, and in between those that only the policy knows.
class listing {
  public:
    listing(const keys_options& options, std::string domain, const policy_pins& pins)
        : options_(options), domain_(std::move(domain)), pins_(pins), next_(pins.all().begin()) {}

    void take(const key_store::page& page) {
        lines_.fit(page);
        for (const auto& one : page) {
            take_pins_until(one.address);
            take(one);
        }
    }
    void finish() {
        take_pins_until({});
        if (options_.json) return;
        if (shown_ == 0) std::cout << "No address here has a key or was sealed to.\n";
        if (hidden_ > 0)
            std::cout << (shown_ > 0 ? "\n" : "") << hidden_
                      << (hidden_ == 1 ? " address" : " addresses")
                      << " without a key left out: --all shows them.\n";
    }

  private:
    /// All that are left where `address` is empty.
    void take_pins_until(const std::string& address) {
        for (; next_ != pins_.all().end(); ++next_) {
            const auto& pinned = next_->first;
            if (!address.empty() && pinned > address) return;
            if (pinned == address) continue; // it comes with what the store knows of it
            if (domain_.empty() || keys::domain_of_key(pinned) == domain_) take({pinned, {}});
        }
    }
    void take(const keys::known_address& one) {
        const auto* const pin = pins_.of(one.address);
        if (!options_.all && pin == nullptr && !keys::has_key_or_had(one.known)) {
            ++hidden_;
            return;
        }
        ++shown_;
        const auto of = keys::summarise(one.known, now(), pin);
        if (options_.json)
            std::cout << json_line(to_json(one, of)) << '\n';
        else
            lines_.print(one, of);
    }

    const keys_options& options_;
    std::string domain_;
    const policy_pins& pins_;
    std::map<std::string, keys::policy_pin>::const_iterator next_;
    table lines_;
    std::size_t shown_ = 0;
    std::size_t hidden_ = 0;
};

} // namespace

int keys_list(const keys_options& options) {
    const auto domain = domain_named(options.domain);
    const auto read = config::load(options.configuration);
    const policy_pins pins(read);
    key_store known(read.keys);
    listing shown(options, domain, pins);
    known.browse(domain, [&](const key_store::page& page) { shown.take(page); });
    shown.finish();
    return done;
}

} // namespace postseal::cli
