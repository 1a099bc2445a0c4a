// SPDX-License-Identifier: Apache-2.0
#include "faulty_engine.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace postseal::seal::test {

faulty_engine::faulty_engine() {
    // A sealer may read and run what is in its gpg's folder.
    settings.gpg = folder.path() / "engine/gpg";
    std::filesystem::create_directory(settings.gpg.parent_path());
    settings.workers = 1;
    behave_well();
}

void faulty_engine::behave(const std::string& script) {
    for (const auto& home : std::filesystem::directory_iterator(settings.runtime_directory)) {
        std::filesystem::remove_all(home.path() / "work/notes");
    }
    write_program(settings.gpg, "#!/bin/sh\n"
                                "real=/usr/bin/gpg\n"
                                "case \"$*\" in *--version*) exec $real --version ;; esac\n"
                                "for last; do :; done\n"
                                "input=/dev/fd/${last#-&}\n"
                                "for each; do\n"
                                "  case $before in --homedir) folder=$each/work/notes ;; esac\n"
                                "  before=$each\n"
                                "done\n"
                                "mkdir -p $folder\n" +
                                    script + "\n");
}

std::filesystem::path faulty_engine::note_file(const std::string& name) const {
    for (const auto& home : std::filesystem::directory_iterator(settings.runtime_directory)) {
        const auto file = home.path() / "work/notes" / name;
        if (std::filesystem::exists(file)) return file;
    }
    return {};
}

std::string faulty_engine::note(const std::string& name) {
    if (!run_until([&] { return !note_file(name).empty(); })) return {};
    return read_file(note_file(name));
}

boost::system::error_code faulty_engine::outcome(std::string_view plaintext) {
    const auto sealed = encrypt(plaintext, {"alice"});
    return sealed ? boost::system::error_code() : sealed.error();
}

boost::system::error_code faulty_engine::inspection_outcome() {
    const auto seen = inspect("alice");
    return seen ? boost::system::error_code() : seen.error();
}

bool faulty_engine::is_tidy() {
    return run_until([&] {
        auto known = sealers->process_ids();
        auto found = children();
        std::sort(known.begin(), known.end());
        std::sort(found.begin(), found.end());
        return known == found && known.size() == settings.workers;
    });
}

} // namespace postseal::seal::test
