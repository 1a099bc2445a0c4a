// SPDX-License-Identifier: Apache-2.0
#include "keys/keyserver_reply.hpp"

#include "keys/key_material.hpp"
#include "keys/packets.hpp"
#include "message/openpgp.hpp"

#include <algorithm>

namespace postseal::keys {
namespace {

constexpr std::uint8_t primary_key = 6; // RFC 4880 §4.3

std::ptrdiff_t count_certificates(std::string_view stream) {
    const auto packets = message::split_packets(stream, max_key_packets);
    if (!packets) return 0; // the cleaner will say what is wrong with it
    return std::count_if(packets->begin(), packets->end(),
                         [](const auto& one) { return one.tag == primary_key; });
}

keyserver_reading read_code(keyserver::protocol speaks, const https_answer& answer) {
    const auto told = "answered " + std::to_string(answer.code);
    switch (answer.code) {
    case 200: break;
    case 400:
    case 414:
    case 422: return {keyserver_reply::refused, told};
    case 404:
    case 410: return {keyserver_reply::no_key, told};
    case 500: return {keyserver_reply::useless, told};
    case 429: return {keyserver_reply::too_many, told};
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: return {keyserver_reply::failed, told + ", a redirect, which is not followed"};
    default: return {keyserver_reply::failed, told};
    }

    const auto read = read_key_material(answer.body);
    if (read.streams.empty())
        return {keyserver_reply::useless, told + " with something that is no key"};
    // "At most one", says the interface. Whoever serves several is no such server, and which of
    // them would be the one that the owner of the address has confirmed?
    if (speaks == keyserver::protocol::vks &&
        (read.streams.size() > 1 || count_certificates(read.streams.front()) > 1))
        return {keyserver_reply::useless,
                told + " with several keys, though it may serve only one"};
    return {keyserver_reply::keys, told};
}

} // namespace

keyserver_reading read_keyserver_reply(keyserver::protocol speaks, const https_answer& answer) {
    switch (answer.status) {
    case https_status::answered: return read_code(speaks, answer);
    case https_status::no_such_host: return {keyserver_reply::failed, "does not exist"};
    case https_status::forbidden_peer: return {keyserver_reply::failed, answer.detail};
    case https_status::resolver_failed:
    case https_status::not_asked:
        return {keyserver_reply::failed, "could not be asked: " + answer.detail};
    case https_status::unreachable:
        return {keyserver_reply::failed, "could not be reached: " + answer.detail};
    case https_status::tls_failed:
        return {keyserver_reply::failed, "has no trustworthy TLS: " + answer.detail};
    case https_status::tls_wrong_name:
        return {keyserver_reply::failed, "has a certificate for another name"};
    case https_status::proxy_failed:
        return {keyserver_reply::failed, "could not be reached by the proxy: " + answer.detail};
    case https_status::timed_out: return {keyserver_reply::failed, "did not answer in time"};
    case https_status::body_too_large:
    case https_status::too_large:
        return {keyserver_reply::useless, "answered with " + answer.detail};
    }
    return {};
}

} // namespace postseal::keys
