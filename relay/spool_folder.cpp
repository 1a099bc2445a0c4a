// SPDX-License-Identifier: Apache-2.0
#include "relay/spool_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace postseal::relay {

namespace {

constexpr int as_folder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

std::chrono::sys_time<std::chrono::nanoseconds> time_of(const struct stat& about) {
    return std::chrono::sys_time<std::chrono::nanoseconds>(
        std::chrono::seconds(about.st_mtim.tv_sec) +
        std::chrono::nanoseconds(about.st_mtim.tv_nsec));
}

struct closer {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

} // namespace

spool_folder spool_folder::make(const std::filesystem::path& spool) {
    const auto where = spool / name;
    if (::mkdir(where.c_str(), S_IRWXU) == 0) {
        const seal::descriptor above(::open(spool.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!above || ::fsync(above.get()) != 0) fail("cannot make " + where.string());
    } else if (errno != EEXIST) {
        fail("cannot make " + where.string());
    }
    auto made = find(spool);
    if (!made) throw std::runtime_error(where.string() + " was removed while it was made");
    return std::move(*made);
}

std::optional<spool_folder> spool_folder::find(const std::filesystem::path& spool) {
    const auto where = spool / name;
    seal::descriptor folder(::open(where.c_str(), as_folder));
    if (!folder && errno == ENOENT) return std::nullopt;
    if (!folder) fail("cannot use " + where.string());
    struct stat about {};
    if (::fstat(folder.get(), &about) != 0) fail("cannot use " + where.string());
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        throw std::runtime_error(where.string() +
                                 ": others than its owner may use it; chmod 0700 it");
    struct stat above {};
    if (::stat(spool.c_str(), &above) != 0) fail("cannot use " + spool.string());
    if (above.st_uid != about.st_uid)
        throw std::runtime_error(where.string() +
                                 ": belongs to another account than the folder above it; has "
                                 "postseal been run by hand? chown it and what is in it");
    return spool_folder(std::move(folder));
}

bool spool_folder::is_in(const std::filesystem::path& spool) const {
    struct stat ours {};
    struct stat theirs {};
    return ::fstat(folder_.get(), &ours) == 0 && ::stat((spool / name).c_str(), &theirs) == 0 &&
           ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

std::vector<std::string> spool_folder::names() const {
    seal::descriptor again(::openat(folder_.get(), ".", as_folder));
    if (!again) fail("cannot list the spool");
    const std::unique_ptr<DIR, closer> open(::fdopendir(again.get()));
    if (!open) fail("cannot list the spool");
    (void)again.release();
    std::vector<std::string> found;
    for (;;) {
        errno = 0;
        const auto* const one = ::readdir(open.get());
        if (one == nullptr && errno != 0) fail("cannot list the spool");
        if (one == nullptr) return found;
        if (one->d_name[0] != '.') found.emplace_back(one->d_name);
    }
}

std::optional<spool_folder::facts> spool_folder::look_at(const std::string& file) const {
    struct stat about {};
    if (::fstatat(folder_.get(), file.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return std::nullopt;
        fail("cannot look at a spool file");
    }
    if (!S_ISREG(about.st_mode)) return std::nullopt;
    return facts{static_cast<std::uint64_t>(about.st_size), time_of(about)};
}

std::chrono::sys_time<std::chrono::nanoseconds> spool_folder::changed() const {
    struct stat about {};
    if (::fstat(folder_.get(), &about) != 0) fail("cannot look at the spool");
    return time_of(about);
}

seal::descriptor spool_folder::open(const std::string& file) const {
    seal::descriptor open(
        ::openat(folder_.get(), file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!open && (errno == ENOENT || errno == ELOOP)) return {};
    if (!open) fail("cannot open a spool file");
    struct stat about {};
    if (::fstat(open.get(), &about) != 0) fail("cannot open a spool file");
    if (!S_ISREG(about.st_mode)) return {};
    return open;
}

void spool_folder::rename(const std::string& from, const std::string& to) const {
    if (::renameat(folder_.get(), from.c_str(), folder_.get(), to.c_str()) != 0)
        fail("cannot rename a spool file");
}

void spool_folder::remove(const std::string& file) const {
    if (::unlinkat(folder_.get(), file.c_str(), 0) != 0 && errno != ENOENT)
        fail("cannot remove a spool file");
}

void spool_folder::sync() const {
    if (::fsync(folder_.get()) != 0) fail("cannot write the spool folder to the disk");
}

} // namespace postseal::relay
