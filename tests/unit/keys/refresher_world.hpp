// SPDX-License-Identifier: Apache-2.0
// A refresher over a finder whose store is a file.
#pragma once

#include "keys/refresher.hpp"

#include "tests/unit/keys/finder_on_file.hpp"

#include <boost/test/unit_test.hpp>

namespace postseal::keys::samples {

using namespace std::chrono_literals;

struct refresher_world : finder_on_file {
    std::unique_ptr<refresher> refreshes;

    refresher_world() {
        begin_refreshing();
        serve(key(100));
    }
    ~refresher_world() {
        refreshes.reset();
        finds.reset();
        go_on();
    }
    std::size_t refresh() { return end(begin(refreshes->run_once())); }
    void seal() { note_sealed(find()); }
    void give(bool is_pinned, const std::string& material = key(100)) {
        const auto cleaned = clean_packets(material, address(who)).certificates.at(0);
        record_changes changes;
        changes.given = {{cleaned.fingerprint, cleaned.bytes, is_pinned, "", now}};
        BOOST_REQUIRE(end(begin(file->remember(address(who), changes))).has_value());
    }
    /// To 0@example.org and so on, what a server knows nothing of.
    void give_many(std::size_t many) {
        for (std::size_t i = 0; i < many; ++i) {
            record_changes changes;
            changes.given = {{"F" + std::to_string(i), "bytes", false, "", now}};
            const auto whom = std::to_string(i) + "@example.org";
            BOOST_TEST_REQUIRE(end(begin(file->remember(address(whom), changes))).has_value());
        }
    }
    static std::string fingerprint() {
        return clean_packets(key(100), address(who)).certificates.at(0).fingerprint;
    }
    /// With an empty store.
    void start_anew() {
        refreshes.reset();
        finds.reset();
        file.reset();
        std::filesystem::remove(folder.path() / "keys.sqlite");
        restart();
        begin_refreshing();
    }
    void begin_refreshing() {
        refreshes = std::make_unique<refresher>(context.get_executor(), *finds, *file,
                                                [this] { return now; });
    }
};

} // namespace postseal::keys::samples
