// SPDX-License-Identifier: Apache-2.0
// `postseal keys import`: OpenPGP files, and what `export` has written. Each is told by its first
// octet. Each address, or line, is taken whole or not at all.
#include "cli/commands.hpp"
#include "cli/key_import.hpp"
#include "cli/key_store.hpp"
#include "cli/record_import.hpp"
#include "cli/terminal.hpp"

#include "config/settings.hpp"
#include "keys/user_id.hpp"
#include "message/visible.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace postseal::cli {

namespace {

namespace json = boost::json;

/// A JSON object follows, after white space as people leave it.
bool is_json(std::istream& from) {
    while (from.peek() == ' ' || from.peek() == '\n' || from.peek() == '\r' || from.peek() == '\t')
        from.get();
    return from.peek() == '{';
}

json::array keys_of(const import_count& count) {
    json::array all;
    for (const auto& one : count.keys)
        all.emplace_back(json::object{{"address", one.address},
                                      {"fingerprint", one.fingerprint},
                                      {"state", keys::to_string(one.how)}});
    return all;
}

json::array pins_of(const import_count& count) {
    json::array all;
    for (const auto& one : count.pins) {
        json::object made{{"address", one.address}, {"fingerprint", one.fingerprint}};
        made["instead_of"] = nullptr;
        if (!one.instead_of.empty()) made["instead_of"] = one.instead_of;
        all.emplace_back(std::move(made));
    }
    return all;
}

void print(const keys_options& options, const std::string& file, const import_count& count) {
    if (options.json) {
        json::object made{{"file", file},
                          {"changed", count.changed},
                          {"unchanged", count.unchanged},
                          {"refused", count.refused},
                          {"keys", keys_of(count)},
                          {"pins", pins_of(count)}};
        std::cout << json_line(made) << '\n';
        return;
    }
    for (const auto& one : count.pins)
        std::cout << message::visible(one.place + ": " + one.address) << " is pinned to "
                  << one.fingerprint
                  << (one.instead_of.empty() ? "" : ", and no more to " + one.instead_of) << '\n';
    for (const auto& one : count.keys)
        if (one.how != keys::standing::pinned)
            std::cout << message::visible(one.place + ": " + one.address) << " may be sealed to "
                      << one.fingerprint << " now (" << keys::to_string(one.how) << ")\n";
    std::cout << message::visible(file) << ": " << count.changed
              << (count.changed == 1 ? " address" : " addresses") << " changed, " << count.unchanged
              << " as before, " << count.refused << " refused\n";
}

wanted_addresses wanted_by(const keys_options& options) {
    wanted_addresses made;
    for (const auto& text : options.addresses)
        made.only.insert(keys::lookup_key(address_named(text)));
    made.all = options.yes;
    return made;
}

} // namespace

int keys_import(const keys_options& options) {
    const auto wanted = wanted_by(options);
    const auto read = config::load(options.configuration);
    key_store store(read.keys);
    key_importer keys(read, store, wanted, options.note);
    record_importer records(read, store, wanted.only);
    int status = done;
    for (const auto& file : options.files) {
        const auto name = file == "-" ? std::string("standard input") : file;
        std::ifstream opened;
        if (file != "-") opened.open(file, std::ios::binary);
        auto& from = file == "-" ? std::cin : opened;
        if (!from) throw std::runtime_error(name + " cannot be opened");
        import_count count;
        try {
            is_json(from) ? records.take(from, name, count) : keys.take(from, name, count);
        } catch (const std::exception&) {
            print(options, name, count); // so much is done
            throw;
        }
        print(options, name, count);
        if (count.refused > 0) status = answer_is_no;
    }
    return status;
}

} // namespace postseal::cli
