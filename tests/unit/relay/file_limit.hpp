// SPDX-License-Identifier: Apache-2.0
// A disk that is full for one file.
#pragma once

#include <sys/resource.h>

#include <csignal>

namespace postseal::relay::testing {

// No file of this process may grow beyond it.
class file_limit {
  public:
    explicit file_limit(rlim_t octets) : before_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &usual_);
        const rlimit low{octets, usual_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &low);
    }
    file_limit(const file_limit&) = delete;
    file_limit& operator=(const file_limit&) = delete;
    ~file_limit() {
        ::setrlimit(RLIMIT_FSIZE, &usual_);
        std::signal(SIGXFSZ, before_);
    }

  private:
    void (*before_)(int);
    rlimit usual_{};
};

} // namespace postseal::relay::testing
