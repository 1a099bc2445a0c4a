// SPDX-License-Identifier: Apache-2.0
#include "seal/private_home.hpp"

#include "seal/file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

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

constexpr std::string_view prefix = "sealer-";
constexpr std::size_t random_letters = 6; // mkdtemp(3)
constexpr int tries = 10;

bool is_name_of_home(std::string_view name) {
    return name.starts_with(prefix) && name.size() == prefix.size() + random_letters;
}

descriptor open_folder(const std::filesystem::path& path) {
    return descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

bool lock(const descriptor& folder) { return ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0; }

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
    // A relay that starts meanwhile may take the folder for abandoned before it is locked.
    for (int left = tries; !locked_; --left) {
        if (left == 0) fail("cannot lock a folder for a sealer in " + parent.string());
        make_in(parent);
    }
    try {
        write_configuration(path_ / "gpg.conf", path_ / workplace / trust_database);
    } catch (...) {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
        throw;
    }
}

void private_home::make_in(const std::filesystem::path& parent) {
    auto name = (parent / (std::string(prefix) + std::string(random_letters, 'X'))).string();
    if (!::mkdtemp(name.data())) fail("cannot make a folder for a sealer in " + parent.string());
    path_ = name;
    auto folder = open_folder(path_);
    if (!folder && errno != ENOENT) {
        const int why = errno;
        ::rmdir(path_.c_str());
        errno = why;
        fail("cannot open " + path_.string());
    }
    if (!folder || !lock(folder)) return;
    const auto work = path_ / workplace;
    if (::mkdir(work.c_str(), 0700) == 0) {
        locked_ = std::move(folder);
    } else if (errno != ENOENT) { // removed
        const int why = errno;
        ::rmdir(path_.c_str());
        errno = why;
        fail("cannot make " + work.string());
    }
}

private_home::~private_home() {
    if (!locked_) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

void remove_abandoned_homes(const std::filesystem::path& parent) {
    std::error_code ignored;
    std::vector<std::filesystem::path> candidates;
    std::filesystem::directory_iterator at(parent, ignored);
    for (; !ignored && at != std::filesystem::directory_iterator(); at.increment(ignored)) {
        if (is_name_of_home(at->path().filename().string())) candidates.push_back(at->path());
    }
    for (const auto& one : candidates) {
        const auto folder = open_folder(one);
        if (folder && lock(folder)) std::filesystem::remove_all(one, ignored);
    }
}

} // namespace postseal::seal
