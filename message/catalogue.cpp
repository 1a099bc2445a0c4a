// SPDX-License-Identifier: Apache-2.0
// The catalogue of header fields: what each profile does to them, and why. docs/headers.md shows it
// to administrators; a test keeps the two equal.
#include "message/clean.hpp"

namespace postseal::message {

namespace {

constexpr auto keep = field_action::keep;
constexpr auto remove = field_action::remove;
constexpr auto normalise = field_action::normalise;

constexpr std::string_view mandatory = "every message needs it; missing, it costs spam points";
constexpr std::string_view date = "strict: UTC and whole minutes; zone and seconds tell the place";
constexpr std::string_view program = "names the mail program";
constexpr std::string_view sent_folder = "where the program keeps its copy, and for which account";
constexpr std::string_view device = "names the device, down to its build";
constexpr std::string_view network = "address of the client";
constexpr std::string_view script = "program, user or path on the sending machine";
constexpr std::string_view inner_hops = "tells what earlier hops knew: addresses, logins, accounts";
constexpr std::string_view microsoft = "Exchange and Outlook internals: tenant, user, servers";
constexpr std::string_view domino = "Domino internals: servers, versions, databases";
constexpr std::string_view provider = "internals of a provider or a filter";
constexpr std::string_view verdict = "tells how mail is filtered on the inside";
constexpr std::string_view locale = "language of the sender's desk";
constexpr std::string_view person = "about the person or the organisation";
constexpr std::string_view receipt =
    "the sender asked for a receipt; strict gives no address for it";
constexpr std::string_view priority = "chosen by the sender for the reader";
constexpr std::string_view list = "lists, unsubscribing and feedback loops need it";
constexpr std::string_view loops = "keeps automatic answers and lists from looping";
constexpr std::string_view relaying = "an instruction to relays, or trace of a resent message";
constexpr std::string_view signature =
    "goes with the first change to what it signs, unless `dkim: keep`";

} // namespace

const std::vector<catalogue_part>& catalogue_parts() {
    static const std::vector<catalogue_part> parts{
        {"Blind recipients",
         {
             {"Bcc", remove, remove, "blind recipients stay blind"},
             {"Resent-Bcc", remove, remove, "blind recipients stay blind"},
             {"Apparently-To", remove, remove, "blind recipients stay blind"},
         }},
        {"Mandatory fields and addresses",
         {
             {"From", keep, keep, mandatory},
             {"To", keep, keep, mandatory},
             {"Cc", keep, keep, mandatory},
             {"Subject", keep, keep, mandatory},
             {"Date", keep, normalise, date},
             {"MIME-Version", normalise, normalise,
              "programs add a comment with their name; becomes 1.0"},
             {"Sender", keep, keep, "mailing lists and DMARC tools look at it"},
             {"Reply-To", keep, keep, "replies would go elsewhere"},
         }},
        {"Threading",
         {
             {"Message-ID", keep, keep,
              "replies, bounces and the sender's own folders refer to it"},
             {"In-Reply-To", keep, keep, "conversations would fall apart"},
             {"References", keep, keep, "conversations would fall apart"},
         }},
        {"Lists, automatic mail and relaying: never touched",
         {
             {"List-*", keep, keep, list},
             {"Archived-At", keep, keep, list},
             {"Feedback-ID", keep, keep, list},
             {"Precedence", keep, keep, loops},
             {"Auto-Submitted", keep, keep, loops},
             {"X-Auto-Response-Suppress", keep, keep, loops},
             {"X-Loop*", keep, keep, loops},
             {"X-BeenThere", keep, keep, loops},
             {"X-OTRS-Loop", keep, keep, loops},
             {"X-RT-Loop-Prevention", keep, keep, loops},
             {"X-hMailServer-LoopCount", keep, keep, loops},
             {"Resent-Date", keep, normalise, date},
             {"Resent-*", keep, keep, relaying},
             {"TLS-Required", keep, keep, relaying},
             {"Require-*", keep, keep, relaying},
         }},
        {"Keys",
         {
             {"Autocrypt", keep, keep, "peers find the sender's key by it"},
             {"OpenPGP", keep, remove,
              "says where the sender's key is; strict: Autocrypt is enough"},
             {"X-PGP-Key", remove, remove, person},
             {"X-PGP-Fingerprint", remove, remove, person},
             {"X-GPG-*", remove, remove, person},
         }},
        {"Signatures of servers before us",
         {
             {"ARC-Filter", remove, remove, inner_hops},
             {"DKIM-Signature", keep, keep, signature},
             {"DomainKey-Signature", keep, keep, signature},
             {"ARC-*", keep, keep, signature},
         }},
        {"Client software",
         {
             {"User-Agent", remove, remove, program},
             {"X-Mailer", remove, remove, program},
             {"X-MimeOLE", remove, remove, program},
             {"X-Newsreader", remove, remove, program},
             {"Mailer", remove, remove, program},
             {"Originating-Client", remove, remove, program},
             {"X-Enigmail*", remove, remove, program},
             {"X-Pgp-Agent", remove, remove, program},
             {"X-Originating-Client", remove, remove, program},
             {"X-Webmail-*", remove, remove, program},
             {"X-Powered-By", remove, remove, program},
             {"X-Managed-By", remove, remove, program},
             {"Managed-By", remove, remove, program},
             {"X-Mailman-*", remove, remove, program},
             {"X-Sieve", remove, remove, program},
             {"X-Mozilla-*", remove, remove, sent_folder},
             {"X-Identity-Key", remove, remove, sent_folder},
             {"X-Account-Key", remove, remove, sent_folder},
             {"Fcc", remove, remove, sent_folder},
             {"X-Smtp-Server", remove, remove, sent_folder},
             {"X-K9mail-*", remove, remove, sent_folder},
             {"X-Mutt-*", remove, remove, sent_folder},
             {"X-KMail-*", remove, remove, sent_folder},
             {"X-Evolution*", remove, remove, sent_folder},
             {"X-Claws-*", remove, remove, sent_folder},
             {"X-Sylpheed-*", remove, remove, sent_folder},
         }},
        {"Device",
         {
             {"X-Universally-Unique-Identifier", remove, remove, device},
             {"X-Uniform-Type-Identifier", remove, remove, device},
             {"X-Apple-*", remove, remove, device},
             {"X-Operating-System", remove, remove, device},
             {"X-Uptime", remove, remove, device},
         }},
        {"Network",
         {
             {"X-Originating-IP", remove, remove, network},
             {"X-Session-IP", remove, remove, network},
             {"X-Originating-*", remove, remove, network},
             {"Originating-IP", remove, remove, network},
             {"X-EIP", remove, remove, network},
             {"X-Sender-IP", remove, remove, network},
             {"X-Client-IP", remove, remove, network},
             {"X-Forward*", remove, remove, network},
             {"X-Real-IP", remove, remove, network},
             {"X-Remote-*", remove, remove, network},
             {"X-EN-OrigIP", remove, remove, network},
             {"X-MDRemoteIP", remove, remove, network},
             {"X-MDHelo", remove, remove, network},
             {"Cmm-Sender-IP", remove, remove, network},
             {"NNTP-Posting-*", remove, remove, network},
             {"Injection-*", remove, remove, network},
         }},
        {"Trace of the hops before us; our own Received field stands in for them",
         {
             {"Received", remove, remove, inner_hops},
             {"Return-Path", remove, remove, inner_hops},
             {"Delivered-To", remove, remove, inner_hops},
             {"X-Original-To", remove, remove, inner_hops},
             {"X-Delivered-To", remove, remove, inner_hops},
             {"Envelope-*", remove, remove, inner_hops},
             {"Delivery-Date", remove, remove, inner_hops},
             {"X-MailFrom", remove, remove, inner_hops},
             {"X-Cyrus-Session-Id", remove, remove, inner_hops},
             {"X-Return-Path", remove, remove, inner_hops},
             {"X-MDaemon-*", remove, remove, inner_hops},
             {"X-MDArrival-Date", remove, remove, inner_hops},
             {"X-MDOrigin-Country", remove, remove, inner_hops},
             {"X-Envelope-*", remove, remove, inner_hops},
             {"X-Rcpt-To", remove, remove, inner_hops},
             {"X-MDRcpt-To", remove, remove, inner_hops},
             {"X-Apparently-To", remove, remove, inner_hops},
             {"Authentication-Results*", remove, remove, inner_hops},
             {"Received-SPF", remove, remove, inner_hops},
             {"X-Authenticated*", remove, remove, inner_hops},
             {"X-Authentication-*", remove, remove, inner_hops},
             {"X-SASL-*", remove, remove, inner_hops},
             {"X-Auth-*", remove, remove, inner_hops},
             {"X-AuthUser", remove, remove, inner_hops},
             {"Authenticated-Sender", remove, remove, inner_hops},
             {"Original-Recipient", remove, remove, inner_hops},
             {"DL-Expansion-History", remove, remove, inner_hops},
             {"X400-*", remove, remove, inner_hops},
             {"X-MIME-Autoconverted", remove, remove, inner_hops},
             {"DKIM-Filter", remove, remove, inner_hops},
             {"X-Greylist*", remove, remove, inner_hops},
             {"X-DKIM*", remove, remove, inner_hops},
             {"DMARC-Filter", remove, remove, inner_hops},
         }},
        {"Host and application",
         {
             {"X-PHP-*", remove, remove, script},
             {"X-PPP-*", remove, remove, script},
             {"X-Cron-*", remove, remove, script},
             {"X-Source*", remove, remove, script},
             {"X-AntiAbuse", remove, remove, script},
             {"X-Get-Message-Sender-Via", remove, remove, script},
             {"X-Sender", remove, remove, script},
             {"X-X-Sender", remove, remove, script},
         }},
        {"Microsoft",
         {
             {"X-MS-*", remove, remove, microsoft},
             {"X-MSMail-Priority", remove, remove, microsoft},
             {"X-OriginatorOrg", remove, remove, microsoft},
             {"X-Forefront-*", remove, remove, microsoft},
             {"X-Microsoft-*", remove, remove, microsoft},
             {"X-Exchange-*", remove, remove, microsoft},
             {"X-EOP*", remove, remove, microsoft},
             {"X-LD-Processed", remove, remove, microsoft},
             {"X-ClientProxiedBy", remove, remove, microsoft},
             {"X-CrossPremises*", remove, remove, microsoft},
             {"X-OrganizationHeaders*", remove, remove, microsoft},
             {"X-MessageSentRepresentingType", remove, remove, microsoft},
             {"X-IncomingTopHeaderMarker", remove, remove, microsoft},
             {"X-IncomingHeaderCount", remove, remove, microsoft},
             {"X-TMN", remove, remove, microsoft},
             {"msip_labels", remove, remove, microsoft},
             {"suggested_attachment_session_id", remove, remove, microsoft},
             {"Thread-Index", remove, remove, "times of every message of the conversation"},
             {"Thread-Topic", remove, remove,
              "the first subject, however often it was changed since"},
             {"X-OriginalArrivalTime", remove, remove, "when the first server got it, to the tick"},
         }},
        {"HCL Notes and Domino",
         {
             {"X-MIMETrack", remove, remove, domino},
             {"X-KeepSent", remove, remove, domino},
         }},
        {"Google and others",
         {
             {"X-Google-*", remove, remove, provider},
             {"X-Gm-*", remove, remove, provider},
             {"X-Gmail-*", remove, remove, provider},
             {"X-Received", remove, remove, provider},
             {"X-Mimecast-*", remove, remove, provider},
             {"X-Proofpoint-*", remove, remove, provider},
             {"X-Mentions", remove, remove, provider},
             {"X-Provags-ID", remove, remove, provider},
             {"X-UI-*", remove, remove, provider},
             {"UI-OutboundReport", remove, remove, provider},
             {"UI-InboundReport", remove, remove, provider},
             {"X-YMail-*", remove, remove, provider},
         }},
        {"Spam and virus filters",
         {
             {"X-Spam*", remove, remove, verdict},
             {"X-Virus-*", remove, remove, verdict},
             {"X-OutGoing-Spam-Status", remove, remove, verdict},
             {"X-Antivirus*", remove, remove, verdict},
             {"X-Scanned-By", remove, remove, verdict},
             {"X-MailScanner*", remove, remove, verdict},
             {"MailScanner-*", remove, remove, verdict},
             {"X-Amavis-*", remove, remove, verdict},
             {"Amavis-*", remove, remove, verdict},
             {"X-Rspamd-*", remove, remove, verdict},
             {"X-Bogosity", remove, remove, verdict},
             {"X-IronPort-*", remove, remove, verdict},
             {"IronPort-*", remove, remove, verdict},
             {"X-Barracuda-*", remove, remove, verdict},
             {"X-ASG-*", remove, remove, verdict},
             {"X-TM-AS-*", remove, remove, verdict},
             {"X-TMASE-*", remove, remove, verdict},
             {"X-FEAS-*", remove, remove, verdict},
             {"X-FE-*", remove, remove, verdict},
             {"X-KSE-*", remove, remove, verdict},
             {"X-KLMS-*", remove, remove, verdict},
             {"X-Eset*", remove, remove, verdict},
             {"X-Brightmail-*", remove, remove, verdict},
             {"X-Cloud-Security*", remove, remove, verdict},
             {"X-MDAV-*", remove, remove, verdict},
             {"SpamDiagnostic*", remove, remove, verdict},
             {"X-CMAE-*", remove, remove, verdict},
             {"X-Authority-Analysis", remove, remove, verdict},
         }},
        {"Locale",
         {
             {"Accept-Language", remove, remove, locale},
             {"acceptlanguage", remove, remove, locale},
             {"Content-Language", remove, remove, locale},
         }},
        {"Organisation and person",
         {
             {"Organization", remove, remove, person},
             {"Organisation", remove, remove, person},
             {"Phone", remove, remove, person},
             {"Fax", remove, remove, person},
             {"Telefax", remove, remove, person},
             {"X-Face", remove, remove, person},
             {"Face", remove, remove, person},
             {"X-URL", remove, remove, person},
             {"Jabber-ID", remove, remove, person},
             {"X-RT-Originator", remove, remove, person},
             {"RT-Originator", remove, remove, person},
         }},
        {"Receipts",
         {
             {"Disposition-Notification-*", keep, remove, receipt},
             {"Return-Receipt-To", keep, remove, receipt},
             {"X-Confirm-Reading-To", keep, remove, receipt},
             {"X-PMRQC", keep, remove, receipt},
         }},
        {"Priority",
         {
             {"Importance", keep, keep, priority},
             {"Priority", keep, keep, priority},
             {"X-Priority", keep, keep, priority},
         }},
        {"Everything else",
         {
             {"X-*", keep, remove,
              "unknown: tickets and workflows may need it; strict trusts no stranger"},
             {"", remove, remove,
              "what an mbox file leaves; below our own field it would end the header"},
         }},
    };
    return parts;
}

const std::vector<catalogue_row>& catalogue() {
    static const std::vector<catalogue_row> rows = [] {
        std::vector<catalogue_row> all;
        for (const auto& part : catalogue_parts())
            all.insert(all.end(), part.rows.begin(), part.rows.end());
        return all;
    }();
    return rows;
}

} // namespace postseal::message
