// SPDX-License-Identifier: Apache-2.0
// The log: one line a message, `key=value`, and one line for each thing an administrator may have
// to act on. No function here takes message content, so none can be logged.
#pragma once

#include "policy/plan.hpp"
#include "smtp/envelope.hpp"
#include "smtp/reply.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace spdlog {
class logger;
}

namespace postseal::relay {

class journal {
  public:
    /// Writes to standard error; with priorities for the system's journal when that is where it
    /// goes.
    journal();

    void info(std::string_view what);
    void warning(std::string_view what);
    void error(std::string_view what);

    /// The fate of one message: who sent it, every recipient's decision, the reply to the client.
    struct record {
        std::string id;
        std::string client; ///< address of the peer, or of the client that it forwards
        const smtp::envelope* envelope = nullptr;
        const policy::plan* plan = nullptr; ///< null: refused before there was one
        std::uint64_t size = 0;
        const smtp::reply* answer = nullptr;
        std::vector<smtp::reply> answers; ///< over LMTP, one for each recipient
    };
    void message(const record& what);
    /// What was decided about each recipient, without the last line.
    void decisions(const record& what);
    /// What would have been decided about these of the recipients.
    void observed(const record& what, const std::vector<std::size_t>& recipients);

  private:
    void note_decisions(const record& what);

    std::shared_ptr<spdlog::logger> out_;
};

/// Addresses and reasons come from outside: control characters become '?', so that nobody writes
/// log lines of their own.
[[nodiscard]] std::string printable(std::string_view text);

/// A value between quotes, in which nothing can look like the end of it or like another field.
[[nodiscard]] std::string quoted(std::string_view value);

/// An address between angle brackets, quoted inside where it holds anything unusual.
[[nodiscard]] std::string bracketed(std::string_view address);

} // namespace postseal::relay
