// SPDX-License-Identifier: Apache-2.0
// A keyserver that the administrator has named, as a source. What it may be asked now, it is asked
// now; the rest later, in the background, so that the next mail finds the answer.
// Never authoritative: a keyserver that knows no key says nothing about the address.
// Fails: never. Limits: 256 KiB an answer of VKS, 1 MiB of HKP, which serves what anybody has
// uploaded; `timeout` a request; the server's `limit`; those of keys/asked_later.
#pragma once

#include "keys/https.hpp"
#include "keys/keyserver_settings.hpp"
#include "keys/source.hpp"

#include <memory>

namespace postseal::keys {

class keyserver_source final : public source {
  public:
    keyserver_source(https_get get, keyserver_settings settings);
    ~keyserver_source() override; ///< ends what is asked in the background

    [[nodiscard]] std::string_view name() const override; ///< "vks" or "hkp"
    [[nodiscard]] origin from() const override { return origin::third_party; }
    boost::asio::awaitable<answer> ask(smtp::mailbox address) override;
    boost::asio::awaitable<answer> ask_by_fingerprint(std::string fingerprint) override;

  private:
    struct state;
    std::shared_ptr<state> state_; // the background's coroutine keeps it alive
};

} // namespace postseal::keys
