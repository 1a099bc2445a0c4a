// SPDX-License-Identifier: Apache-2.0
// An open file descriptor and its one owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace postseal::seal {

class descriptor {
  public:
    descriptor() = default;
    explicit descriptor(int open) : number_(open) {}
    descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~descriptor() {
        if (number_ >= 0) ::close(number_);
    }

    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] int release() { return std::exchange(number_, -1); }
    explicit operator bool() const { return number_ >= 0; }

  private:
    int number_ = -1;
};

} // namespace postseal::seal
