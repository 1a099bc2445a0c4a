// SPDX-License-Identifier: Apache-2.0
#include "relay/trace_key.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace postseal::relay;

namespace {

class spool_folder {
  public:
    spool_folder() {
        auto name = (std::filesystem::temp_directory_path() / "trace-key-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    spool_folder(const spool_folder&) = delete;
    spool_folder& operator=(const spool_folder&) = delete;
    ~spool_folder() { std::filesystem::remove_all(path); }

    [[nodiscard]] std::filesystem::path key() const { return path / trace_key::file_name; }
    void write(const std::string& content, mode_t mode = 0600) const {
        std::ofstream(key()) << content;
        ::chmod(key().c_str(), mode);
    }
    [[nodiscard]] std::string mistake() const {
        try {
            (void)trace_key::open(path);
        } catch (const std::runtime_error& e) {
            return e.what();
        }
        return {};
    }

    std::filesystem::path path;
};

std::string hex(const std::string& octets) {
    std::string text;
    for (const char octet : octets)
        for (const auto digit : {octet >> 4U & 0xf, octet & 0xf})
            text += "0123456789abcdef"[digit];
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(trace_keys)

BOOST_AUTO_TEST_CASE(the_hash_is_hmac_sha256) {
    const spool_folder spool;
    spool.write(std::string(64, 'a') + "\n");
    // openssl mac -digest SHA256 -macopt hexkey:aa… HMAC
    BOOST_TEST(hex(trace_key::open(spool.path).hash("what do ya want for nothing?")) ==
               "40f7684c3cbd90ba46f70247ca1d7cc692d673f434b66926a93c7f224ec74a5e");
}

BOOST_AUTO_TEST_CASE(a_key_is_made_once_for_its_owner_alone_and_kept) {
    const spool_folder spool;
    BOOST_TEST(!trace_key::read(spool.path));
    const auto first = trace_key::open(spool.path);
    struct stat about {};
    BOOST_REQUIRE(::stat(spool.key().c_str(), &about) == 0);
    BOOST_TEST((about.st_mode & 07777U) == 0600U);
    BOOST_TEST(about.st_size == 65);
    BOOST_TEST(about.st_nlink == 1U);
    BOOST_TEST(trace_key::open(spool.path).hash("x") == first.hash("x"));
    BOOST_TEST(trace_key::read(spool.path)->hash("x") == first.hash("x"));
    const spool_folder other;
    BOOST_TEST(trace_key::open(other.path).hash("x") != first.hash("x"));
    std::filesystem::copy(spool.key(), other.key(),
                          std::filesystem::copy_options::overwrite_existing);
    BOOST_TEST(trace_key::open(other.path).hash("x") == first.hash("x"));
}

BOOST_AUTO_TEST_CASE(relays_that_start_together_agree) {
    const spool_folder spool;
    std::vector<std::string> hashes(8);
    std::vector<std::thread> starting;
    for (auto& mine : hashes)
        starting.emplace_back([&] { mine = trace_key::open(spool.path).hash("x"); });
    for (auto& one : starting)
        one.join();
    BOOST_TEST(std::set<std::string>(hashes.begin(), hashes.end()).size() == 1U);
    const std::filesystem::directory_iterator left(spool.path);
    BOOST_TEST(std::distance(begin(left), end(left)) == 1);
}

BOOST_AUTO_TEST_CASE(what_is_no_key_is_told_with_its_name_and_left_alone) {
    for (const auto& content :
         {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'g'),
          std::string(64, 'a') + "\n\n", std::string(10'000, 'a')}) {
        const spool_folder spool;
        spool.write(content);
        BOOST_TEST(spool.mistake().starts_with(spool.key().string() + ": is no key"));
        BOOST_TEST(std::filesystem::file_size(spool.key()) == content.size());
    }
}

BOOST_AUTO_TEST_CASE(a_key_that_others_may_use_is_refused) {
    for (const mode_t mode : {0640U, 0604U, 0620U}) {
        const spool_folder spool;
        spool.write(std::string(64, 'a'), mode);
        BOOST_TEST(spool.mistake().find("chmod 0600") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_or_made_is_told) {
    const spool_folder spool;
    std::filesystem::create_directory(spool.key());
    BOOST_TEST(spool.mistake().ends_with("is no regular file"));
    const spool_folder linked;
    std::filesystem::create_symlink("/dev/null", linked.key());
    BOOST_TEST(linked.mistake().find("cannot be read: ") != std::string::npos);
    const spool_folder gone;
    std::filesystem::remove_all(gone.path);
    BOOST_TEST(gone.mistake().find("cannot be made: No such file") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
