// SPDX-License-Identifier: Apache-2.0
// `postseal keys export`: the whole store for another one, or keys for people.
#include "cli/commands.hpp"
#include "cli/key_store.hpp"
#include "cli/terminal.hpp"
#include "cli/times.hpp"

#include "config/settings.hpp"
#include "keys/record_json.hpp"
#include "keys/user_id.hpp"
#include "message/base64.hpp"
#include "message/visible.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace postseal::cli {

namespace {

namespace json = boost::json;

std::string armored(const std::string& binary) {
    constexpr std::size_t octets_a_line = 48;
    std::string text = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n";
    for (std::size_t at = 0; at < binary.size(); at += octets_a_line) {
        char line[octets_a_line / 3 * 4];
        const auto octets = std::string_view(binary).substr(at, octets_a_line);
        text.append(line, message::encode_base64(octets, line));
        text += '\n';
    }
    return text + "-----END PGP PUBLIC KEY BLOCK-----\n";
}

/// Fingerprints and certificates that mail may be sealed to.
std::vector<std::pair<std::string, std::string>> keys_of(const keys::record& known) {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& one : known.given)
        if (!one.bytes.empty()) all.emplace_back(one.fingerprint, one.bytes);
    if (!known.remembered || !known.remembered->what.found) return all;
    const auto& found = *known.remembered->what.found;
    const auto is_same = [&](const auto& one) { return one.first == found.fingerprint; };
    if (std::ranges::none_of(all, is_same)) all.emplace_back(found.fingerprint, *found.bytes);
    return all;
}

std::size_t print_keys(const keys_options& options, const keys::known_address& of) {
    const auto name = smtp::to_string(keys::mailbox_of_key(of.address));
    const auto all = keys_of(of.known);
    for (const auto& [fingerprint, bytes] : all) {
        if (options.json)
            std::cout << json_line(json::object{{"address", name},
                                                {"fingerprint", fingerprint},
                                                {"armored", armored(bytes)}})
                      << '\n';
        else
            std::cout << message::visible(name) << ' ' << fingerprint << '\n'
                      << armored(bytes) << '\n';
    }
    return all.size();
}

void expect_written() {
    std::cout.flush();
    if (!std::cout) throw std::runtime_error("not everything could be written: is the disk full?");
}

} // namespace

int keys_export(const keys_options& options) {
    const auto domain = domain_named(options.domain);
    const auto read = config::load(options.configuration);
    key_store store(read.keys);
    if (!options.address.empty()) {
        const auto address = address_named(options.address);
        const auto count = print_keys(options, {keys::lookup_key(address), store.recall(address)});
        expect_written();
        if (count > 0) return done;
        std::cerr << "postseal: " << shown(address) << ": no key is known\n";
        return answer_is_no;
    }
    if (!options.armored) std::cout << keys::record_lines_head(now()) << '\n';
    store.browse(domain, [&](const key_store::page& page) {
        for (const auto& one : page) {
            if (options.armored)
                print_keys(options, one);
            else
                std::cout << escaped(keys::to_line(one)) << '\n';
        }
        expect_written();
    });
    expect_written();
    return done;
}

} // namespace postseal::cli
