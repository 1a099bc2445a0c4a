// SPDX-License-Identifier: Apache-2.0
// Boost.JSON itself, compiled once for the whole program: so there is no other library to install.
#include <boost/json/src.hpp>
