// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"
#include "cli/keys_words.hpp"
#include "cli/words.hpp"

#include "config/error.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>
#include <optional>

namespace {

using namespace postseal;
using cli::add_configuration;

struct postfix_words {
    CLI::Option* wanted;
    CLI::Option* saved;
    cli::postfix_options read;

    explicit postfix_words(CLI::App& command)
        : wanted(command.add_option(
              "--postfix", read.configuration_directory,
              "Look at Postfix's settings as well: which of those that postseal needs are missing, "
              "and which are dangerous beside it. DIR: where main.cf is, if not where postconf "
              "looks by itself")),
          saved(command.add_option(
              "--postconf-output", read.saved,
              "Judge what '(postconf; postconf -F; postconf -P) > FILE' has printed on the mail "
              "server, instead of running postconf here; '-' for standard input")) {
        wanted->expected(0, 1)->type_name("[DIR]");
        saved->type_name("FILE")->excludes(wanted);
        command.add_option("--postconf", read.postconf, "Postfix's postconf")
            ->capture_default_str()
            ->type_name("PROGRAM");
        command.footer("--postfix changes nothing. For each finding it prints the line that mends "
                       "it.\nExit status: 0 good (perhaps with warnings), 1 errors (with --strict "
                       "also warnings), 2 could not be read.");
    }

    [[nodiscard]] std::optional<cli::postfix_options> chosen() const {
        if (wanted->count() == 0 && saved->count() == 0) return std::nullopt;
        return read;
    }
};

struct spool_words {
    CLI::App* group;
    cli::spool_options read;

    explicit spool_words(CLI::App& app)
        : group(app.add_subcommand("spool", "Look at mail that is still owed to somebody")) {
        group->require_subcommand(1);
        group->footer(
            "Mail is in the spool when its sender has been told that it was taken, and some\n"
            "recipients have not got it yet. A running postseal tries it again by itself.");
        auto* const list =
            add("list", "Every entry: its age, its next try, and what was said of it",
                cli::spool_command::list);
        auto* const show = add("show", "All that is known of an entry; never its content",
                               cli::spool_command::show);
        auto* const retry = add("retry", "Make entries due now", cli::spool_command::retry);
        auto* const erase = add("delete", "Delete entries. Nobody gets them, and nobody is told",
                                cli::spool_command::erase);
        for (auto* const one : {list, show})
            one->add_flag("--json", read.json, "For programs");
        auto* const all = retry->add_flag("--all", read.all, "Every entry");
        add_ids(*show)->required();
        add_ids(*retry)->excludes(all);
        add_ids(*erase)->required();
        retry->callback([this] {
            if (!read.all && read.ids.empty())
                throw CLI::ValidationError("name entries, or say --all");
        });
        erase->add_flag("-y,--yes", read.yes, "Do not ask");
    }
    // Options are written to members of this one.
    spool_words(const spool_words&) = delete;
    spool_words& operator=(const spool_words&) = delete;

  private:
    CLI::App* add(const char* name, const char* what, cli::spool_command meant) {
        auto* const command = group->add_subcommand(name, what);
        add_configuration(*command, read.configuration);
        command->preparse_callback([this, meant](std::size_t) { read.what = meant; });
        return command;
    }
    CLI::Option* add_ids(CLI::App& command) {
        return command.add_option("id", read.ids, "As 'postseal spool list' shows it")
            ->type_name("ID");
    }
};

struct optout_words {
    CLI::App* command;
    cli::optout_options read;

    explicit optout_words(CLI::App& app)
        : command(app.add_subcommand("optout", "Say who cannot read sealed mail, and list them")) {
        add_configuration(*command, read.configuration);
        auto* const name = command->add_option("name", read.name, "A recipient, or a whole domain")
                               ->type_name("ADDRESS|DOMAIN");
        auto* const reason =
            command
                ->add_option("--reason", read.reason,
                             "Why; one line. It is logged with each mail, and so is your name")
                ->type_name("TEXT");
        auto* const remove =
            command->add_flag("--remove", read.remove, "Seal again to the address or domain");
        const std::string listing = "List them, as without a name";
        command->add_flag("--list", listing)->excludes(name);
        command->add_flag("-y,--yes", read.yes, "Do not ask, where it is a domain");
        command->add_flag("--json", read.json, "For programs");
        reason->excludes(remove)->needs(name);
        remove->needs(name);
        command->footer(
            "A running postseal sees it with its next mail: that goes in clear, whatever key is "
            "known or\nwas used before. What must be sealed is refused. Exit status: 0 done, 1 the "
            "answer is no,\n2 could not be done.");
    }
    // Options are written to members of this one.
    optout_words(const optout_words&) = delete;
    optout_words& operator=(const optout_words&) = delete;
};

int dispatch(int argc, char** argv) {
    CLI::App app("postseal: a transparent encrypting SMTP relay.\n"
                 "It stands before a mail server, encrypts outgoing mail with OpenPGP for every\n"
                 "recipient whose key it finds, and removes headers that identify the sender's\n"
                 "software, device and network.");
    app.set_version_flag("--version", "postseal " POSTSEAL_VERSION);
    app.require_subcommand(1);
    app.footer("Exit status: 0 done, 1 the answer is no, 2 could not be done.");

    cli::run_options running;
    auto* const run = app.add_subcommand("run", "Relay mail until SIGTERM; SIGHUP reloads");
    add_configuration(*run, running.configuration);

    cli::check_options checking;
    auto* const check = app.add_subcommand(
        "check", "Read configuration and policy, and say what is wrong with them and where");
    add_configuration(*check, checking.configuration);
    check->add_flag("--strict", checking.strict, "Exit with 1 where there are warnings, too");
    const postfix_words postfix(*check);

    cli::explain_options explaining;
    auto* const explain = app.add_subcommand(
        "explain", "Show what would happen to a message, and why, without sending it");
    add_configuration(*explain, explaining.configuration);
    explain->add_option("--from", explaining.from, "Envelope sender; '<>' for a bounce")
        ->required()
        ->type_name("ADDRESS");
    explain->add_option("--to", explaining.to, "Envelope recipient; may be given several times")
        ->required()
        ->allow_extra_args(false) // the next word is the message
        ->type_name("ADDRESS");
    explain
        ->add_option("--listener", explaining.over.listener,
                     "The listener that it comes in over; default: the first one")
        ->type_name("NAME");
    explain
        ->add_option("--client", explaining.over.client,
                     "Whence it was sent, as rules with 'client' see it; default: unknown")
        ->type_name("IP-ADDRESS");
    const CLI::IsMember yes_or_no({"yes", "no"});
    explain
        ->add_option("--tls", explaining.over.tls,
                     "Did the client use TLS? Default: yes, if it could")
        ->check(yes_or_no)
        ->type_name("yes|no");
    explain
        ->add_option("--authenticated", explaining.over.authenticated,
                     "Did the client log in? Default: yes, if it could")
        ->check(yes_or_no)
        ->type_name("yes|no");
    explain->add_option("--login", explaining.over.login, "As whom; default: unknown")
        ->type_name("LOGIN-NAME");
    explain
        ->add_option("message", explaining.message,
                     "The message, '-' for standard input; default: a plain one to all --to")
        ->type_name("MESSAGE");

    explain->add_flag("--json", explaining.json, "For programs");

    cli::test_options testing;
    auto* const test = app.add_subcommand(
        "test", "Hold what you expect of the policy against it; no key is looked for");
    add_configuration(*test, testing.configuration);
    test->add_option("file", testing.files, "Your expectations, as docs/policy.md has them")
        ->required()
        ->type_name("FILE");
    test->footer("Exit status: 0 all is as expected, 1 something is not, 2 a file is wrong.");

    const cli::keys_words keys(app);
    const spool_words spool(app);
    const optout_words optout(app);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? cli::done : cli::could_not;
    }
    if (*run) return cli::run(running);
    checking.postfix = postfix.chosen();
    if (checking.postfix) checking.postfix->strict = checking.strict;
    if (*check) return cli::check(checking);
    if (*spool.group) return cli::spool(spool.read);
    if (*optout.command) return cli::optout(optout.read);
    if (*explain) return cli::explain(explaining);
    if (*test) return cli::test(testing);
    return keys.run();
}

} // namespace

int main(int argc, char** argv) {
    try {
        return dispatch(argc, argv);
    } catch (const config::error& e) {
        std::cerr << e.what() << '\n';
        return cli::answer_is_no;
    } catch (const std::exception& e) {
        std::cerr << "postseal: " << e.what() << '\n';
        return cli::could_not;
    }
}
