// SPDX-License-Identifier: Apache-2.0
#include "cli/postconf.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <system_error>
#include <vector>

extern char** environ;

namespace postseal::cli {

namespace {

constexpr std::size_t max_output = 16U << 20; // a large master.cf prints some 100 KiB

enum class complaints { shown, hidden };

std::string read_all(std::istream& from, const std::string& name) {
    std::string text;
    std::array<char, 65536> piece{};
    while (from.read(piece.data(), piece.size()) || from.gcount() > 0) {
        text.append(piece.data(), static_cast<std::size_t>(from.gcount()));
        if (text.size() > max_output) throw std::runtime_error(name + " is larger than 16 MiB");
    }
    return text;
}

std::string read_to_end(int descriptor) {
    std::string text;
    std::array<char, 65536> piece{};
    for (;;) {
        const auto count = ::read(descriptor, piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0 || text.size() > max_output) return text;
        text.append(piece.data(), static_cast<std::size_t>(count));
    }
}

std::string run(std::vector<std::string> words, complaints with) {
    std::vector<char*> arguments;
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);

    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        throw std::system_error(errno, std::generic_category(), "pipe");
    }
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    if (with == complaints::hidden) {
        ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    }
    pid_t child = 0;
    const int failed =
        ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    if (failed != 0) {
        ::close(ends[0]);
        throw std::runtime_error("cannot run " + words[0] + ": " +
                                 std::generic_category().message(failed) +
                                 " (is Postfix on this machine? --postconf says where)");
    }
    auto text = read_to_end(ends[0]);
    ::close(ends[0]);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) throw std::runtime_error(words[0] + " failed: see what it says above");
    return text;
}

} // namespace

std::string ask_postconf(const postfix_options& options) {
    std::vector<std::string> words{options.postconf.string()};
    if (!options.configuration_directory.empty()) {
        words.insert(words.end(), {"-c", options.configuration_directory.string()});
    }
    auto text = run(words, complaints::shown); // the others would repeat what it warns of
    for (const auto* what : {"-F", "-P"}) {
        auto with = words;
        with.emplace_back(what);
        text += run(std::move(with), complaints::hidden);
    }
    return text;
}

std::string read_saved(const std::filesystem::path& file) {
    if (file == "-") return read_all(std::cin, "standard input");
    std::ifstream from(file, std::ios::binary);
    if (!from) throw std::runtime_error("cannot read " + file.string());
    return read_all(from, file.string());
}

} // namespace postseal::cli
