// SPDX-License-Identifier: Apache-2.0
#include "config/policy_settings.hpp"

#include "config/archive.hpp"
#include "config/values.hpp"

namespace postseal::config {

namespace {

using namespace std::chrono_literals;

const std::vector<std::string> settable{"mode",
                                        "encrypt",
                                        "without_key",
                                        "lookup_failed",
                                        "unusable_key",
                                        "hold_for",
                                        "then",
                                        "key_change",
                                        "sources",
                                        "scope",
                                        "blind",
                                        "archive",
                                        "headers",
                                        "date",
                                        "message_id",
                                        "dkim",
                                        "header_protection",
                                        "subject",
                                        "exempt",
                                        "min_strength",
                                        "note"};

const auto read_mode =
    word_of<policy::mode>({{"enforce", policy::mode::enforce}, {"observe", policy::mode::observe}});
const auto read_encrypt =
    word_of<policy::encrypt>({{"never", policy::encrypt::never},
                              {"opportunistic", policy::encrypt::opportunistic},
                              {"all-or-none", policy::encrypt::all_or_none},
                              {"required", policy::encrypt::required}});
const auto read_fallback = word_of<policy::fallback>({{"send", policy::fallback::send},
                                                      {"hold", policy::fallback::hold},
                                                      {"defer", policy::fallback::defer},
                                                      {"reject", policy::fallback::reject}});
const auto read_key_change = word_of<policy::key_change>({{"accept", policy::key_change::accept},
                                                          {"warn", policy::key_change::warn},
                                                          {"hold", policy::key_change::hold}});
const auto read_hold_for = duration_within<std::chrono::seconds>(1min, 30 * 24h);
const auto read_then = word_of<policy::hold_end>(
    {{"send", policy::hold_end::send}, {"reject", policy::hold_end::reject}});
const auto read_blind = word_of<policy::blind_copies>(
    {{"separate", policy::blind_copies::separate}, {"reject", policy::blind_copies::reject}});
const auto read_scope = word_of<policy::scope>(
    {{"message", policy::scope::message}, {"recipient", policy::scope::recipient}});
const auto read_date = word_of<message::date_form>({{"profile", message::date_form::by_profile},
                                                    {"keep", message::date_form::keep},
                                                    {"utc", message::date_form::utc},
                                                    {"minute", message::date_form::minute}});
const auto read_dkim = word_of<message::signature_rule>(
    {{"drop", message::signature_rule::drop_stale}, {"keep", message::signature_rule::keep}});

const auto read_protection =
    word_of<message::protection_policy>({{"off", message::protection_policy::off},
                                         {"baseline", message::protection_policy::baseline},
                                         {"shy", message::protection_policy::shy}});
const auto read_subject = word_of<message::subject_outside>(
    {{"hidden", message::subject_outside::hidden}, {"shown", message::subject_outside::shown}});

message::id_form read_id_form(const source& from, const node& value,
                              const message::id_disguise& by) {
    const auto form = word_of<message::id_form>(
        {{"keep", message::id_form::keep}, {"hmac", message::id_form::hmac}})(from, value);
    if (form == message::id_form::hmac && !by.hash)
        from.fail(value.at, "'message_id: hmac' needs 'message_ids' in postseal.yaml: a key, the "
                            "same at all relays of the house, and the hosts to hide");
    return form;
}

// "2048", "any" or "never". Where a number cannot be meant, as of 256 bits of RSA, it is a mistake.
auto bits_within(std::size_t least, std::size_t most) {
    return [=](const source& from, const node& value) -> std::uint32_t {
        if (value.text == "any") return policy::min_strength::any;
        if (value.text == "never") return policy::min_strength::never;
        if (value.text.find_first_not_of("0123456789") != std::string::npos)
            from.fail(value.at, "'" + value.text + "' is neither a number of bits (" +
                                    std::to_string(least) + " to " + std::to_string(most) +
                                    "), any nor never");
        return static_cast<std::uint32_t>(read_count(from, value, least, most));
    };
}

policy::allowed_sources read_sources(const source& from, const node& value) {
    policy::allowed_sources allowed{.local = false, .wkd = false, .keyservers = false};
    const auto read_source = word_of<bool policy::allowed_sources::*>(
        {{"local", &policy::allowed_sources::local},
         {"wkd", &policy::allowed_sources::wkd},
         {"keyservers", &policy::allowed_sources::keyservers}});
    for (const auto& one : value.items)
        if (one.text == "directory" || one.text == "store")
            from.fail(one.at, "'" + one.text +
                                  "' is none of local, wkd, keyservers; 'local' is "
                                  "the directory and the store");
    for (const auto which : list_of(read_source)(from, value))
        allowed.*which = true;
    return allowed;
}

} // namespace

const std::vector<std::string>& setting_keys() { return settable; }

void read_settings(const source& from, const mapping& block, const setting_context& known,
                   policy::overrides& set) {
    block.take("mode", set.mode, read_mode);
    block.take("encrypt", set.encrypt, read_encrypt);
    block.take("without_key", set.without_key, read_fallback);
    block.take("lookup_failed", set.lookup_failed, read_fallback);
    block.take("unusable_key", set.unusable_key, read_fallback);
    block.take("hold_for", set.hold_for, read_hold_for);
    block.take("then", set.then, read_then);
    block.take("key_change", set.key_change, read_key_change);
    block.take("sources", set.sources, read_sources);
    block.take("scope", set.scope, read_scope);
    block.take("blind", set.blind, read_blind);
    if (const auto* archive = block.find("archive"))
        set.archive = read_archive(from, *archive, known.house);
    block.take("headers", set.headers, [&](const source& file, const node& value) {
        return known.profiles.choose(file, value);
    });
    block.take("date", set.date, read_date);
    block.take("message_id", set.message_id, [&](const source& file, const node& value) {
        return read_id_form(file, value, known.message_ids);
    });
    block.take("dkim", set.dkim, read_dkim);
    block.take("header_protection", set.header_protection, read_protection);
    block.take("subject", set.subject, read_subject);
    block.take("note", set.note, read_note);
    if (const auto* exempt = block.find("exempt")) {
        const mapping classes(from, *exempt, "'exempt'",
                              {"reports", "invitations", "lists", "key_exchange"});
        classes.take("reports", set.exempt_reports, read_switch);
        classes.take("invitations", set.exempt_invitations, read_switch);
        classes.take("lists", set.exempt_lists, read_switch);
        classes.take("key_exchange", set.exempt_key_exchange, read_switch);
    }
    if (const auto* strength = block.find("min_strength")) {
        const mapping kinds(from, *strength, "'min_strength'", {"rsa", "elgamal", "curves"});
        kinds.take("rsa", set.min_rsa, bits_within(1024, 16'384));
        kinds.take("elgamal", set.min_elgamal, bits_within(1024, 16'384));
        kinds.take("curves", set.min_curves, bits_within(256, 521));
    }
}

// A block that says `send` beside `required` shows an author who expects one of them to win. The
// relay would refuse; the author shall know before.
void refuse_contradictions(const source& from, const mapping& block, policy::encrypt effective) {
    if (effective != policy::encrypt::required) return;
    for (const std::string key : {"without_key", "lookup_failed", "unusable_key", "then"}) {
        const auto* value = block.find(key);
        if (value == nullptr || value->text != "send") continue;
        from.fail(value->at, "'" + key + ": send' contradicts 'encrypt: required', which never " +
                                 "sends in clear; write reject" +
                                 (key == "then" ? "" : ", defer or hold"));
    }
}

void refuse_idle_cleaning(const source& from, const mapping& block,
                          const message::cleaning& effective) {
    const message::cleaning usual;
    struct choice {
        std::string key;
        bool made;
    };
    for (const auto& one : {choice{"date", effective.date != usual.date},
                            choice{"message_id", effective.message_id != usual.message_id},
                            choice{"dkim", effective.dkim != usual.dkim}}) {
        const auto* value = block.find(one.key);
        if (value == nullptr || !one.made) continue;
        if (effective.changes_nothing())
            from.fail(value->at, "'" + one.key + ": " + value->text + "' does nothing, since " +
                                     "'headers: off' leaves all fields as they are");
        if (effective.message_id == message::id_form::hmac &&
            effective.dkim == message::signature_rule::keep && one.key != "date")
            from.fail(value->at, "'message_id: hmac' and 'dkim: keep' contradict each other: " +
                                     std::string("signatures are over the Message-ID"));
    }
}

} // namespace postseal::config
