// SPDX-License-Identifier: Apache-2.0
// The judgement: postseal's settings and Postfix's, in; what is missing or dangerous between them,
// out. Pure. It reads settings only: what tables (access maps, transport_maps) say stays unknown.
#pragma once

#include "postfix/configuration.hpp"
#include "postfix/finding.hpp"
#include "postfix/ways.hpp"

namespace postseal::postfix {

/// Errors first. `read` has to be complete().
[[nodiscard]] findings judge(const relay& ours, const configuration& read);

} // namespace postseal::postfix
