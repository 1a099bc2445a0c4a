// SPDX-License-Identifier: Apache-2.0
#include "relay/unnamed_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace postseal::relay {

namespace {

constexpr mode_t owner_only = 0600;

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

// What open(2) says where a file system, or an old kernel, has no unnamed files.
bool knows_no_unnamed_files(int error) {
    return error == EOPNOTSUPP || error == EISDIR || error == ENOENT || error == EINVAL;
}

seal::descriptor make_draft(int folder, const std::string& name) {
    constexpr int anew = O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    return seal::descriptor(::openat(folder, name.c_str(), anew, owner_only));
}

// The draft of a process that was killed: nobody has it locked any more.
bool remove_orphan(int folder, const std::string& name) {
    constexpr int as_file = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    const seal::descriptor there(::openat(folder, name.c_str(), as_file));
    if (!there || ::flock(there.get(), LOCK_EX | LOCK_NB) != 0) return false;
    return ::unlinkat(folder, name.c_str(), 0) == 0;
}

void give_to_owner_of(int folder, int file) {
    if (::geteuid() != 0) return;
    struct stat about {};
    if (::fstat(folder, &about) != 0 || ::fchown(file, about.st_uid, about.st_gid) != 0)
        fail("cannot give a spool file to the folder's owner");
}

} // namespace

unnamed_file::unnamed_file(int folder, std::string name, naming how)
    : folder_(folder), name_(std::move(name)) {
    if (how == naming::late) {
        file_ =
            seal::descriptor(::openat(folder_, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, owner_only));
        if (!file_ && !knows_no_unnamed_files(errno)) fail("cannot make a spool file");
    }
    if (!file_) {
        const auto draft = name_ + draft_suffix;
        file_ = make_draft(folder_, draft);
        if (!file_ && errno == EEXIST && remove_orphan(folder_, draft))
            file_ = make_draft(folder_, draft);
        if (!file_) fail("cannot make a spool file");
        draft_ = draft;
    }
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) fail("cannot lock a spool file");
    give_to_owner_of(folder_, file_.get());
}

unnamed_file::~unnamed_file() {
    if (file_ && !draft_.empty()) ::unlinkat(folder_, draft_.c_str(), 0);
}

void unnamed_file::sync() {
    if (::fsync(file_.get()) != 0) fail("cannot write a spool file to the disk");
}

void unnamed_file::keep() {
    if (!draft_.empty()) {
        if (::renameat(folder_, draft_.c_str(), folder_, name_.c_str()) != 0)
            fail("cannot name a spool file");
        draft_.clear();
        return;
    }
    // By way of /proc, since AT_EMPTY_PATH wants a capability that a service does not have.
    const auto path = "/proc/self/fd/" + std::to_string(file_.get());
    if (::linkat(AT_FDCWD, path.c_str(), folder_, name_.c_str(), AT_SYMLINK_FOLLOW) == 0) return;
    if (::linkat(file_.get(), "", folder_, name_.c_str(), AT_EMPTY_PATH) == 0) return;
    fail("cannot name a spool file");
}

} // namespace postseal::relay
