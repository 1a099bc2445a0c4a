// SPDX-License-Identifier: Apache-2.0
#include "seal/sealer/gpgme.hpp"

#include <string>

namespace postseal::seal {

namespace {

class category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "gpgme"; }
    std::string message(int code) const override {
        return ::gpgme_strerror(static_cast<gpgme_error_t>(code));
    }
};

gpgme_error_t on_status(void* hook, const char* keyword, const char* arguments) {
    note(*static_cast<status_lines*>(hook), keyword ? keyword : "", arguments ? arguments : "");
    return 0;
}

} // namespace

const std::error_category& gpgme_category() {
    static const category instance;
    return instance;
}

void check(gpgme_error_t error, const char* what) {
    if (error) throw std::system_error(static_cast<int>(error), gpgme_category(), what);
}

context make_context(status_lines& seen) {
    gpgme_ctx_t made = nullptr;
    check(::gpgme_new(&made), "gpgme_new");
    context owned(made, &::gpgme_release);
    check(::gpgme_set_protocol(made, GPGME_PROTOCOL_OpenPGP), "gpgme_set_protocol");
    ::gpgme_set_armor(made, 0);
    ::gpgme_set_offline(made, 1);
    // Without it the callback sees the status lines of some operations only.
    check(::gpgme_set_ctx_flag(made, "full-status", "1"), "full-status");
    ::gpgme_set_status_cb(made, &on_status, &seen);
    return owned;
}

data make_data(const descriptor& file) {
    gpgme_data_t made = nullptr;
    check(::gpgme_data_new_from_fd(&made, file.get()), "gpgme_data_new_from_fd");
    data owned(made, &::gpgme_data_release);
    // The default of 512 octets costs two thirds of the speed; 1 MiB is slower again.
    check(::gpgme_data_set_flag(made, "io-buffer-size", "65536"), "io-buffer-size");
    return owned;
}

} // namespace postseal::seal
