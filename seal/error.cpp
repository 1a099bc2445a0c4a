// SPDX-License-Identifier: Apache-2.0
#include "seal/pool.hpp"
