// SPDX-License-Identifier: Apache-2.0
#include "keys/https_origin.hpp"

#include "smtp/mailbox.hpp"

#include <curl/curl.h>

#include <memory>
#include <new>

namespace postseal::keys {

namespace {

std::string part_of(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
    std::string copy(text);
    curl_free(text);
    return copy;
}

} // namespace

std::optional<https_origin> read_origin(const https_request& request) {
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), curl_url_cleanup);
    if (!parsed) throw std::bad_alloc();
    const auto flags = CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME;
    if (curl_url_set(parsed.get(), CURLUPART_URL, request.url.c_str(), flags) != CURLUE_OK)
        return std::nullopt;
    const auto scheme = part_of(parsed.get(), CURLUPART_SCHEME);
    const bool plain = scheme == "http" && request.chosen == chosen_by::administrator;
    if (scheme != "https" && !plain) return std::nullopt;
    const auto port = std::stoul(part_of(parsed.get(), CURLUPART_PORT)); // libcurl checked it
    return https_origin{smtp::ascii_lower(part_of(parsed.get(), CURLUPART_HOST)),
                        static_cast<std::uint16_t>(port)};
}

} // namespace postseal::keys
