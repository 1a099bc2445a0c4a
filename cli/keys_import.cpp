// SPDX-License-Identifier: Apache-2.0
// `postseal keys import`: OpenPGP files, and what `export` has written. Each is told by its first
// octet. Each address, or line, is taken whole or not at all.
#include "cli/commands.hpp"
#include "cli/key_import.hpp"

#include "config/settings.hpp"
#include "keys/record_json.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

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

void print(const keys_options& options, const std::string& file, const import_count& count) {
    if (options.json) {
        std::cout << json::serialize(json::object{{"file", file},
                                                  {"changed", count.changed},
                                                  {"unchanged", count.unchanged},
                                                  {"refused", count.refused}})
                  << '\n';
        return;
    }
    for (const auto& one : count.taken)
        std::cout << one << '\n';
    std::cout << file << ": " << count.changed << (count.changed == 1 ? " address" : " addresses")
              << " changed, " << count.unchanged << " as before, " << count.refused << " refused\n";
}

} // namespace

int keys_import(const keys_options& options) {
    importer into(config::load(options.configuration), options);
    int status = done;
    for (const auto& file : options.files) {
        const auto name = file == "-" ? std::string("standard input") : file;
        std::ifstream opened;
        if (file != "-") opened.open(file, std::ios::binary);
        auto& from = file == "-" ? std::cin : opened;
        if (!from) throw std::runtime_error(name + " cannot be opened");
        const auto count =
            is_json(from) ? into.take_records(from, name) : into.take_keys(from, name);
        print(options, name, count);
        if (count.refused > 0) status = answer_is_no;
    }
    return status;
}

} // namespace postseal::cli
