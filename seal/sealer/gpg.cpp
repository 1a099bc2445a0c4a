// SPDX-License-Identifier: Apache-2.0
#include "seal/sealer/gpg.hpp"

#include "seal/file.hpp"
#include "seal/private_home.hpp"
#include "seal/protocol.hpp"

#include <spawn.h>
#include <unistd.h>

#include <linux/close_range.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <system_error>

namespace postseal::seal {

namespace {

// Where gpg finds its status file: in the place of our socket, which it must not have.
constexpr int status_number = sealer_socket;

// Nothing is found by itself, nothing is started, nothing stays behind, and no configuration file
// has a say but the machine's own. A lock would only be held against gpg's own kind, of which a
// sealer runs one at a time. With its status in a file, gpg does not wake us for every line.
const std::vector<std::string>& common_arguments() {
    static const std::vector<std::string> arguments{
        "--no-options",
        "--batch",
        "--no-tty",
        "--quiet",
        "--lock-never",
        "--no-random-seed-file",
        "--no-auto-key-locate",
        "--no-auto-check-trustdb",
        "--no-autostart",
        "--disable-dirmngr",
        "--trust-model",
        "always",
        "--enable-special-filenames",
        "--status-fd",
        std::to_string(status_number),
    };
    return arguments;
}

class file_actions {
  public:
    file_actions(const gpg_run& wanted, const descriptor& status) {
        ::posix_spawn_file_actions_init(&actions);
        move(status.get(), status_number);
        // Ours are /dev/null.
        move(STDOUT_FILENO, STDERR_FILENO);
        if (wanted.input) move(wanted.input->get(), STDIN_FILENO);
        if (wanted.output) move(wanted.output->get(), STDOUT_FILENO);
        for (const auto* each : wanted.others) {
            move(each->get(), each->get());
        }
    }
    file_actions(const file_actions&) = delete;
    file_actions& operator=(const file_actions&) = delete;
    ~file_actions() { ::posix_spawn_file_actions_destroy(&actions); }

    posix_spawn_file_actions_t actions;

  private:
    // Without its input gpg would encrypt nothing, and call it done.
    void move(int from, int to) {
        const int error = ::posix_spawn_file_actions_adddup2(&actions, from, to);
        if (error != 0) throw std::system_error(error, std::generic_category(), "cannot start gpg");
    }
};

// With a home gpg need not look its user up.
std::array<std::string, 2> environment_for(const gpg_installation& installed) {
    return {"PATH=/usr/bin:/bin", "HOME=" + installed.home};
}

std::vector<std::string> arguments_for(const gpg_installation& installed, const gpg_run& wanted) {
    std::vector<std::string> all{installed.program, "--homedir", installed.home, "--trustdb-name",
                                 installed.home + "/" + workplace + "/" + trust_database};
    all.insert(all.end(), common_arguments().begin(), common_arguments().end());
    all.insert(all.end(), wanted.arguments.begin(), wanted.arguments.end());
    return all;
}

template<class Strings>
std::vector<char*> pointers_to(Strings& strings) {
    std::vector<char*> all;
    for (auto& each : strings) {
        all.push_back(each.data());
    }
    all.push_back(nullptr);
    return all;
}

bool start(const gpg_installation& installed, const gpg_run& wanted, const descriptor& status) {
    if (::close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC) != 0) return false;
    auto arguments = arguments_for(installed, wanted);
    auto environment = environment_for(installed);
    const file_actions with(wanted, status);
    pid_t ignored = -1;
    return ::posix_spawn(&ignored, installed.program.c_str(), &with.actions, nullptr,
                         pointers_to(arguments).data(), pointers_to(environment).data()) == 0;
}

std::string text_of(const descriptor& status) {
    const auto written = size_of(status);
    std::string text(written ? std::min<std::uint64_t>(*written, max_status) : 0, '\0');
    const auto size = ::pread(status.get(), text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

} // namespace

gpg_result run(const gpg_installation& installed, const gpg_run& wanted) {
    const auto status = make_memory_file();
    if (!status) throw std::runtime_error("cannot make a file for gpg's status");
    gpg_result result;
    const bool started = start(installed, wanted, *status);
    result.ended = reap_children();
    if (!started) result.ended.all_zero = result.ended.by_itself = false;
    result.said = read_status(text_of(*status));
    return result;
}

std::string special_name(const descriptor& file) { return "-&" + std::to_string(file.get()); }

} // namespace postseal::seal
