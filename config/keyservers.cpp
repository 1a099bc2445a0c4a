// SPDX-License-Identifier: Apache-2.0
#include "config/keyservers.hpp"

#include "config/mapping.hpp"
#include "config/values.hpp"

#include <algorithm>

namespace postseal::config {

namespace {

using namespace std::chrono_literals;

keys::keyserver read_url(const source& from, const node& value) {
    const auto written = read_text(from, value);
    if (auto read = keys::parse_keyserver(written)) return *read;
    from.fail(value.at, "'" + written +
                            "' is no keyserver; write vks://keys.openpgp.org, "
                            "hkps://keys.example.org, or hkp://10.0.0.5 for one without TLS");
}

/// What the server may be asked for.
void read_purposes(const source& from, const node& value, keys::keyserver_settings& read) {
    enum class purpose { keys, revocations };
    const auto read_purpose =
        word_of<purpose>({{"keys", purpose::keys}, {"revocations", purpose::revocations}});
    const auto named = list_of(read_purpose)(from, value);
    read.for_keys = std::ranges::find(named, purpose::keys) != named.end();
    read.for_revocations = std::ranges::find(named, purpose::revocations) != named.end();
}

keys::keyserver_settings read_keyserver(const source& from, const node& value) {
    const mapping block(from, value, "a keyserver",
                        {"url", "ask_for", "rate", "burst", "timeout", "proxy"});
    keys::keyserver_settings read;
    read.server = read_url(from, block.need("url", "where the keyserver is"));
    read.limit = keys::usual_limit(read.server);
    if (const auto* said = block.find("ask_for")) read_purposes(from, *said, read);
    block.take("rate", read.limit, read_rate);
    block.take("burst", read.limit.burst, count_within(1, 1000));
    block.take("timeout", read.timeout, duration_within<std::chrono::milliseconds>(100ms, 60s));
    block.take("proxy", read.proxy, read_proxy);
    return read;
}

} // namespace

std::string read_proxy(const source& from, const node& value) {
    const auto written = read_text(from, value);
    for (const std::string_view scheme : {"http://", "socks5h://"})
        if (written.starts_with(scheme) &&
            parse_endpoint(std::string_view(written).substr(scheme.size())))
            return written;
    from.fail(value.at, "'" + written +
                            "' is no proxy; write http://10.0.0.5:3128, or "
                            "socks5h://127.0.0.1:9050 for Tor");
}

keys::rate read_rate(const source& from, const node& value) {
    const auto written = read_text(from, value);
    if (written == "none") return {};
    keys::rate read;
    read.burst = 3;
    const auto slash = written.find('/');
    const auto unit = slash == written.npos ? "" : written.substr(slash + 1);
    if (unit == "s") read.period = 1s;
    if (unit == "m") read.period = 1min;
    if (unit == "h") read.period = 1h;
    const auto digits = written.substr(0, slash);
    const bool number = !digits.empty() && digits.size() <= 6 &&
                        std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    if (number) read.questions = static_cast<std::uint32_t>(std::stoul(digits));
    if (read.questions > 0 && read.period > 0s) return read;
    from.fail(value.at, "'" + written + "' is no rate; write 1/m, 5/s, 100/h or none");
}

std::vector<keys::keyserver_settings> read_keyservers(const source& from, const node& value) {
    auto read = list_of(read_keyserver)(from, value);
    for (std::size_t i = 0; i < read.size(); ++i)
        for (std::size_t before = 0; before < i; ++before)
            if (read[i].server == read[before].server)
                from.fail(value.items[i].at, "this keyserver is named twice");
    return read;
}

} // namespace postseal::config
