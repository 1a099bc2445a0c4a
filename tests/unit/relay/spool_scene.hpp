// SPDX-License-Identifier: Apache-2.0
// A private folder with a spool in it, and entries to fill it with.
#pragma once

#include "relay/journal.hpp"
#include "relay/spool.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <utility>

namespace postseal::relay::testing {

class private_folder {
  public:
    private_folder() {
        auto name = (std::filesystem::temp_directory_path() / "spool-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    private_folder(const private_folder&) = delete;
    private_folder& operator=(const private_folder&) = delete;
    ~private_folder() { std::filesystem::remove_all(path); }

    [[nodiscard]] std::filesystem::path owed() const { return path / spool_folder::name; }
    [[nodiscard]] std::set<std::string> files() const {
        std::set<std::string> found;
        for (const auto& one : std::filesystem::directory_iterator(owed()))
            found.insert(one.path().filename().string());
        return found;
    }

    std::filesystem::path path;
};

inline journal& log_of_all() {
    static journal log; // spdlog knows each logger once
    return log;
}

inline spool_entry entry_for(std::size_t recipients) {
    spool_entry made;
    made.message = "BCDF23456789bcdf";
    made.arrived = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    made.expires = made.arrived + std::chrono::hours(48);
    made.due = made.arrived;
    made.copy = spooled_copy::sealed;
    made.sender = smtp::mailbox{"anna", "example.org"};
    for (std::size_t i = 0; i < recipients; ++i)
        made.recipients.push_back({{{"r" + std::to_string(i), "example.net"}, {}}, {}, {}});
    return made;
}

/// The id of a new entry. Throws as the spool does.
inline std::string put(spool& into, const std::string& content, spool_entry whole = entry_for(2),
                       unnamed_file::naming how = unnamed_file::naming::late) {
    auto draft = into.prepare(std::move(whole), {content}, how);
    if (!draft) throw std::runtime_error("the spool takes nothing");
    auto id = draft->entry.id;
    into.keep(std::move(*draft));
    return id;
}

} // namespace postseal::relay::testing
