// SPDX-License-Identifier: Apache-2.0
#include "cli/key_judge.hpp"

#include "cli/assembly.hpp"
#include "cli/times.hpp"

#include "seal/sealer/specimen.hpp"
#include "smtp/octets.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

namespace postseal::cli {
namespace {

namespace asio = boost::asio;

constexpr std::size_t max_note = 500; // octets

/// One entry for each state of a key: the judge merges them.
std::vector<keys::cleaned_certificate> known_states(const keys::record& of) {
    std::vector<keys::cleaned_certificate> states;
    if (of.remembered && of.remembered->what.found) {
        const auto& key = *of.remembered->what.found;
        states.push_back({key.fingerprint, *key.bytes, {}});
    }
    for (const auto& one : of.rejected)
        states.push_back({one.fingerprint, one.bytes, {}});
    for (const auto& one : of.given)
        if (!one.bytes.empty()) states.push_back({one.fingerprint, one.bytes, {}});
    return states;
}

using inspections = std::vector<boost::system::result<keys::inspection>>;

/// What is left of a list that several work on.
struct work {
    const std::vector<std::string>& certificates;
    inspections& made;
    std::size_t next = 0;
};

asio::awaitable<void> inspect_what_is_left(keys::inspector inspect, work& of) {
    while (of.next < of.certificates.size()) {
        const auto mine = of.next++;
        auto inspecting = inspect(of.certificates[mine]);
        auto said = co_await std::move(inspecting);
        of.made[mine] = std::move(said);
    }
}

asio::awaitable<void> assess(keys::inspector inspect, smtp::mailbox address, keys::answer brought,
                             std::vector<keys::cleaned_certificate> seen, keys::assessment& made) {
    keys::assessment_task task;
    task.source = "imported";
    task.asked.address = std::move(address);
    auto assessing =
        keys::assess(std::move(task), std::move(brought), std::move(seen), std::move(inspect), now);
    made = co_await std::move(assessing);
}

} // namespace

struct key_judge::parts {
    asio::io_context context{1};
    assembly built;
    std::size_t sealers;
    explicit parts(const config::settings& from)
        : built(context.get_executor(), from, purpose::ask_once), sealers(from.sealers.workers) {}
};

key_judge::key_judge(const config::settings& from) : parts_(std::make_unique<parts>(from)) {}

key_judge::~key_judge() = default;

keys::assessment key_judge::judge(const smtp::mailbox& address, std::string material,
                                  const keys::record& known) {
    keys::answer brought;
    brought.result = keys::outcome::found;
    brought.material = std::move(material);
    keys::assessment made;
    run_once(parts_->context, assess(parts_->built.inspector(), address, std::move(brought),
                                     known_states(known), made));
    return made;
}

inspections key_judge::inspect(const std::vector<std::string>& certificates) {
    const boost::system::error_code not_asked = asio::error::operation_aborted;
    inspections made(certificates.size(), not_asked);
    work of{certificates, made};
    std::exception_ptr thrown;
    auto running = std::min(parts_->sealers, certificates.size());
    const auto note_end = [&](std::exception_ptr failed) {
        if (failed) thrown = failed;
        if (--running == 0) parts_->context.stop();
    };
    if (running == 0) return made;
    parts_->context.restart();
    for (auto left = running; left > 0; --left)
        asio::co_spawn(parts_->context, inspect_what_is_left(parts_->built.inspector(), of),
                       note_end);
    parts_->context.run();
    if (thrown) std::rethrow_exception(thrown);
    return made;
}

bool key_judge::works() {
    const auto said = inspect({std::string(seal::specimen)});
    return said.front() && !said.front()->fingerprint.empty();
}

keys::record_changes revocations(const keys::record& known, const keys::assessment& judged) {
    keys::record_changes made;
    for (const auto& one : judged.rejected) {
        if (!one.revoked) continue;
        const auto is_known = [&](const auto& other) {
            return other.revoked && other.fingerprint == one.fingerprint;
        };
        if (std::ranges::none_of(known.rejected, is_known)) made.rejected.push_back(one);
        for (auto given : known.given) {
            if (given.fingerprint != one.fingerprint || given.bytes == one.bytes) continue;
            given.bytes = one.bytes;
            made.given.push_back(std::move(given));
        }
    }
    return made;
}

std::string read_octets(std::istream& from, const std::string& name, std::size_t limit) {
    std::string octets;
    char piece[64 * 1024];
    while (from.read(piece, sizeof piece), from.gcount() > 0) {
        octets.append(piece, static_cast<std::size_t>(from.gcount()));
        if (octets.size() > limit)
            throw std::runtime_error(name + " is larger than " + std::to_string(limit >> 20) +
                                     " MiB");
    }
    if (from.bad()) throw std::runtime_error(name + " cannot be read");
    return octets;
}

void expect_note(const std::string& note) {
    if (note.size() > max_note || !smtp::is_printable_utf8(note))
        throw std::runtime_error("a note is one line of at most 500 octets");
}

} // namespace postseal::cli
