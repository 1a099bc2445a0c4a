// SPDX-License-Identifier: Apache-2.0
#include "keys/https_trust.hpp"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <new>
#include <stdexcept>

namespace postseal::keys {

std::shared_ptr<X509_STORE> trust_system_and(const std::filesystem::path& extra) {
    std::shared_ptr<X509_STORE> store(X509_STORE_new(), X509_STORE_free);
    if (!store) throw std::bad_alloc();
    // As libcurl has it: what is named is trusted, also where it is no root.
    X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
    const auto* built_with = curl_version_info(CURLVERSION_NOW);
    if (built_with->cainfo) X509_STORE_load_file(store.get(), built_with->cainfo);
    if (built_with->capath) X509_STORE_load_path(store.get(), built_with->capath);
    const bool loaded = X509_STORE_load_file(store.get(), extra.c_str()) == 1;
    ERR_clear_error(); // of a system that has none
    if (!loaded) throw std::runtime_error("cannot read certificates from " + extra.string());
    return store;
}

} // namespace postseal::keys
