// SPDX-License-Identifier: Apache-2.0
#include "seal/error.hpp"

#include <string>

namespace postseal::seal {

namespace {

// Boost's base class has a protected destructor and a friend, which GCC takes for accessible.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class category final : public boost::system::error_category {
  public:
    const char* name() const noexcept override { return "seal"; }
    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::no_sealer: return "no sealer process is running";
        case errc::timed_out: return "sealing took too long";
        case errc::sealer_died: return "the sealer process died";
        case errc::engine_failed: return "GnuPG failed or is missing";
        case errc::incomplete_output: return "GnuPG left no complete message for the expected keys";
        case errc::unusable_certificate: return "GnuPG refused a recipient's certificate";
        case errc::no_space: return "the sealed message could not be written";
        }
        return "unknown error " + std::to_string(value);
    }
};
#pragma GCC diagnostic pop

} // namespace

boost::system::error_code make_error_code(errc what) {
    static const category instance;
    return {static_cast<int>(what), instance};
}

} // namespace postseal::seal
