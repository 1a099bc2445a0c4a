// SPDX-License-Identifier: Apache-2.0
// What a key of the administrator's may be; one of our own is in trace_key_test.
#include "relay/hash_key.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

using namespace postseal::relay;

namespace {

constexpr auto by_administrator = hash_key::keeper::administrator;

class key_file {
  public:
    key_file() {
        auto name = (std::filesystem::temp_directory_path() / "hash-key-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
    }
    key_file(const key_file&) = delete;
    key_file& operator=(const key_file&) = delete;
    ~key_file() { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::filesystem::path path() const { return folder_ / "key"; }
    void write(const std::string& content, mode_t mode) const {
        std::ofstream(path()) << content;
        ::chmod(path().c_str(), mode);
    }

  private:
    std::filesystem::path folder_;
};

std::string mistake(const std::filesystem::path& file) {
    try {
        (void)hash_key::read(file, by_administrator);
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(hash_keys)

BOOST_AUTO_TEST_CASE(the_group_may_read_an_administrators_key_and_nobody_more) {
    for (const mode_t mode : {0400U, 0440U, 0600U, 0640U}) {
        const key_file file;
        file.write(std::string(64, 'a') + "\n", mode);
        BOOST_TEST(hash_key::read(file.path(), by_administrator).has_value());
    }
    for (const mode_t mode : {0604U, 0660U, 0644U, 0602U}) {
        const key_file file;
        file.write(std::string(64, 'a') + "\n", mode);
        BOOST_TEST(mistake(file.path()).starts_with(file.path().string() + ": others may use it"));
    }
}

BOOST_AUTO_TEST_CASE(an_administrators_key_may_be_a_link_as_secrets_of_containers_are) {
    const key_file file, link;
    file.write(std::string(64, 'a'), 0600);
    std::filesystem::create_symlink(file.path(), link.path());
    const auto key = hash_key::read(link.path(), by_administrator);
    BOOST_REQUIRE(key);
    BOOST_TEST(key->hash("x") == hash_key::read(file.path(), by_administrator)->hash("x"));
}

BOOST_AUTO_TEST_CASE(what_is_no_key_is_told_with_how_to_make_one) {
    const key_file file;
    BOOST_TEST(!hash_key::read(file.path(), by_administrator));
    file.write("a secret", 0600);
    BOOST_TEST(mistake(file.path()) ==
               file.path().string() + ": is no key (64 hexadecimal digits); 'openssl rand -hex 32' "
                                      "prints one");
}

BOOST_AUTO_TEST_SUITE_END()
