// SPDX-License-Identifier: Apache-2.0
// Content-Type and Content-Disposition: a value and its parameters (RFC 2045 §5.1, RFC 2183 §2),
// with the continuations and character sets of RFC 2231.
//
// Fails: never. What cannot be read is left out, and the field is no longer `well_formed`: readers
// that forgive differ in what they make of it. Limits: max_parameters; one pass over the field.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::message {

/// Pieces of parameters that are read from one field. A file name of 2000 octets in RFC 2231 pieces
/// needs some forty.
inline constexpr std::size_t max_parameters = 100;

struct parameter {
    enum class form {
        simple,   ///< name=value
        extended, ///< RFC 2231: name*=, name*0=
    };

    std::string name;  ///< in lower case, without RFC 2231 marks
    std::string value; ///< without quotes and percent escapes, octets in the sender's character set
    form written = form::simple;
};

struct mime_field {
    std::string value; ///< in lower case: "multipart/mixed", "attachment"; empty where unreadable
    std::vector<parameter> parameters; ///< each name once
    bool well_formed = true;           ///< every octet was understood, and nothing is said twice

    [[nodiscard]] const parameter* find(std::string_view name) const;
};

/// `body` is the field's body, folds included. Where a parameter is there in both forms, the
/// extended one counts (RFC 6266 §4.3): mail programs write both for the benefit of old readers.
[[nodiscard]] mime_field read_mime_field(std::string_view body);

} // namespace postseal::message
