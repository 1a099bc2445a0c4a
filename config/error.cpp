// SPDX-License-Identifier: Apache-2.0
#include "config/error.hpp"
#include "config/settings.hpp"
