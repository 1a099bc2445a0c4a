// SPDX-License-Identifier: Apache-2.0
// How sealing fails. All but unusable_certificate are temporary: the same request may work later.
#pragma once

#include <boost/system/error_code.hpp>

namespace postseal::seal {

enum class errc {
    no_sealer = 1,        ///< none alive and none could be started
    timed_out,            ///< killed with its process group
    sealer_died,          ///< crashed, was killed, or answered nonsense
    engine_failed,        ///< gpg missing, killed, or it reported a failure
    incomplete_output,    ///< the ciphertext is not one whole message for the expected keys
    unusable_certificate, ///< GnuPG refused a recipient's certificate
    no_space,             ///< the output could not be written
};

[[nodiscard]] boost::system::error_code make_error_code(errc what);

} // namespace postseal::seal

template<>
struct boost::system::is_error_code_enum<postseal::seal::errc> : std::true_type {};
