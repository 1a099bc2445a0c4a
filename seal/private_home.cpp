// SPDX-License-Identifier: Apache-2.0
#include "seal/private_home.hpp"

#include "seal/descriptor.hpp"
#include "seal/file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace postseal::seal {

namespace {

// Nothing is found by itself, nothing is started, nothing stays behind: keys come as files only.
// random_seed in particular has a lock on which parallel gpg processes sleep.
// The trust model is "direct" because "always" makes gpg 2.2 give up on a revoked or expired
// certificate where no trustdb.gpg exists; with "direct" it makes one. To encrypt, GPGME passes
// --always-trust.
// Nobody else uses what is there: no locks.
constexpr std::string_view configuration = "no-keyring\n"
                                           "no-auto-key-locate\n"
                                           "disable-dirmngr\n"
                                           "no-autostart\n"
                                           "no-random-seed-file\n"
                                           "trust-model direct\n"
                                           "compress-algo none\n"
                                           "lock-never\n"
                                           "trustdb-name ";

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

void write_configuration(const std::filesystem::path& file, const std::filesystem::path& trustdb) {
    const descriptor open_file(::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
    if (!open_file) fail("cannot make " + file.string());
    const auto text = std::string(configuration) + trustdb.string() + "\n";
    if (const auto error = write_at(open_file, 0, text)) {
        throw std::system_error(error.value(), std::generic_category(),
                                "cannot write " + file.string());
    }
}

} // namespace

private_home::private_home(const std::filesystem::path& parent) {
    auto name = (parent / "sealer-XXXXXX").string();
    if (!::mkdtemp(name.data())) fail("cannot make a folder for a sealer in " + parent.string());
    path_ = name;
    try {
        const auto work = path_ / workplace;
        if (::mkdir(work.c_str(), 0700) != 0) fail("cannot make " + work.string());
        write_configuration(path_ / "gpg.conf", work / trust_database);
    } catch (...) {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
        throw;
    }
}

private_home::private_home(private_home&& other) noexcept
    : path_(std::exchange(other.path_, std::filesystem::path())) {}

private_home::~private_home() {
    if (path_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

} // namespace postseal::seal
