// SPDX-License-Identifier: Apache-2.0
#include "faulty_engine.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace postseal::seal::test {

faulty_engine::faulty_engine() {
    settings.gpg = folder.path() / "gpg";
    settings.workers = 1;
    behave_well();
}

void faulty_engine::behave(const std::string& script) {
    const auto notes = folder.path() / "notes";
    std::filesystem::remove_all(notes);
    std::filesystem::create_directory(notes);
    write_program(settings.gpg, "#!/bin/sh\n"
                                "real=/usr/bin/gpg\n"
                                "case \"$*\" in *--version*) exec $real --version ;; esac\n"
                                "for last; do :; done\n"
                                "input=/dev/fd/${last#-&}\n"
                                "folder=" +
                                    notes.string() + "\n" + script + "\n");
}

std::string faulty_engine::note(const std::string& name) {
    const auto file = folder.path() / "notes" / name;
    if (!run_until([&] { return std::filesystem::exists(file); })) return {};
    return read_file(file);
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
