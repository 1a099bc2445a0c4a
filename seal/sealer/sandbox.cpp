// SPDX-License-Identifier: Apache-2.0
#include "seal/sealer/sandbox.hpp"

#include "seal/protocol.hpp"
#include "seal/sealer/file_access.hpp"
#include "seal/sealer/keyrings.hpp"
#include "seal/sealer/system_calls.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string>
#include <system_error>

namespace postseal::seal {

namespace {

// gpg needs 10 MiB whatever the message's size.
constexpr rlim_t max_address_space = 256u << 20;

// A descriptor for each recipient's certificate and each keyring, and what a process has anyway.
constexpr rlim_t max_open_files = max_recipients + max_keyrings + 64;

void check(int result, const char* what) {
    if (result != 0) throw std::system_error(errno, std::generic_category(), what);
}

// Never above what was allowed before: raising a limit needs privileges.
void limit(int resource, rlim_t most) {
    rlimit now{};
    check(::getrlimit(static_cast<__rlimit_resource>(resource), &now), "getrlimit");
    const auto lowered = std::min(most, now.rlim_max);
    const rlimit wanted{lowered, lowered};
    check(::setrlimit(static_cast<__rlimit_resource>(resource), &wanted), "setrlimit");
}

// Where somebody starts us as root; where there are none, capset(2) may be forbidden. gpg does not
// get them back, since forbid_system_calls() has forbidden to gain privileges.
void drop_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct now[_LINUX_CAPABILITY_U32S_3]{};
    check(static_cast<int>(::syscall(SYS_capget, &header, now)), "cannot see capabilities");
    const bool has_any = std::any_of(std::begin(now), std::end(now), [](const auto& part) {
        return (part.permitted | part.effective | part.inheritable) != 0;
    });
    if (!has_any) return;
    const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3]{};
    check(static_cast<int>(::syscall(SYS_capset, &header, none)), "cannot drop capabilities");
}

} // namespace

void enter_sandbox(const gpg_installation& installed, std::uint64_t max_output) {
    // Should the relay be gone already, the first read from the socket says so.
    check(::prctl(PR_SET_PDEATHSIG, SIGKILL), "cannot die with the relay");
    // GPGME's gpg is our grandchild, and what a gpg starts may be orphaned. As their adoptive
    // parent we learn how they ended.
    check(::prctl(PR_SET_CHILD_SUBREAPER, 1), "cannot become a subreaper");
    check(::close_range(sealer_socket + 1, ~0u, 0), "cannot close descriptors");

    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_AS, max_address_space);
    limit(RLIMIT_NOFILE, max_open_files);
    limit(RLIMIT_FSIZE, max_output);

    // Broken pipes and too large files are errors of one job.
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);

    // Its gpg, which runs hostile bytes, cannot look into it. gpg itself, a program that everybody
    // may read, becomes dumpable again.
    check(::prctl(PR_SET_DUMPABLE, 0), "cannot hide memory");

    forbid_system_calls();
    restrict_files(installed);
    drop_capabilities();
}

void allow_cpu(std::chrono::seconds budget) {
    rusage used{};
    check(::getrusage(RUSAGE_SELF, &used), "getrusage");
    rlimit now{};
    check(::getrlimit(RLIMIT_CPU, &now), "getrlimit");
    const auto spent = used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1;
    const auto until = static_cast<rlim_t>(spent) + static_cast<rlim_t>(budget.count());
    now.rlim_cur = std::min(until, now.rlim_max);
    check(::setrlimit(RLIMIT_CPU, &now), "setrlimit");
}

} // namespace postseal::seal
