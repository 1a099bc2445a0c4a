// SPDX-License-Identifier: Apache-2.0
// The message as it crosses the wire (RFC 5321 §4.5.2): dots, line ends, and the one true end of
// data, CRLF.CRLF. Every other line end is found, so that nothing can be smuggled behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postseal::smtp {

enum class newline_rule {
    reject,    ///< a lone CR or LF or a NUL is noted; the caller refuses the message at its end
    normalise, ///< a lone CR or LF becomes CRLF in the message; NUL is still refused. A stuffed dot
               ///< behind it is removed as behind CRLF, but it takes no part in the end of data
};

/// Removes dot-stuffing from a stream in pieces of any size.
class data_reader {
  public:
    explicit data_reader(newline_rule rule) : rule_(rule) {}

    struct step {
        std::size_t consumed; ///< octets of the input that belong to this message
        bool done;            ///< CRLF.CRLF has been read; what follows is the next command
    };

    /// Appends message octets to `out`. After `done` it consumes nothing more.
    step feed(std::string_view input, std::string& out);

    [[nodiscard]] bool saw_bare_newline() const { return bare_newline_; }
    [[nodiscard]] bool saw_nul() const { return nul_; }

  private:
    // "Soft" is behind a lone CR or LF that was normalised. A CR is held back until its LF is seen.
    enum class state { line_start, soft_line_start, dot, soft_dot, dot_cr, text, cr, done };
    struct piece;

    void advance(piece& in);
    void after_dot(piece& in);
    void copy_text(piece& in);
    void end_bare_line(piece& in, char octet);

    newline_rule rule_;
    state state_ = state::line_start;
    bool bare_newline_ = false;
    bool nul_ = false;
};

/// Adds dot-stuffing on the way out, in pieces of any size, and the end of data. A message that
/// does not end with CRLF gets one. Never writes a lone CR or LF that was not in the message. One
/// writer for one message.
class data_writer {
  public:
    void write(std::string_view message, std::string& out);
    void finish(std::string& out);

  private:
    char last_ = '\n';
    char before_last_ = '\r';
};

} // namespace postseal::smtp
