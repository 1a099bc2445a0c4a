// SPDX-License-Identifier: Apache-2.0
// Any octets as what a web server or a keyserver answers: only a 200 can bring keys, only 404 and
// 410 say that there is none, and a server that may serve one certificate alone serves no more.
#include "keys/keyserver_reply.hpp"
#include "keys/packets.hpp"
#include "keys/wkd_reply.hpp"

#include <array>
#include <cstdlib>

using namespace postseal;
using namespace postseal::keys;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

constexpr std::array statuses{
    https_status::answered,   https_status::no_such_host,   https_status::resolver_failed,
    https_status::not_asked,  https_status::unreachable,    https_status::forbidden_peer,
    https_status::tls_failed, https_status::tls_wrong_name, https_status::timed_out,
    https_status::too_large,  https_status::body_too_large, https_status::proxy_failed,
};

void read_everywhere(const https_answer& answer) {
    const bool answered = answer.status == https_status::answered;
    const bool is_good = answered && answer.code == 200;
    const bool is_no = answered && (answer.code == 404 || answer.code == 410);

    const auto web = read_wkd_reply(answer);
    expect(!web.reason.empty());
    expect(web.what != wkd_reply::keys || (is_good && !answer.body.empty()));
    expect((web.what == wkd_reply::no_key) == is_no);
    expect(web.what != wkd_reply::moved || (answered && answer.code / 100 == 3));

    for (const auto speaks : {keyserver::protocol::hkp, keyserver::protocol::vks}) {
        const auto server = read_keyserver_reply(speaks, answer);
        expect(!server.reason.empty());
        expect((server.what == keyserver_reply::no_key) == is_no);
        if (server.what != keyserver_reply::keys) continue;
        expect(is_good && !answer.body.empty());
        if (speaks == keyserver::protocol::hkp) continue;
        const auto cleaned = clean_packets(answer.body, {"alice", "example.org"});
        expect(cleaned.certificates.size() + cleaned.left_out.size() <= max_certificates);
        expect(cleaned.certificates.size() <= 1);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    https_answer answer;
    answer.body.assign(reinterpret_cast<const char*>(data), size);
    answer.content_type = answer.body.substr(0, 24);
    answer.detail = "some trouble";
    for (const auto status : statuses) {
        answer.status = status;
        read_everywhere(answer);
    }
    answer.status = https_status::answered;
    for (const int code : {200, 204, 301, 400, 401, 404, 410, 429, 500, 503, 999, -1}) {
        answer.code = code;
        read_everywhere(answer);
    }
    return 0;
}
