// SPDX-License-Identifier: Apache-2.0
// The commands of `postseal`, one file each. All return the exit status: 0 done, 1 the answer is no
// (a wrong configuration, no key), 2 could not be done.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace postseal::cli {

inline constexpr int done = 0;
inline constexpr int answer_is_no = 1;
inline constexpr int could_not = 2;

struct run_options {
    std::filesystem::path configuration;
};
int run(const run_options& options);

struct postfix_options {
    std::filesystem::path configuration_directory; ///< empty: postconf's own default
    std::filesystem::path postconf = "/usr/sbin/postconf";
    std::filesystem::path saved; ///< what postconf has printed; "-": standard input; empty: run it
    bool strict = false;         ///< a warning is an answer of no
};

struct check_options {
    std::filesystem::path configuration;
    std::optional<postfix_options> postfix; ///< judge Postfix as well
    bool strict = false;                    ///< a warning is an answer of no
};
int check(const check_options& options);

/// What somebody says of a connection that is only supposed; empty: not said.
struct connection_words {
    std::string listener; ///< name
    std::string client;   ///< IP address
    std::string tls;      ///< yes, no
    std::string authenticated;
    std::string login;
};

struct explain_options {
    std::filesystem::path configuration;
    std::string from; ///< empty or "<>": the null sender
    std::vector<std::string> to;
    connection_words over;
    std::filesystem::path message; ///< empty: a plain message from `from` to all of `to`;
                                   ///< "-": standard input
    bool json = false;
};
int explain(const explain_options& options);

struct test_options {
    std::filesystem::path configuration;
    std::vector<std::filesystem::path> files; ///< of an administrator's expectations
};
/// could_not also where a file, the configuration or the policy is wrong: no test has failed then.
int test(const test_options& options);

/// Of all commands of `postseal keys`; each reads what it knows.
struct keys_options {
    std::filesystem::path configuration;
    std::string address;                ///< empty: every one
    std::vector<std::string> addresses; ///< to refresh, to import for; empty: every one
    std::string domain;                 ///< empty: every one
    std::string key;                    ///< to pin: a fingerprint or a file
    std::string note;                   ///< why, in the administrator's words
    std::vector<std::string> files;     ///< to import; "-": standard input
    bool all = false;      ///< list: those without a key too; refresh: everybody with a key
    bool armored = false;  ///< export: keys for people
    bool imported = false; ///< unpin: what was imported too
    bool yes = false;      ///< do not ask
    bool json = false;
};
int keys_find(const keys_options& options);
int keys_list(const keys_options& options);
int keys_show(const keys_options& options);
int keys_pin(const keys_options& options);
int keys_unpin(const keys_options& options);
int keys_import(const keys_options& options);
int keys_export(const keys_options& options);
int keys_delete(const keys_options& options);
int keys_refresh(const keys_options& options);
int keys_forget_domain(const keys_options& options);

struct optout_options {
    std::filesystem::path configuration;
    std::string name;    ///< an address or a domain; empty: list them
    std::string reason;  ///< in the administrator's words
    bool remove = false; ///< take it back
    bool yes = false;    ///< do not ask
    bool json = false;
};
int optout(const optout_options& options);

enum class spool_command { list, show, retry, erase };

struct spool_options {
    std::filesystem::path configuration;
    spool_command what = spool_command::list;
    std::vector<std::string> ids;
    bool all = false;  ///< of retry: every entry
    bool yes = false;  ///< of erase: do not ask
    bool json = false; ///< of list and show
};
int spool(const spool_options& options);

} // namespace postseal::cli
