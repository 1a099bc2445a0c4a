// SPDX-License-Identifier: Apache-2.0
// A finder_world whose store is an SQLite file: what a restart leaves.
#pragma once

#include "keys/sqlite_store.hpp"

#include "tests/unit/keys/finder_world.hpp"
#include "tests/unit/keys/private_folder.hpp"

namespace postseal::keys::samples {

struct finder_on_file : finder_world {
    private_folder folder;
    std::unique_ptr<sqlite_store> file;

    finder_on_file() { restart(); }
    ~finder_on_file() { finds.reset(); }

    /// All that is left is the file.
    void restart() {
        finds.reset();
        file.reset();
        file = open_another();
        start(file.get());
    }
    /// Of somebody who shares the file.
    [[nodiscard]] std::unique_ptr<sqlite_store> open_another() const {
        return std::make_unique<sqlite_store>(folder.path() / "keys.sqlite");
    }
    record known(const std::string& of = who) { return *end(begin(file->recall(address(of)))); }

    static finding of_the_domain() {
        finding made;
        made.from = origin::domain;
        return made;
    }
    /// Mail to `who` was sealed now; until that is written.
    void note_sealed(const finding& found = of_the_domain()) {
        finder_world::note_sealed(found);
        while (!known().sealed || known().sealed->last != now)
            ;
    }
};

} // namespace postseal::keys::samples
