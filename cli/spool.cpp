// SPDX-License-Identifier: Apache-2.0
// What is owed, for the administrator. Never shows content: it may be plain, and is not ours.
#include "cli/commands.hpp"
#include "cli/question.hpp"
#include "cli/times.hpp"

#include "config/settings.hpp"
#include "keys/record_json.hpp"
#include "relay/spool.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <iomanip>
#include <iostream>
#include <optional>

namespace postseal::cli {

namespace {

std::string octets(std::uint64_t count) {
    if (count < 10'240) return std::to_string(count);
    if (count < (10ULL << 20)) return std::to_string(count >> 10) + "KiB";
    return std::to_string(count >> 20) + "MiB";
}

std::string sender(const relay::spool_entry& entry) {
    return "<" + (entry.sender ? smtp::to_string(*entry.sender) : std::string()) + ">";
}

std::string_view name(relay::debt owed) {
    switch (owed) {
    case relay::debt::delivery: return "delivery";
    case relay::debt::report: return "report";
    case relay::debt::notice: return "notice";
    }
    return {};
}

// When something happens next.
std::string next(const relay::spool_entry& entry) {
    return entry.due <= now() ? "now" : "in " + span(entry.due - now());
}

boost::json::object to_json(const relay::spool_entry& entry) {
    boost::json::array recipients;
    for (const auto& one : entry.recipients) {
        boost::json::object owed;
        owed["to"] = smtp::to_string(one.to.address);
        owed["owed"] = boost::json::string(name(one.debt));
        owed["said"] = keys::as_text(one.said);
        recipients.emplace_back(std::move(owed));
    }
    boost::json::object made;
    made["id"] = entry.id;
    made["message"] = entry.message;
    made["arrived"] = keys::to_text(entry.arrived);
    made["expires"] = keys::to_text(entry.expires);
    made["due"] = keys::to_text(entry.due);
    made["attempts"] = entry.attempts;
    made["copy"] = boost::json::string(to_string(entry.copy));
    made["size"] = entry.size;
    made["reason"] = keys::as_text(entry.reason);
    made["from"] = entry.sender ? smtp::to_string(*entry.sender) : "";
    made["recipients"] = std::move(recipients);
    return made;
}

void print_rows(const std::vector<relay::spool_entry>& entries) {
    std::cout << std::left << std::setw(18) << "ID" << std::setw(7) << "AGE" << std::setw(10)
              << "NEXT TRY" << std::setw(7) << "TRIES" << std::setw(8) << "COPY" << std::setw(9)
              << "SIZE"
              << "FROM\n";
    for (const auto& entry : entries) {
        std::cout << std::setw(18) << entry.id << std::setw(7) << span(now() - entry.arrived)
                  << std::setw(10) << next(entry) << std::setw(7) << entry.attempts << std::setw(8)
                  << to_string(entry.copy) << std::setw(9) << octets(entry.size) << sender(entry)
                  << '\n';
        for (const auto& one : entry.recipients) {
            std::cout << std::string(18, ' ') << "to <" << smtp::to_string(one.to.address) << ">";
            if (one.debt == relay::debt::report) std::cout << " (failed; a report is owed)";
            if (one.debt == relay::debt::notice) std::cout << " (has it; a notice is owed)";
            std::cout << (one.said.empty() ? "" : ": ") << one.said << '\n';
        }
    }
}

void print_all(const relay::spool_entry& entry) {
    const auto row = [](const char* what) -> std::ostream& {
        return std::cout << std::left << std::setw(10) << what;
    };
    row("id") << entry.id << '\n';
    row("message") << entry.message << "  (its id in the log)\n";
    row("from") << sender(entry);
    for (const auto& one : entry.parameters)
        std::cout << ' ' << one.keyword << (one.value.empty() ? "" : "=") << one.value;
    std::cout << '\n';
    row("arrived") << keys::to_text(entry.arrived) << '\n';
    row("next try") << next(entry) << "  (" << keys::to_text(entry.due) << ")\n";
    row("expires") << keys::to_text(entry.expires) << '\n';
    row("tries") << entry.attempts << '\n';
    row("copy") << to_string(entry.copy) << ", " << entry.size << " octets\n";
    row("reason") << entry.reason << '\n';
    for (const auto& one : entry.recipients) {
        row("to") << '<' << smtp::to_string(one.to.address) << '>';
        for (const auto& parameter : one.to.parameters)
            std::cout << ' ' << parameter.keyword << '=' << parameter.value;
        std::cout << "\n          owed: " << name(one.debt) << '\n';
        if (!one.said.empty()) std::cout << "          said: " << one.said << '\n';
    }
}

std::string why_not(relay::spool_absence absence) {
    switch (absence) {
    case relay::spool_absence::gone: return "there is no such entry (any more)";
    case relay::spool_absence::busy: return "it is being sent just now; try again in a moment";
    case relay::spool_absence::damaged:
        return "it is damaged; 'postseal spool delete' can remove it";
    }
    return {};
}

int complain(const std::string& id, const std::string& what) {
    std::cerr << "postseal: " << id << ": " << what << '\n';
    return answer_is_no;
}

int list(const spool_options& options, std::optional<relay::spool>& owed) {
    std::vector<relay::spool_entry> entries;
    std::vector<std::string> damaged;
    if (owed) damaged = owed->damaged();
    for (const auto& mark : owed ? owed->marks() : std::vector<relay::spool::mark>()) {
        auto read = owed->read(mark.id);
        if (read) {
            entries.push_back(std::move(*read));
        } else if (read.error() == relay::spool_absence::damaged) {
            damaged.push_back(mark.id);
        }
    }
    if (options.json) {
        std::cout << "[";
        for (const auto& entry : entries) {
            std::cout << (&entry == &entries.front() ? "\n " : ",\n ");
            std::cout << boost::json::serialize(to_json(entry));
        }
        std::cout << "\n]\n";
    } else if (entries.empty()) {
        std::cout << "Nothing is owed to anybody.\n";
    } else {
        print_rows(entries);
    }
    for (const auto& id : damaged)
        std::cerr << "warning: " << id << " is damaged and is not sent\n";
    return done;
}

int show(const spool_options& options, std::optional<relay::spool>& owed) {
    int status = done;
    for (const auto& id : options.ids) {
        const auto read = owed ? owed->read(id) : relay::spool_absence::gone;
        if (!read) {
            status = complain(id, why_not(read.error()));
        } else if (options.json) {
            std::cout << boost::json::serialize(to_json(*read)) << '\n';
        } else {
            print_all(*read);
        }
    }
    return status;
}

int retry(const std::string& id, relay::spool& owed) {
    auto claim = owed.claim(id);
    if (!claim) return complain(id, why_not(claim.error()));
    claim->entry.due = now();
    owed.update(*claim);
    std::cout << id << " is due now; a running postseal sees it within seconds.\n";
    return done;
}

bool is_wanted(const std::string& id, const relay::spool& owed) {
    const auto read = owed.read(id);
    auto question = "Delete " + id;
    if (read) question += " from " + sender(*read);
    for (const auto& one : read ? read->recipients : std::vector<relay::owed_recipient>())
        question += "\n  to <" + smtp::to_string(one.to.address) + ">";
    return is_confirmed(question + "\nNobody gets it then, and nobody is told. Delete it?");
}

int erase(const spool_options& options, const std::string& id, relay::spool& owed) {
    if (!options.yes && !is_wanted(id, owed)) return complain(id, "kept");
    const auto erased = owed.erase(id);
    if (!erased) return complain(id, why_not(erased.error()));
    std::cout << id << " is deleted.\n";
    return done;
}

} // namespace

int spool(const spool_options& options) {
    const auto read = config::load(options.configuration);
    auto owed = relay::spool::find(read.relay.spool);
    switch (options.what) {
    case spool_command::list: return list(options, owed);
    case spool_command::show: return show(options, owed);
    case spool_command::retry:
    case spool_command::erase: break;
    }
    if (options.what == spool_command::erase && !options.yes) expect_somebody_to_ask();
    auto ids = options.ids;
    for (const auto& mark : options.all&& owed ? owed->marks() : std::vector<relay::spool::mark>())
        ids.push_back(mark.id);
    int status = done;
    for (const auto& id : ids) {
        int one = owed ? done : complain(id, why_not(relay::spool_absence::gone));
        if (owed && options.what == spool_command::retry) one = retry(id, *owed);
        if (owed && options.what == spool_command::erase) one = erase(options, id, *owed);
        status = std::max(status, one);
    }
    return status;
}

} // namespace postseal::cli
