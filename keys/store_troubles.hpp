// SPDX-License-Identifier: Apache-2.0
// What a store tells of its troubles: each once, until it is over. For any thread.
#pragma once

#include <array>
#include <mutex>
#include <string>
#include <vector>

namespace postseal::keys {

enum class access { reading, writing };

class store_troubles {
  public:
    /// How it went this time: a clause for a person, or nothing where it was well.
    void note(access way, const std::string& now);

    [[nodiscard]] std::vector<std::string> take();

  private:
    std::mutex guard_;
    std::array<std::string, 2> last_{}; ///< with either access, until it is over
    std::vector<std::string> untold_;
};

} // namespace postseal::keys
