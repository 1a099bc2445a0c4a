// SPDX-License-Identifier: Apache-2.0
#include "relay/content.hpp"

#include "message/header_protection.hpp"
#include "message/pgp_mime.hpp"
#include "policy/grouping.hpp"
#include "relay/delivered_header.hpp"
#include "relay/randomness.hpp"
#include "seal/pool.hpp"
#include "seal/protocol.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace postseal::relay {

namespace {

static_assert(policy::most_certificates <= seal::max_recipients);

content untouched(const settings& current, const original& from) {
    return {
        .head = {}, .rest = from.bytes, .sealed = {current.spool, current.limits.message_memory}};
}

content cleaned(const settings& current, const original& from, const std::string& fields) {
    return {.head = from.received + fields + "\r\n",
            .rest = from.bytes.substr(from.header.body_offset),
            .sealed = {current.spool, current.limits.message_memory}};
}

// As it came, behind our Received field, so that it tells how it came once it is sent.
content kept(const settings& current, const original& from) {
    return {.head = from.received,
            .rest = from.bytes,
            .sealed = {current.spool, current.limits.message_memory}};
}

// The plaintext of a sealed message, where a sealer can read it: its MIME fields and its body. Both
// end with CRLF, as everything does that came over SMTP.
seal::descriptor inner_entity(const settings& current, const original& from,
                              const message::protected_header& wrapping) {
    const auto header = wrapping.before + message::inner_header(from.header);
    const auto body = from.bytes.substr(from.header.body_offset);
    auto file = header.size() + body.size() <= current.limits.message_memory
                    ? seal::descriptor(::memfd_create("plaintext", MFD_CLOEXEC))
                    : make_unlinked_file(current.spool);
    if (!file) {
        throw std::system_error(errno, std::generic_category(), "cannot make a memory file");
    }
    write_all(file.get(), header);
    write_all(file.get(), body);
    write_all(file.get(), wrapping.after);
    return file;
}

std::uint64_t size_of(const seal::descriptor& file) {
    struct stat about {};
    if (::fstat(file.get(), &about) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot read a sealed message");
    }
    return static_cast<std::uint64_t>(about.st_size);
}

} // namespace

std::vector<std::string_view> content::pieces() {
    if (sealed.size() > 0) return {sealed.view()};
    return {head, rest};
}

std::string_view content::beginning() {
    const auto all = pieces();
    return all.front().empty() ? all.back() : all.front();
}

asio::awaitable<boost::system::result<content>>
make_content(services& with, std::shared_ptr<const settings> current, const original& from,
             policy::delivery group, seal::compression packing) {
    const auto wrapping = message::make_boundary(random_bytes(24));
    const auto outer = deliver_header(from.header, group, current->message_ids, wrapping);
    switch (group.treatment) {
    case policy::treatment::untouched: co_return untouched(*current, from);
    case policy::treatment::held: co_return kept(*current, from);
    case policy::treatment::cleaned: co_return cleaned(*current, from, outer.outer);
    case policy::treatment::sealed: break;
    }
    auto plaintext = inner_entity(*current, from, outer);
    auto sealing =
        with.sealers.encrypt(std::move(plaintext), std::move(group.certificates), packing);
    const auto ciphertext = co_await std::move(sealing);
    if (!ciphertext) co_return ciphertext.error();

    const mapping binary(ciphertext->get(), size_of(*ciphertext));
    content made{
        .head = {}, .rest = {}, .sealed = {current->spool, current->limits.message_memory}};
    const auto boundary = message::make_boundary(random_bytes(24));
    const message::sink out = [&made](std::string_view piece) { made.sealed.append(piece); };
    message::write_pgp_mime(out, from.received + outer.outer, boundary, binary.view());
    (void)made.sealed.view(); // what the disk has no room for is known before anything is sent
    co_return made;
}

} // namespace postseal::relay
