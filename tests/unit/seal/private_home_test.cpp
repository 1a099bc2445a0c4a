// SPDX-License-Identifier: Apache-2.0
// The folders of sealers whose relay was killed go with the next start; those in use stay.
#include "seal/private_home.hpp"

#include <boost/test/unit_test.hpp>

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <utility>

namespace postseal::seal::test {

namespace fs = std::filesystem;

namespace {

struct folder {
    folder() {
        std::string name = (fs::temp_directory_path() / "homes-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()));
        path = name;
    }
    ~folder() { fs::remove_all(path); }

    void make(const char* name) const {
        fs::create_directories(path / name / "work");
        std::ofstream(path / name / "gpg.conf") << "no-keyring\n";
    }

    fs::path path;
};

} // namespace

BOOST_AUTO_TEST_SUITE(private_home_of_a_sealer)

BOOST_AUTO_TEST_CASE(home_that_nobody_uses_is_removed_and_nothing_else) {
    const folder parent;
    private_home used(parent.path);
    parent.make("sealer-abc123");
    parent.make("sealer-of-the-administrator");
    parent.make("elsewhere");
    fs::create_directory_symlink(parent.path / "elsewhere", parent.path / "sealer-abc124");

    remove_abandoned_homes(parent.path);

    BOOST_TEST(!fs::exists(parent.path / "sealer-abc123"));
    BOOST_TEST(fs::exists(used.path() / "gpg.conf"));
    BOOST_TEST(fs::exists(parent.path / "sealer-of-the-administrator/gpg.conf"));
    BOOST_TEST(fs::exists(parent.path / "elsewhere/gpg.conf"));
    remove_abandoned_homes(parent.path / "not there");
}

BOOST_AUTO_TEST_CASE(home_is_used_for_as_long_as_its_owner_lives) {
    const folder parent;
    {
        private_home first(parent.path);
        const private_home moved(std::move(first));
        remove_abandoned_homes(parent.path);
        BOOST_TEST(fs::exists(moved.path() / "work"));
    }
    BOOST_TEST(fs::is_empty(parent.path));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::seal::test
