// SPDX-License-Identifier: Apache-2.0
// What nearly every unit test includes, parsed once.
#pragma once

#include <boost/system/result.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
