// SPDX-License-Identifier: Apache-2.0
// An explanation for the person who asks, on standard output.
#pragma once

#include "cli/explanation.hpp"

namespace postseal::cli {

void print(const explanation& what);

} // namespace postseal::cli
