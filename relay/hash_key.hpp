// SPDX-License-Identifier: Apache-2.0
// A key for keyed hashes, which lives in a file: 64 hexadecimal digits (256 bits), perhaps with a
// line end. Fails: std::runtime_error with a sentence for the administrator.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_mac_ctx_st;

namespace postseal::relay {

class hash_key {
  public:
    static constexpr std::size_t digits = 64;

    /// Whose file it is, and so what is wrong with it.
    enum class keeper {
        relay,         ///< made by us: nobody else's to read, and no link
        administrator, ///< the group may read it too
    };

    /// Nothing where there is no file. Refused is one that others may use, that is not a regular
    /// file, or that holds something else.
    [[nodiscard]] static std::optional<hash_key> read(const std::filesystem::path& file,
                                                      keeper whose);

    /// HMAC-SHA256 of the text.
    [[nodiscard]] std::string hash(std::string_view text) const;

  private:
    explicit hash_key(std::string_view octets);

    std::shared_ptr<evp_mac_ctx_st> keyed_; ///< shared by copies, and only copied from
};

} // namespace postseal::relay
