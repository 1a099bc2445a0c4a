// SPDX-License-Identifier: Apache-2.0
#include "policy/notification.hpp"

#include "scene.hpp"
#include "smtp/parameters.hpp"

#include <random>

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(notifications)

namespace {

constexpr fate all_fates[] = {fate::delivered, fate::relayed, fate::refused, fate::delayed,
                              fate::expired};

constexpr std::string_view unsaid; // no NOTIFY at all

smtp::recipient to(std::string_view address, std::string_view notify = unsaid) {
    smtp::recipient one{at(address), {}};
    if (!notify.empty()) one.parameters.push_back({"NOTIFY", std::string(notify)});
    return one;
}

smtp::envelope from(const std::optional<smtp::mailbox>& sender,
                    std::vector<smtp::recipient> recipients) {
    return {sender, {}, std::move(recipients)};
}

outcome came_to(fate what, std::size_t recipient = 0) {
    outcome one;
    one.recipient = recipient;
    one.fate = what;
    return one;
}

std::string_view name(message::delivery_event what) {
    switch (what) {
    case message::delivery_event::refused: return "refused";
    case message::delivery_event::expired: return "expired";
    case message::delivery_event::delayed: return "delayed";
    case message::delivery_event::relayed: return "relayed";
    }
    return "?";
}

// "refused bob@example.net | silent 1: the sender said NOTIFY=NEVER"
std::string outline(const notification& made) {
    std::string text;
    for (const auto& one : made.to_sender) {
        if (!text.empty()) text += " | ";
        text += std::string(name(one.what)) + ' ' + smtp::to_string(one.to.address);
    }
    for (const auto& one : made.silent) {
        if (!text.empty()) text += " | ";
        text += "silent " + std::to_string(one.recipient) + ": " + std::string(to_string(one.why));
    }
    return text;
}

std::string told(const std::optional<smtp::mailbox>& sender, std::string_view notify, fate what) {
    const auto envelope = from(sender, {to("bob@example.net", notify)});
    return outline(policy::notify(house(), envelope, {came_to(what)}));
}

} // namespace

BOOST_AUTO_TEST_CASE(sender_hears_what_notify_asks_for) {
    const std::string refused = "refused bob@example.net";
    const std::string expired = "expired bob@example.net";
    const std::string delayed = "delayed bob@example.net";
    const std::string relayed = "relayed bob@example.net";
    const std::string never = "silent 0: the sender said NOTIFY=NEVER";
    const std::string not_failure = "silent 0: the sender's NOTIFY is without FAILURE";
    struct {
        std::string_view notify;
        std::string on_relayed, on_refused, on_delayed, on_expired;
    } const table[] = {
        {unsaid, "", refused, "", expired},
        {"FAILURE", "", refused, "", expired},
        {"NEVER", "", never, "", never},
        {"SUCCESS", relayed, not_failure, "", not_failure},
        {"DELAY", "", not_failure, delayed, not_failure},
        {"SUCCESS,DELAY", relayed, not_failure, delayed, not_failure},
        {"SUCCESS,FAILURE", relayed, refused, "", expired},
        {"DELAY,FAILURE,SUCCESS", relayed, refused, delayed, expired},
    };
    const auto anna = at("anna@example.org");
    for (const auto& row : table) {
        BOOST_TEST(told(anna, row.notify, fate::relayed) == row.on_relayed, row.notify);
        BOOST_TEST(told(anna, row.notify, fate::refused) == row.on_refused, row.notify);
        BOOST_TEST(told(anna, row.notify, fate::delayed) == row.on_delayed, row.notify);
        BOOST_TEST(told(anna, row.notify, fate::expired) == row.on_expired, row.notify);
        // A next hop with DSN has heard NOTIFY itself.
        BOOST_TEST(told(anna, row.notify, fate::delivered) == "", row.notify);
    }
}

BOOST_AUTO_TEST_CASE(nobody_writes_to_the_null_sender_or_to_strangers) {
    for (const std::string_view notify : {unsaid, std::string_view("SUCCESS,FAILURE,DELAY")}) {
        for (const auto what : {fate::delivered, fate::relayed, fate::delayed}) {
            BOOST_TEST(told(std::nullopt, notify, what) == "");
            BOOST_TEST(told(at("anna@example.net"), notify, what) == "");
        }
        for (const auto what : {fate::refused, fate::expired}) {
            BOOST_TEST(told(std::nullopt, notify, what) ==
                       "silent 0: the sender is <>, which is not answered");
            for (const auto stranger :
                 {"anna@example.net", "anna@example.org.example.net", "anna@notexample.org"})
                BOOST_TEST(told(at(stranger), notify, what) ==
                           "silent 0: the sender is outside the local domains");
            // Subdomains are local domains here, and so is the bare postmaster.
            BOOST_TEST(told(at("anna@Mail.Example.ORG"), notify, what).find("silent") ==
                       std::string::npos);
            BOOST_TEST(told(smtp::mailbox{"postmaster", {}}, notify, what).find("silent") ==
                       std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(one_notification_tells_of_all_in_the_order_of_the_envelope) {
    const auto envelope =
        from(at("anna@example.org"), {to("bob@example.net"), to("carol@example.com", "NEVER"),
                                      to("dave@example.com", "SUCCESS"), to("eve@example.net"),
                                      to("fay@example.net", "DELAY")});
    const std::vector<outcome> outcomes{came_to(fate::delayed, 4), came_to(fate::expired, 3),
                                        came_to(fate::refused, 1), came_to(fate::relayed, 2),
                                        came_to(fate::refused, 0)};
    BOOST_TEST(outline(notify(house(), envelope, outcomes)) ==
               "refused bob@example.net | relayed dave@example.com | expired eve@example.net | "
               "delayed fay@example.net | silent 1: the sender said NOTIFY=NEVER");
    BOOST_TEST(outline(notify(house(), envelope, {})) == "");
}

BOOST_AUTO_TEST_CASE(report_takes_what_is_known_of_the_delivery) {
    auto envelope = from(at("anna@example.org"), {to("bob@example.net", "FAILURE")});
    envelope.recipients[0].parameters.push_back({"ORCPT", "rfc822;robert@example.net"});
    const outcome one{0, fate::refused, {550, {}, {"5.1.1 No such user"}}, "mx.example.org", 7, 8};
    const auto made = notify(house(), envelope, {one});
    BOOST_REQUIRE(made.to_sender.size() == 1u);
    const auto& report = made.to_sender.front();
    BOOST_CHECK(report.to == envelope.recipients[0]);
    BOOST_CHECK(report.said == one.said);
    BOOST_TEST(report.said_by == "mx.example.org");
    BOOST_TEST(report.last_attempt.value() == 7);
    BOOST_TEST(report.retried_until.value() == 8);
}

// Of every lost copy somebody hears, or the log knows why not: never both, never neither.
BOOST_AUTO_TEST_CASE(no_copy_is_lost_without_a_word) {
    std::mt19937 random(3461);
    const std::string_view notifies[] = {unsaid,  "NEVER",         "FAILURE",      "SUCCESS",
                                         "DELAY", "SUCCESS,DELAY", "FAILURE,DELAY"};
    const std::optional<smtp::mailbox> senders[] = {std::nullopt, at("anna@example.org"),
                                                    at("anna@example.net")};
    for (int round = 0; round < 2000; ++round) {
        auto envelope = from(senders[random() % std::size(senders)], {});
        std::vector<outcome> outcomes;
        for (std::size_t i = 0; i < 1 + random() % 6; ++i) {
            envelope.recipients.push_back(to("r" + std::to_string(i) + "@example.net",
                                             notifies[random() % std::size(notifies)]));
            outcomes.push_back(came_to(all_fates[random() % std::size(all_fates)], i));
        }
        const auto made = notify(house(), envelope, outcomes);
        if (!envelope.sender || !is_local(house(), *envelope.sender))
            BOOST_TEST(made.to_sender.empty());
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            const auto& address = envelope.recipients[i].address;
            const auto heard =
                std::ranges::count_if(made.to_sender, [&](const message::recipient_report& one) {
                    return one.to.address == address;
                });
            const auto silent = std::ranges::count(made.silent, i, &untold::recipient);
            const bool lost =
                outcomes[i].fate == fate::refused || outcomes[i].fate == fate::expired;
            if (lost) BOOST_TEST(heard + silent == 1);
            if (!lost) BOOST_TEST(silent == 0);
            if (outcomes[i].fate == fate::delivered) BOOST_TEST(heard == 0);
            const auto* const asked =
                smtp::find_parameter(envelope.recipients[i].parameters, "NOTIFY");
            if (asked != nullptr && asked->value == "NEVER") BOOST_TEST(heard == 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(refused_notification_goes_to_the_postmaster_and_no_further) {
    const auto postmaster = at("postmaster@example.org");
    const auto first = next_addressee(at("anna@example.org"), postmaster);
    BOOST_REQUIRE(first.has_value());
    BOOST_CHECK(*first == postmaster);
    BOOST_CHECK(!next_addressee(*first, postmaster));
    BOOST_CHECK(!next_addressee(at("Postmaster@Example.ORG"), postmaster));
    BOOST_CHECK(!next_addressee(at("anna@example.org"), std::nullopt));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
