// SPDX-License-Identifier: Apache-2.0
#include "cli/question.hpp"

#include <unistd.h>

#include <iostream>
#include <stdexcept>

namespace postseal::cli {

void expect_somebody_to_ask() {
    if (::isatty(STDIN_FILENO) == 0)
        throw std::runtime_error("nobody can be asked here; say --yes");
}

bool is_confirmed(const std::string& question) {
    std::cerr << question << " [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

} // namespace postseal::cli
