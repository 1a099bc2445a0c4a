// SPDX-License-Identifier: Apache-2.0
// SMTP replies (RFC 5321 §4.2) with enhanced status codes (RFC 2034, RFC 3463): ours, written for a
// person to act on, and the next hop's, kept verbatim.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::smtp {

struct reply {
    int code = 0;                   ///< 200 to 599
    std::string enhanced;           ///< "5.7.1" for a reply of ours; empty for a next hop's, whose
                                    ///< code stands in its text, and in greetings and EHLO
    std::vector<std::string> lines; ///< text after the code, one entry a line, at least one

    [[nodiscard]] bool positive() const { return code >= 200 && code < 300; }
    [[nodiscard]] bool intermediate() const { return code >= 300 && code < 400; }
    [[nodiscard]] bool transient_failure() const { return code >= 400 && code < 500; }
    [[nodiscard]] bool permanent_failure() const { return code >= 500; }
    bool operator==(const reply&) const = default;
};

/// One line of text; `enhanced` may be empty.
[[nodiscard]] reply make_reply(int code, std::string enhanced, std::string text);

/// Whether the client has been offered ENHANCEDSTATUSCODES: only then do replies of ours carry
/// them. The text of a next hop is never touched.
enum class status_codes { enhanced, plain };

/// The bytes for the client, every line ended by CRLF. Control characters (a tab is text) and what
/// is not UTF-8 become '?', so that nothing which a next hop says can end a line early, or command
/// somebody's terminal.
[[nodiscard]] std::string to_wire(const reply& answer, status_codes codes = status_codes::enhanced);

/// Octets of a reply in a log, and where a reply of ours quotes one; a next hop may say 250 KiB.
inline constexpr std::size_t max_logged = 1000;

/// One line for a log: code, enhanced code and the lines joined by " / ", as to_wire writes them.
/// What is longer than max_logged ends with "...".
[[nodiscard]] std::string to_log(const reply& answer);

/// Collects a next hop's reply line by line.
class reply_reader {
  public:
    static constexpr std::size_t max_line = 2048; ///< octets; RFC 5321 §4.5.3.1.5 asks for 512
    static constexpr std::size_t max_lines = 128;

    enum class state { more, complete, malformed };

    /// `line` without its CRLF. Malformed: no code, codes that change, too long, too many; the
    /// reader is of no further use then, and neither is the connection.
    state on_line(std::string_view line);

    /// The complete reply; the reader is ready for the next one.
    [[nodiscard]] reply take();

  private:
    reply collected_;
    bool broken_ = false;
};

} // namespace postseal::smtp
