// SPDX-License-Identifier: Apache-2.0
#include "message/facts.hpp"
