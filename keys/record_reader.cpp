// SPDX-License-Identifier: Apache-2.0
// The other way of keys/record_json: lines that anybody may have written.
#include "keys/json_field.hpp"
#include "keys/record_json.hpp"
#include "keys/user_id.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <vector>

namespace postseal::keys {
namespace {

namespace json = boost::json;
using std::chrono::sys_seconds;

constexpr std::array origins{origin::administrator, origin::domain, origin::third_party};

certificate read_key(const json_field& from) {
    json_members of(from);
    certificate key;
    key.fingerprint = of.need("fingerprint").fingerprint();
    key.algorithm = of.need("algorithm").text();
    key.created = of.need("created").time();
    key.expires = of.time_if_any("expires");
    for (const auto& one : of.need("encryption_keys").list())
        key.encryption_keys.push_back(one.key_id());
    if (key.encryption_keys.empty()) from.fail("has no encryption key");
    key.bytes = std::make_shared<const std::string>(of.need("certificate").octets());
    of.end();
    return key;
}

memory read_memory(const json_field& from) {
    json_members of(from);
    memory read;
    read.what.result =
        of.need("outcome").one_of(std::array{outcome::found, outcome::absent, outcome::unusable});
    read.what.source = of.need("source").text();
    read.what.from = of.need("on_the_word_of").one_of(origins);
    read.what.reason = of.need("reason").text();
    read.asked = of.need("asked").time();
    read.fresh_until = of.need("fresh_until").time();
    if (const auto key = of.find("key")) read.what.found = read_key(*key);
    if (read.what.found.has_value() != (read.what.result == outcome::found))
        from.fail("has to have a key exactly where it is 'found'");
    of.end();
    return read;
}

rejected_certificate read_rejected(const json_field& from) {
    json_members of(from);
    rejected_certificate read;
    read.fingerprint = of.need("fingerprint").fingerprint();
    read.revoked = of.need("revoked").flag();
    read.seen = of.need("seen").time();
    read.bytes = of.need("certificate").octets();
    of.end();
    return read;
}

given_certificate read_given(const json_field& from) {
    json_members of(from);
    given_certificate read;
    read.fingerprint = of.need("fingerprint").fingerprint();
    read.pinned = of.need("pinned").flag();
    read.note = of.need("note").text();
    read.since = of.need("since").time();
    if (const auto bytes = of.find("certificate")) read.bytes = bytes->octets();
    if (read.bytes.empty() && !read.pinned) from.fail("has no certificate, and is no pin");
    of.end();
    return read;
}

sealing read_sealing(const json_field& from) {
    json_members of(from);
    sealing read;
    read.last = of.need("last").time();
    if (const auto key = of.find("fingerprint")) read.fingerprint = key->fingerprint();
    read.expires = of.time_if_any("expires");
    read.from = of.need("on_the_word_of").one_of(origins);
    of.end();
    return read;
}

doubts read_doubts(const json_field& from) {
    json_members of(from);
    const doubts read{of.time_if_any("denied_since"), of.time_if_any("unusable_since")};
    of.end();
    return read;
}

known_directory read_directory(const json_field& from) {
    json_members of(from);
    const auto host =
        of.need("host").one_of(std::array{wkd_host::none, wkd_host::advanced, wkd_host::direct});
    const known_directory read{host, of.need("seen").time()};
    of.end();
    return read;
}

template<class T>
void refuse_twice(const json_field& where, const std::vector<T>& all, const T& next) {
    if (std::ranges::find(all, next.fingerprint, &T::fingerprint) != all.end())
        where.fail("is there twice");
}

known_address read_known(const json::value& value) {
    const json_field whole("", value);
    json_members of(whole);
    known_address read;
    const auto address = of.need("address");
    const auto mailbox = smtp::parse_mailbox(address.text(), smtp::routing_marks::allowed);
    if (!mailbox || mailbox->domain.empty()) address.fail("is no mail address");
    read.address = lookup_key(*mailbox);
    auto& known = read.known;
    if (const auto one = of.find("remembered")) known.remembered = read_memory(*one);
    if (const auto all = of.find("rejected"))
        for (const auto& one : all->list()) {
            auto next = read_rejected(one);
            refuse_twice(one, known.rejected, next);
            known.rejected.push_back(std::move(next));
        }
    if (const auto one = of.find("sealed")) known.sealed = read_sealing(*one);
    if (const auto one = of.find("ended_sealing")) known.ended_sealing = read_sealing(*one);
    if (const auto one = of.find("doubts")) known.doubts = read_doubts(*one);
    if (const auto all = of.find("given"))
        for (const auto& one : all->list()) {
            auto next = read_given(one);
            refuse_twice(one, known.given, next);
            known.given.push_back(std::move(next));
        }
    if (std::ranges::count_if(known.given, &given_certificate::pinned) > 1)
        whole.fail("more than one key is pinned");
    if (const auto one = of.find("directory")) known.directory = read_directory(*one);
    of.end();
    return read;
}

/// Empty where it is none; `value` else.
std::optional<std::string> parse(std::string_view line, json::value& value) {
    if (line.size() > max_record_line) return "it is longer than 16 MiB";
    json::error_code failed;
    value = json::parse(json::string_view(line.data(), line.size()), failed);
    if (failed) return "it is no JSON: " + failed.message();
    return std::nullopt;
}

} // namespace

readable<known_address> read_record_line(std::string_view line) {
    try {
        json::value value;
        if (auto wrong = parse(line, value))
            return {boost::system::in_place_error, std::move(*wrong)};
        return read_known(value);
    } catch (const json_mistake& wrong) {
        return {boost::system::in_place_error, wrong.what()};
    }
}

std::optional<std::string> mistake_in_head(std::string_view line) {
    json::value value;
    if (auto wrong = parse(line, value)) return wrong;
    const auto* const head = value.if_object();
    const auto* const what = head ? head->if_contains("postseal") : nullptr;
    if (what == nullptr || !what->is_string() || what->get_string() != "key records")
        return "it is not the first line of what `postseal keys export` has written";
    const auto* const version = head->if_contains("version");
    if (version == nullptr || !version->is_int64()) return "it does not say its version";
    if (version->get_int64() != record_lines_version)
        return "it is of version " + std::to_string(version->get_int64()) +
               ", and this one reads " + std::to_string(record_lines_version) +
               ": import it with the postseal that has written it, or a newer one";
    return std::nullopt;
}

} // namespace postseal::keys
