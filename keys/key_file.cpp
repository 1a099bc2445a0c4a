// SPDX-License-Identifier: Apache-2.0
#include "keys/key_file.hpp"

#include "keys/key_material.hpp"
#include "keys/packets.hpp"
#include "keys/user_id.hpp"
#include "message/openpgp.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace postseal::keys {
namespace {

/// What is under way to a file: which of its certificates the next packet belongs to.
struct reading {
    key_file file;
    std::map<std::string, std::size_t, std::less<>> places; ///< of primary keys, by their bodies
    std::size_t current = 0;
};

/// A key that comes again is the same certificate: a part of it alone would say of fewer addresses,
/// and perhaps of no revocation.
void begin_certificate(std::string_view primary_key, reading& of) {
    of.current = of.file.certificates.size();
    if (!primary_key.empty())
        of.current = of.places.try_emplace(std::string(primary_key), of.current).first->second;
    if (of.current == of.file.certificates.size()) of.file.certificates.emplace_back();
}

/// Cuts a packet stream at its primary keys (tag 6) and collects the addresses. What stands before
/// the first primary key belongs to nothing. Returns a complaint that spoils the whole file.
std::string_view add_stream(std::string_view stream, reading& of) {
    const auto packets = message::split_packets(stream, max_key_packets);
    if (!packets) return "it is damaged or no OpenPGP key";
    for (const auto& packet : *packets) {
        if (packet.tag == 5 || packet.tag == 7) return to_string(removal::secret_key);
        if (packet.tag == 8) return to_string(removal::compressed);
        if (packet.tag == 6) begin_certificate(packet.body, of);
        if (of.file.certificates.empty()) continue;
        auto& certificate = of.file.certificates[of.current];
        certificate.bytes += packet.whole;
        if (packet.tag != 13) continue;
        if (const auto address = user_id_address(packet.body))
            certificate.addresses.push_back(lookup_key(*address));
    }
    return {};
}

void keep_each_once(std::vector<std::string>& addresses) {
    std::sort(addresses.begin(), addresses.end());
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
}

/// The finder will find that no user ID fits; whoever put the file there should hear it earlier.
void bind_to(const smtp::mailbox& address, key_file& file) {
    const auto only = lookup_key(address);
    const bool named =
        std::any_of(file.certificates.begin(), file.certificates.end(), [&](const auto& one) {
            return std::binary_search(one.addresses.begin(), one.addresses.end(), only);
        });
    if (!named) file.complaint = "no user ID in it names " + smtp::to_string(address);
    for (auto& certificate : file.certificates)
        certificate.addresses = {only};
}

} // namespace

std::optional<smtp::mailbox> address_of_file(std::string_view name) {
    return smtp::parse_mailbox(name.substr(0, name.rfind('.')));
}

bool is_key_file_name(std::string_view name) {
    const auto dot = name.rfind('.');
    if (dot == 0 || dot == std::string_view::npos || name.front() == '.') return false;
    const auto ending = smtp::ascii_lower(name.substr(dot));
    return ending == ".asc" || ending == ".pgp" || ending == ".gpg" || ending == ".key";
}

key_file read_key_file(std::string_view name, std::string_view bytes) {
    reading of;
    auto& file = of.file;
    const auto material = read_key_material(bytes);
    if (material.broken > 0) file.complaint = "an armored block in it is damaged or holds no key";
    for (const auto& stream : material.streams)
        if (const auto complaint = add_stream(stream, of); !complaint.empty())
            return {{}, std::string(complaint)};
    if (file.certificates.empty()) return {{}, "it holds no OpenPGP key"};

    for (auto& certificate : file.certificates)
        keep_each_once(certificate.addresses);
    if (const auto address = address_of_file(name))
        bind_to(*address, file);
    else if (std::all_of(file.certificates.begin(), file.certificates.end(),
                         [](const auto& one) { return one.addresses.empty(); }))
        file.complaint = "no user ID in it holds an address";
    return std::move(file);
}

} // namespace postseal::keys
