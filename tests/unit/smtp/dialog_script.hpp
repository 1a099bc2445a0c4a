// SPDX-License-Identifier: Apache-2.0
// Reads the conversations in tests/dialogs (README.md there explains the format).
#pragma once

#include "smtp/data_reader.hpp"
#include "smtp/dialogue.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace dialogs {

/// What went wrong, with file and line.
struct failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct line {
    char who = ' ';   ///< 'C' or 'S'
    std::string text; ///< of C with escapes resolved and its CRLF
    std::size_t number = 0;
};

/// One question to the next hop and its answer.
struct exchange {
    std::string asked;
    postseal::smtp::reply answer; ///< code 0: the connection drops
    std::size_t number = 0;
};

struct script {
    std::string name;
    postseal::smtp::dialogue_settings settings;
    postseal::smtp::newline_rule newlines = postseal::smtp::newline_rule::reject;
    std::vector<line> lines;
    std::vector<exchange> next_hop;
};

script read_script(const std::filesystem::path& file);

/// Every script of the corpus, by name.
std::vector<script> read_corpus();

[[noreturn]] void fail(const script& in, std::size_t line, const std::string& what);

} // namespace dialogs
