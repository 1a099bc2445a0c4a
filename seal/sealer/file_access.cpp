// SPDX-License-Identifier: Apache-2.0
#include "seal/sealer/file_access.hpp"

#include "seal/descriptor.hpp"
#include "seal/landlock.hpp"
#include "seal/private_home.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <system_error>

namespace postseal::seal {

namespace {

using rights = std::uint64_t;

// Newer than Debian 12's headers: version 3, Linux 6.2.
constexpr rights truncate_files = 1u << 14;

constexpr rights reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr rights running = reading | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr rights writing = LANDLOCK_ACCESS_FS_WRITE_FILE | truncate_files;
constexpr rights working = reading | writing | LANDLOCK_ACCESS_FS_MAKE_REG |
                           LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                           LANDLOCK_ACCESS_FS_REMOVE_DIR;
constexpr rights of_files = running | writing;

// All that a version knows, so that whatever is not allowed is forbidden.
rights known_to(int version) {
    rights known = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
    if (version >= 2) known |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3) known |= truncate_files;
    return known;
}

[[noreturn]] void fail() {
    throw std::system_error(errno, std::generic_category(), "cannot restrict files");
}

class ruleset {
  public:
    explicit ruleset(int version) : known_(known_to(version)) {
        const landlock_ruleset_attr wanted{known_};
        const auto made = ::syscall(SYS_landlock_create_ruleset, &wanted, sizeof wanted, 0);
        if (made < 0) fail();
        number_ = descriptor(static_cast<int>(made));
    }

    /// With all below it, if it is a folder. What does not exist needs no rule.
    void allow(const std::filesystem::path& path, rights wanted) {
        const descriptor file(::open(path.c_str(), O_PATH | O_CLOEXEC));
        struct stat about {};
        if (!file || ::fstat(file.get(), &about) != 0) return;
        if (!S_ISDIR(about.st_mode)) wanted &= of_files & ~LANDLOCK_ACCESS_FS_READ_DIR;
        landlock_path_beneath_attr rule{};
        rule.allowed_access = wanted & known_;
        rule.parent_fd = file.get();
        if (::syscall(SYS_landlock_add_rule, number_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) !=
            0) {
            fail();
        }
    }

    void enforce() {
        if (::syscall(SYS_landlock_restrict_self, number_.get(), 0) != 0) fail();
    }

  private:
    rights known_;
    descriptor number_;
};

// Programs and libraries as Debian has them, and what the C library, gpg and libgcrypt ask for.
void allow_system(ruleset& rules) {
    for (const char* folder : {"/usr", "/bin", "/lib", "/lib32", "/lib64", "/libx32"}) {
        rules.allow(folder, running);
    }
    for (const char* file :
         {"/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/gnupg", "/etc/gcrypt", "/etc/passwd",
          "/etc/group", "/etc/nsswitch.conf", "/etc/localtime", "/dev/random", "/dev/urandom"}) {
        rules.allow(file, reading);
    }
    rules.allow("/dev/null", reading | writing);
    // A process's own open files are there. Others' are hidden by Landlock itself.
    rules.allow("/proc", reading);
}

// Its folder and not the file, which an upgrade replaces; of /opt/gnupg/bin all of /opt/gnupg.
void allow_program(ruleset& rules, const std::filesystem::path& program) {
    auto folder = program.parent_path();
    const auto above = folder.parent_path();
    if (folder.filename() == "bin" && above.has_relative_path()) folder = above;
    rules.allow(folder, running);
}

} // namespace

void restrict_files(const gpg_installation& installed) {
    const int version = landlock_version();
    if (version == 0) return;
    ruleset rules(version);
    allow_system(rules);
    std::error_code ignored;
    allow_program(rules, installed.program);
    allow_program(rules, std::filesystem::weakly_canonical(installed.program, ignored));
    const std::filesystem::path home(installed.home);
    rules.allow(home, reading);
    rules.allow(home / workplace, working);
    rules.enforce();
}

} // namespace postseal::seal
