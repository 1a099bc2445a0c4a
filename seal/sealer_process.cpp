// SPDX-License-Identifier: Apache-2.0
#include "seal/sealer_process.hpp"

#include "seal/protocol.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace postseal::seal {

namespace {

[[noreturn]] void fail(int error, const std::string& what) {
    throw std::system_error(error, std::generic_category(), what);
}

struct socket_pair {
    descriptor ours;
    descriptor theirs;
};

socket_pair connect() {
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        fail(errno, "cannot make a socket for a sealer");
    }
    socket_pair made{descriptor(ends[0]), descriptor(ends[1])};
    // Only our end: the sealer has nothing else to do than to wait.
    (void)::fcntl(made.ours.get(), F_SETFL, O_NONBLOCK);
    return made;
}

// A session of its own, and with it a process group and no terminal, every signal as after boot, no
// descriptors but these.
class spawn_attributes {
  public:
    explicit spawn_attributes(const descriptor& socket) {
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_init(&attributes);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &all);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, socket.get(), sealer_socket);
        ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    }
    spawn_attributes(const spawn_attributes&) = delete;
    spawn_attributes& operator=(const spawn_attributes&) = delete;
    ~spawn_attributes() {
        ::posix_spawn_file_actions_destroy(&actions);
        ::posix_spawnattr_destroy(&attributes);
    }

    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
};

pid_t spawn(const sealer_command& command, const std::string& home, const descriptor& socket) {
    auto program = command.sealer.string();
    auto gpg = command.gpg.string();
    auto folder = home;
    auto max_output = std::to_string(command.max_output);
    // GPGME looks for gpgconf there. Nothing else of our environment is a sealer's business.
    std::string path = "PATH=/usr/bin:/bin";
    std::array<char*, 5> arguments{program.data(), gpg.data(), folder.data(), max_output.data(),
                                   nullptr};
    std::array<char*, 2> environment{path.data(), nullptr};
    const spawn_attributes with(socket);
    pid_t id = -1;
    const int error = ::posix_spawn(&id, program.c_str(), &with.actions, &with.attributes,
                                    arguments.data(), environment.data());
    if (error != 0) fail(error, "cannot start " + program);
    return id;
}

} // namespace

sealer_process::sealer_process(const sealer_command& command) : home_(command.runtime_directory) {
    auto ends = connect();
    id_ = spawn(command, home_.path().string(), ends.theirs);
    socket_ = std::move(ends.ours);
    // By number: glibc 2.36 declares pidfd_open without extern "C".
    exit_watch_ = descriptor(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)));
    if (!exit_watch_) {
        const int error = errno;
        kill();
        (void)::waitpid(id_, nullptr, 0);
        fail(error, "cannot watch a sealer");
    }
}

sealer_process::~sealer_process() {
    kill();
    (void)reap();
}

void sealer_process::kill() const {
    // Until the last one is reaped, the group's number cannot belong to anybody else.
    if (!gone_) (void)::kill(-id_, SIGKILL);
}

bool sealer_process::reap() {
    while (!gone_) {
        const auto ended = ::waitpid(-id_, nullptr, WNOHANG);
        if (ended == 0) return false;
        if (ended < 0 && errno != EINTR) gone_ = true; // ECHILD: none is left
    }
    return true;
}

} // namespace postseal::seal
