// SPDX-License-Identifier: Apache-2.0
// The key by which this relay knows its own Received fields again (message/trace). It lives in a
// file in the spool folder, is made at the first start, and kept from then on. Relays that hand
// mail to each other share it: copy the file. Fails: std::runtime_error with a sentence for the
// administrator.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_mac_ctx_st;

namespace postseal::relay {

class trace_key {
  public:
    /// 64 hexadecimal digits (256 bits) and a line end, mode 0600.
    static constexpr std::string_view file_name = "trace.key";

    /// Reads the key of that spool folder; makes one where there is none, at once and whole, so
    /// that relays that start together agree.
    [[nodiscard]] static trace_key open(const std::filesystem::path& folder);

    /// Nothing where there is no file. Refused is one that others may read, that is not a regular
    /// file, or that holds something else.
    [[nodiscard]] static std::optional<trace_key> read(const std::filesystem::path& folder);

    /// HMAC-SHA256 of the text.
    [[nodiscard]] std::string hash(std::string_view text) const;

  private:
    explicit trace_key(std::string_view octets);

    std::shared_ptr<evp_mac_ctx_st> keyed_; ///< shared by copies, and only copied from
};

} // namespace postseal::relay
