// SPDX-License-Identifier: Apache-2.0
#include "seal/sealer/system_calls.hpp"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <system_error>

namespace postseal::seal {

namespace {

// Linux 6.6. libseccomp 2.5 does not know it; its number is the same on all architectures that we
// are built for.
constexpr int fchmodat2 = 452;

// Forbidden calls fail with EPERM, so that gpg says what it misses instead of dying.
constexpr int forbidden[] = {
    // The network, and sockets of any kind. gpg needs none, for it starts no agent. io_uring opens
    // sockets past this filter.
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    // Other processes of the same user, the relay among them.
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(tgkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kcmp),
    SCMP_SYS(process_madvise),
    SCMP_SYS(move_pages),
    SCMP_SYS(migrate_pages),
    SCMP_SYS(setpriority),
    SCMP_SYS(ioprio_set),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(sched_setattr),
    SCMP_SYS(sched_setparam),
    SCMP_SYS(sched_setscheduler),
    // What two of them could meet in.
    SCMP_SYS(shmget),
    SCMP_SYS(shmat),
    SCMP_SYS(semget),
    SCMP_SYS(msgget),
    SCMP_SYS(mq_open),
    // The process group: what leaves it would survive a kill.
    SCMP_SYS(setsid),
    SCMP_SYS(setpgid),
    // The relay maps the ciphertext that it got: a shorter file would end it with SIGBUS. A file on
    // disk has mode 0, so that it cannot be opened again to be truncated; an access control list
    // is another way to set a mode.
    SCMP_SYS(truncate),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    fchmodat2,
    SCMP_SYS(setxattr),
    SCMP_SYS(lsetxattr),
    SCMP_SYS(fsetxattr),
    // The kernel's less travelled roads.
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(open_tree),
    SCMP_SYS(move_mount),
    SCMP_SYS(fsopen),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(personality),
};

constexpr scmp_datum_t any_namespace = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID |
                                       CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

class filter {
  public:
    filter() : context_(::seccomp_init(SCMP_ACT_ALLOW), &::seccomp_release) {
        if (!context_) fail(ENOMEM);
    }

    void forbid(int call) { check(::seccomp_rule_add(context_.get(), deny, call, 0)); }
    void pretend_missing(int call) {
        check(::seccomp_rule_add(context_.get(), SCMP_ACT_ERRNO(ENOSYS), call, 0));
    }
    /// When one bit of `bits` is set in that argument.
    void forbid_bits(int call, unsigned argument, scmp_datum_t bits) {
        for (scmp_datum_t bit = 1; bit != 0 && bit <= bits; bit <<= 1) {
            if ((bits & bit) == 0) continue;
            const scmp_arg_cmp is_set{argument, SCMP_CMP_MASKED_EQ, bit, bit};
            check(::seccomp_rule_add_array(context_.get(), deny, call, 1, &is_set));
        }
    }
    /// When the lower half of that argument, which is all that the kernel looks at, is `value`.
    void forbid_value(int call, unsigned argument, std::uint32_t value) {
        const scmp_arg_cmp is_it{argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, value};
        check(::seccomp_rule_add_array(context_.get(), deny, call, 1, &is_it));
    }
    void forbid_all_but(int call, unsigned argument, std::uint32_t value) {
        const scmp_arg_cmp is_another{argument, SCMP_CMP_NE, value, 0};
        check(::seccomp_rule_add_array(context_.get(), deny, call, 1, &is_another));
    }
    void load() { check(::seccomp_load(context_.get())); }

  private:
    static constexpr std::uint32_t deny = SCMP_ACT_ERRNO(EPERM);

    [[noreturn]] static void fail(int error) {
        throw std::system_error(error, std::generic_category(), "cannot restrict system calls");
    }
    static void check(int result) {
        if (result < 0) fail(-result);
    }

    std::unique_ptr<void, decltype(&::seccomp_release)> context_;
};

} // namespace

void forbid_system_calls() {
    filter calls;
    for (const int call : forbidden) {
        calls.forbid(call);
    }
    // A filter cannot see clone3's arguments; the C library falls back to clone.
    calls.forbid_bits(SCMP_SYS(clone), 0, any_namespace);
    calls.pretend_missing(SCMP_SYS(clone3));
    // Signals by way of a file's owner, and other processes' limits.
    for (const std::uint32_t command : {F_SETOWN, F_SETOWN_EX, F_SETSIG}) {
        calls.forbid_value(SCMP_SYS(fcntl), 1, command);
    }
    calls.forbid_all_but(SCMP_SYS(prlimit64), 0, 0);
    // Typing into the terminal of whoever started us by hand.
    for (const std::uint32_t request : {TIOCSTI, TIOCLINUX}) {
        calls.forbid_value(SCMP_SYS(ioctl), 1, request);
    }
    calls.load();
}

} // namespace postseal::seal
