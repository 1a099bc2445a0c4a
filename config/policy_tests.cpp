// SPDX-License-Identifier: Apache-2.0
#include "config/policy_tests.hpp"

#include "config/expectations.hpp"
#include "config/mapping.hpp"
#include "config/values.hpp"
#include "message/example_letter.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace postseal::config {

namespace {

using policy::fact;

const auto read_result = word_of<keys::outcome>({{"found", keys::outcome::found},
                                                 {"absent", keys::outcome::absent},
                                                 {"unusable", keys::outcome::unusable},
                                                 {"temporary", keys::outcome::temporary}});
const auto read_answer = word_of<supposed_key>({{"found", {keys::outcome::found}},
                                                {"absent", {keys::outcome::absent}},
                                                {"unusable", {keys::outcome::unusable}},
                                                {"temporary", {keys::outcome::temporary}},
                                                {"opted_out", {.opted_out = true}}});
const auto read_origin = word_of<keys::origin>({{"directory", keys::origin::administrator},
                                                {"wkd", keys::origin::domain},
                                                {"keyserver", keys::origin::third_party}});
const auto read_change =
    word_of<supposed_key::change>({{"true", supposed_key::change::yes},
                                   {"false", supposed_key::change::no},
                                   {"unknown", supposed_key::change::unknown}});

// As GnuPG has it; "unknown": the key has not been judged since that was asked.
std::string read_algorithm(const source& from, const node& value) {
    auto written = read_text(from, value);
    return written == "unknown" ? std::string() : written;
}

supposed_key read_key(const source& from, const node& value) {
    if (value.kind != node::kind::map) return read_answer(from, value);
    supposed_key made;
    const mapping block(from, value, "a key", {"result", "algorithm", "source", "changed"});
    made.result = keys::outcome::found;
    block.take("result", made.result, read_result);
    block.take("source", made.from, read_origin);
    for (const std::string key : {"algorithm", "changed"})
        if (const auto* there = block.find(key); there && made.result != keys::outcome::found)
            from.fail(there->at, "'" + key + "' is for a key that is found");
    block.take("algorithm", made.algorithm, read_algorithm);
    block.take("changed", made.changed, read_change);
    return made;
}

std::string read_name(const source& from, const node& value) {
    auto name = read_text(from, value);
    if (name.find_first_of(": \t") != std::string::npos)
        from.fail(value.at, "'" + name + "' is no name of a header field");
    return name;
}

// What stands in the letter in place of what it would have by itself.
void read_letter(const source& from, const mapping& block, message::example_letter& letter) {
    if (const auto* fields = block.find("header")) {
        if (fields->kind != node::kind::map)
            from.fail(fields->at, "'header' must hold fields: { Subject: a draft }");
        for (const auto& one : fields->entries) {
            const node name{node::kind::scalar, one.at, one.key, {}, {}};
            letter.header.emplace_back(read_name(from, name), read_text(from, one.value));
        }
    }
    if (const auto* text = block.find("text")) {
        if (text->kind != node::kind::scalar) from.fail(text->at, "'text' must be text");
        letter.text = text->text;
    }
    block.take("attachment", letter.attachment, read_text);
    block.take("size", letter.size, size_within(1, max_test_message));
}

class test_reader {
  public:
    test_reader(const source& from, const node& value)
        : from_(from),
          block_(from, value, "a test",
                 {"name", "from", "to", "bcc", "listener", "client", "tls", "authenticated",
                  "login", "message", "header", "text", "attachment", "size", "keys", "expect"}) {
        made_.at = value.at;
    }

    policy_test read() && {
        made_.name = read_text(from_, block_.need("name", "what it is to show"));
        read_envelope();
        read_connection();
        read_message();
        made_.keys.resize(made_.envelope.recipients.size());
        if (const auto* keys = block_.find("keys"))
            for_recipients(*keys, [this](std::size_t i, const node& value, position) {
                made_.keys[i] = read_key(from_, value);
            });
        for_recipients(block_.need("expect", "what shall become of the mail"),
                       [this](std::size_t i, const node& value, position at) {
                           auto what = read_expectation(from_, value, i, made_.envelope);
                           made_.expected.push_back({i, at, std::move(what)});
                       });
        return std::move(made_);
    }

  private:
    void read_envelope() {
        const auto& sender = block_.need("from", "the envelope sender; '<>' for a bounce");
        if (sender.text != "<>") made_.envelope.sender = read_mailbox(from_, sender);
        letter_.from = made_.envelope.sender;
        const auto add = [this](const node& value, bool shown) {
            for (auto& one : some_of(read_mailbox)(from_, value)) {
                if (shown) letter_.to.push_back(one);
                made_.envelope.recipients.push_back({std::move(one), {}});
            }
        };
        const auto* blind = block_.find("bcc");
        if (blind == nullptr || block_.find("to") != nullptr)
            add(block_.need("to", "the recipients; 'bcc' is for those who stand in no field"),
                true);
        if (blind != nullptr) add(*blind, false);
    }

    void read_connection() {
        const auto take = [this](fact what, std::string_view key, auto reader) {
            if (const auto* there = block_.find(key))
                made_.over[what] = {reader(from_, *there), there->at};
        };
        const auto yes_or_no = word_of<std::string>({{"true", "yes"}, {"false", "no"}});
        take(fact::listener, "listener", read_text);
        take(fact::client, "client", read_text);
        take(fact::tls, "tls", yes_or_no);
        take(fact::authenticated, "authenticated", yes_or_no);
        take(fact::login, "login", read_text);
    }

    void read_message() {
        const auto* file = block_.find("message");
        if (file == nullptr) {
            read_letter(from_, block_, letter_);
            made_.message = message::write_letter(letter_);
            return;
        }
        for (const std::string key : {"header", "text", "attachment", "size"})
            if (const auto* there = block_.find(key))
                from_.fail(there->at, "'" + key + "' is for a letter; with 'message' the whole " +
                                          "message stands in the file");
        made_.message =
            message::with_crlf(read_source(read_path(from_, *file), max_test_message).text());
    }

    // One value for all, which may be a map itself, or a map of addresses.
    template<class Take>
    void for_recipients(const node& value, Take take) {
        const auto& recipients = made_.envelope.recipients;
        const bool by_address = std::ranges::any_of(
            value.entries, [](const entry& one) { return one.key.find('@') != std::string::npos; });
        if (!by_address) {
            for (std::size_t i = 0; i < recipients.size(); ++i)
                take(i, value, value.at);
            return;
        }
        for (const auto& one : value.entries)
            take(find_recipient(from_, one.key, one.at, made_.envelope), one.value, one.at);
    }

    const source& from_;
    mapping block_;
    policy_test made_;
    message::example_letter letter_;
};

} // namespace

policy_tests read_policy_tests(const std::filesystem::path& file) {
    policy_tests made{read_source(file), {}};
    const auto& from = made.from;
    const auto root = parse_yaml(from);
    if (root.kind == node::kind::empty) from.fail({}, "is empty");
    const mapping top(from, root, "the file", {"tests"});
    const auto& tests = top.need("tests", "a list of what you expect");
    if (tests.kind != node::kind::list || tests.items.empty())
        from.fail(tests.at, "'tests' must be a list of tests");
    std::set<std::string> names;
    for (const auto& one : tests.items) {
        made.tests.push_back(test_reader(from, one).read());
        if (!names.insert(made.tests.back().name).second)
            from.fail(one.at, "a second test is called '" + made.tests.back().name + "'");
    }
    return made;
}

} // namespace postseal::config
