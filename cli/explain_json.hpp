// SPDX-License-Identifier: Apache-2.0
// An explanation for programs: one JSON document (RFC 8259), whose shape docs/policy.md has. What
// others have written may not be UTF-8: json_line() makes it so.
#pragma once

#include "cli/explanation.hpp"

#include <boost/json/object.hpp>

namespace postseal::cli {

[[nodiscard]] boost::json::object to_json(const explanation& what);

} // namespace postseal::cli
