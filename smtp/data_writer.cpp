// SPDX-License-Identifier: Apache-2.0
#include "smtp/data_reader.hpp"

namespace postseal::smtp {

// A dot is doubled after CRLF, as the standard says, and also after a lone CR or LF. Messages with
// those are refused or normalised before they come here; should one come all the same, a next hop
// that takes "\n.\r\n" for an end of data (CVE-2023-51764 and its kin) shall find none.
void data_writer::write(std::string_view message, std::string& out) {
    if (message.empty()) return;
    std::size_t run = 0;
    for (auto dot = message.find('.'); dot != std::string_view::npos;
         dot = message.find('.', dot + 1)) {
        const char before = dot == 0 ? last_ : message[dot - 1];
        if (before != '\n' && before != '\r') continue;
        out.append(message, run, dot - run);
        out += '.';
        run = dot;
    }
    out.append(message, run);
    before_last_ = message.size() > 1 ? message[message.size() - 2] : last_;
    last_ = message.back();
}

void data_writer::finish(std::string& out) {
    if (before_last_ != '\r' || last_ != '\n') out += "\r\n";
    out += ".\r\n";
}

} // namespace postseal::smtp
