// SPDX-License-Identifier: Apache-2.0
#include "relay/journal.hpp"

#include "smtp/mailbox.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace postseal::relay {

namespace {

// The priority prefix that the system's journal reads from standard error (sd-daemon(3)).
class priority_prefix final : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& msg, const std::tm&,
                spdlog::memory_buf_t& to) override {
        const std::string_view prefix = msg.level >= spdlog::level::err    ? "<3>"
                                        : msg.level >= spdlog::level::warn ? "<4>"
                                                                           : "<6>";
        to.append(prefix.data(), prefix.data() + prefix.size());
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<priority_prefix>();
    }
};

// What has been said since the last flush leaves by one write(2), where stdio would make one for
// each line; more than a record of many recipients needs is not held back.
class standard_error final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  protected:
    void sink_it_(const spdlog::details::log_msg& msg) override {
        formatter_->format(msg, waiting_);
        if (waiting_.size() > most_held) flush_();
    }
    void flush_() override {
        std::string_view left(waiting_.data(), waiting_.size());
        while (!left.empty()) {
            const auto written = ::write(STDERR_FILENO, left.data(), left.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) break; // nobody is there to be told
            left.remove_prefix(static_cast<std::size_t>(written));
        }
        waiting_.clear();
    }

  private:
    static constexpr std::size_t most_held = 64 * 1024;
    spdlog::memory_buf_t waiting_;
};

std::string address(const std::optional<smtp::mailbox>& sender) {
    return sender ? smtp::to_string(*sender) : std::string();
}

// Of a sealed copy; empty where its header is not protected.
std::string protection_of(message::header_protection how) {
    if (how.policy == message::protection_policy::off) return {};
    auto text = " protection=" + std::string{message::to_string(how.policy)};
    if (how.subject == message::subject_outside::shown) text += " subject=shown";
    return text;
}

std::string recipient_line(const journal::record& what, const policy::decision& decided) {
    const auto& to = what.envelope->recipients[decided.recipient].address;
    std::string line = "id=" + what.id + " to=" + bracketed(smtp::to_string(to));
    const bool refused = what.plan->refusal || decided.refusal;
    line += refused ? " refused" : " ";
    if (!refused) line += policy::to_string(decided.treatment);
    line += " rule=" + quoted(decided.rule);
    if (decided.key)
        line += " key=" + decided.key->fingerprint + " source=" + quoted(decided.key_source);
    if (decided.key && decided.key_of)
        line += " key_of=" + bracketed(smtp::to_string(*decided.key_of));
    if (!refused && decided.key) line += protection_of(decided.protection);
    line += " reason=" + quoted(decided.reason);
    if (!decided.note.empty()) line += " note=" + quoted(decided.note);
    if (decided.recipient < what.answers.size() && what.answers[decided.recipient].code != 0) {
        line += " reply=" + quoted(smtp::to_log(what.answers[decided.recipient]));
    }
    return line;
}

// The address as a word of a command line; what a shell might make something of is not written into
// a command that somebody copies.
std::string as_argument(const std::string& address) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789@._+-";
    const bool usual = address.find_first_not_of(plain) == std::string::npos;
    return usual && !address.starts_with('-') ? address : "ADDRESS";
}

// What an administrator may have to look into; empty where there is nothing, or nothing was sent.
std::string change_line(const journal::record& what, const policy::decision& decided) {
    if (!decided.change) return {};
    const bool refused = what.plan->refusal || decided.refusal;
    if (decided.key && refused) return {};
    const auto& recipient = what.envelope->recipients[decided.recipient].address;
    const auto to = smtp::to_string(recipient);
    const auto owner = smtp::to_string(decided.key_of.value_or(recipient));
    const auto& change = *decided.change;
    auto line = "id=" + what.id + " to=" + bracketed(to) + " key changed from " + change.before +
                " to " + change.now + " source=" + quoted(change.source);
    if (decided.key_of) line += " key_of=" + bracketed(owner);
    if (decided.key) return line + ": sealed to the new one";
    return line + (decided.waits ? ": held" : ": not sent") + "; if the new one is " +
           (decided.key_of ? owner : "the recipient") + "'s, accept it: postseal keys pin " +
           as_argument(owner) + " " + change.now;
}

} // namespace

journal::journal()
    : out_(std::make_shared<spdlog::logger>("postseal", std::make_shared<standard_error>())) {
    auto format = std::make_unique<spdlog::pattern_formatter>();
    format->add_flag<priority_prefix>('*');
    const bool to_system_journal = std::getenv("JOURNAL_STREAM") != nullptr;
    format->set_pattern(to_system_journal ? "%*%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l: %v");
    out_->set_formatter(std::move(format));
}

void journal::info(std::string_view what) {
    out_->info("{}", printable(what));
    out_->flush();
}

void journal::warning(std::string_view what) {
    out_->warn("{}", printable(what));
    out_->flush();
}

void journal::error(std::string_view what) {
    out_->error("{}", printable(what));
    out_->flush();
}

// Leaves with whatever is said next.
void journal::note_decisions(const record& what) {
    for (const auto& decided : what.plan->decisions) {
        const auto change = change_line(what, decided);
        if (!change.empty()) out_->warn("{}", printable(change));
        out_->info("{}", printable(recipient_line(what, decided)));
    }
}

void journal::observed(const record& what, const std::vector<std::size_t>& recipients) {
    for (const auto i : recipients) {
        const auto& decided = what.plan->decisions[i];
        auto line = recipient_line(what, decided);
        const auto to = line.find(" to=");
        line.insert(to, " observed");
        const auto& refusal = what.plan->refusal ? what.plan->refusal : decided.refusal;
        if (refusal) line += " reply=" + quoted(smtp::to_log(*refusal));
        out_->info("{}", printable(line));
    }
    out_->flush();
}

void journal::decisions(const record& what) {
    note_decisions(what);
    out_->flush();
}

void journal::message(const record& what) {
    if (what.plan != nullptr) note_decisions(what);
    info("id=" + what.id + " client=" + what.client +
         " from=" + bracketed(address(what.envelope->sender)) +
         " recipients=" + std::to_string(what.envelope->recipients.size()) +
         " size=" + std::to_string(what.size) + " reply=" + quoted(smtp::to_log(*what.answer)));
}

std::string quoted(std::string_view value) {
    std::string safe = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') safe += '\\';
        safe += c;
    }
    return safe + "\"";
}

std::string bracketed(std::string_view address) {
    const bool usual = address.find_first_of(" \"\\<>=") == std::string_view::npos;
    return "<" + (usual ? std::string(address) : quoted(address)) + ">";
}

std::string printable(std::string_view text) {
    std::string safe(text);
    for (std::size_t i = 0; i < safe.size(); ++i) {
        const auto octet = static_cast<unsigned char>(safe[i]);
        // C1 controls in UTF-8 are C2 80 to C2 9F.
        const bool c1 = octet >= 0x80 && octet < 0xa0 && i > 0 && safe[i - 1] == '\xc2';
        if (octet < 0x20 || octet == 0x7f || c1) safe[i] = '?';
    }
    return safe;
}

} // namespace postseal::relay
