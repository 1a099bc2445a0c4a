// SPDX-License-Identifier: Apache-2.0
// What postconf(1) prints, as values: the parameters of main.cf with Postfix's defaults, and the
// services of master.cf with what they override by -o. Pure: text in, values out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::postfix {

/// One service of master.cf.
struct service {
    std::string name;          ///< "submission", "127.0.0.1:10026", "scan"
    std::string type;          ///< "inet", "unix", "pass", ...
    std::string process_limit; ///< "-": default_process_limit
    std::string command;       ///< with its options
    std::map<std::string, std::string, std::less<>> overrides; ///< -o, `$names` not replaced

    /// As postconf names it: "submission/inet".
    [[nodiscard]] std::string label() const { return name + "/" + type; }
    /// "smtpd", "lmtp", ...
    [[nodiscard]] std::string_view program() const;
};

/// As in "3.7.11"; what is missing is 0.
struct version {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned patch = 0;

    auto operator<=>(const version&) const = default;
};

class configuration {
  public:
    /// The output of `postconf`, `postconf -F` and `postconf -P`, one after another in any order.
    /// What is none of theirs is passed over.
    explicit configuration(std::string_view printed);

    /// False where a part of the three is missing, or only `postconf -n` was saved: a judgement
    /// would guess at defaults.
    [[nodiscard]] bool complete() const;

    [[nodiscard]] const std::vector<service>& services() const { return services_; }
    [[nodiscard]] const service* find(std::string_view name, std::string_view type) const;
    [[nodiscard]] postfix::version version() const;

    /// Does this Postfix have a parameter of this name? (A newer one may not, an older one
    /// neither.)
    [[nodiscard]] bool knows(std::string_view name) const { return parameters_.contains(name); }

    /// The value that holds, `$names` replaced; empty for an unknown name. For a service its own
    /// overrides count, in the names that a value mentions as well.
    [[nodiscard]] std::string main(std::string_view name) const;
    [[nodiscard]] std::string of(const service& where, std::string_view name) const;

    [[nodiscard]] bool says_yes(const service& where, std::string_view name) const;
    /// Octets or a count; nothing where it is no number.
    [[nodiscard]] std::optional<std::uint64_t> number(const service& where,
                                                      std::string_view name) const;
    /// Seconds, of "100s", "3m", "1h", "2d" or plain seconds.
    [[nodiscard]] std::optional<std::uint64_t> seconds(const service& where,
                                                       std::string_view name) const;
    /// Processes that may run at once; 0: any number.
    [[nodiscard]] std::uint64_t processes(const service& where) const;

  private:
    void read_line(std::string_view line);
    void read_service(std::string_view path, std::string_view value);
    service& named(std::string_view name, std::string_view type);

    std::map<std::string, std::string, std::less<>> parameters_;
    std::vector<service> services_;
};

/// The words of a list: separated by commas and white space; what braces enclose is one word.
[[nodiscard]] std::vector<std::string> words(std::string_view list);

} // namespace postseal::postfix
