// SPDX-License-Identifier: Apache-2.0
// The message as it crosses the wire (RFC 5321 §4.5.2): dots, line ends, and the one true end of
// data, CRLF.CRLF. Every other line end is found, so that nothing can be smuggled behind it.
// In chunks (RFC 3030) a dot is a dot, and the end is known from elsewhere.
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

/// How a message is set apart from the commands around it.
enum class framing {
    dots,   ///< DATA: by CRLF.CRLF
    chunks, ///< BDAT: by octets counted beforehand. No dot is stuffed, none is an end
};

/// Reads a message from a stream in pieces of any size, and removes dot-stuffing.
class data_reader {
  public:
    explicit data_reader(newline_rule rule, framing framed = framing::dots)
        : rule_(rule), framing_(framed) {}

    struct step {
        std::size_t consumed; ///< octets of the input that belong to this message
        bool done;            ///< CRLF.CRLF has been read; what follows is the next command
    };

    /// Appends message octets to `out`. After `done` it consumes nothing more.
    step feed(std::string_view input, std::string& out);

    /// The last chunk is over: appends what was held back, and completes the last line, which DATA
    /// would not have been able to leave open (RFC 5321 §4.1.1.4). An empty message stays empty.
    void finish(std::string& out);

    [[nodiscard]] bool saw_bare_newline() const { return bare_newline_; }
    [[nodiscard]] bool saw_nul() const { return nul_; }

  private:
    // "Soft" is behind a lone CR or LF that was normalised. A CR is held back until its LF is seen.
    enum class state { line_start, soft_line_start, dot, soft_dot, dot_cr, text, cr, done };
    struct piece;

    void advance(piece& in);
    void after_dot(piece& in);
    void copy_text(piece& in);
    void end_bare_line(std::string& out, char octet);
    [[nodiscard]] bool has_dots() const { return framing_ == framing::dots; }

    newline_rule rule_;
    framing framing_;
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
