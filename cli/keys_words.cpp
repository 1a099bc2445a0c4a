// SPDX-License-Identifier: Apache-2.0
#include "cli/keys_words.hpp"

#include "cli/words.hpp"

namespace postseal::cli {

keys_words::keys_words(CLI::App& app)
    : group_(app.add_subcommand("keys", "Look at recipients' keys, pin, move and delete them")) {
    group_->require_subcommand(1);
    group_->footer(
        "What was found, and to whom mail was sealed, is in the key store (keys.store). A "
        "running\npostseal sees every change with its next mail. Run these as root or as "
        "the service's\naccount. --json prints one JSON object a line (JSON Lines).\n"
        "Exit status: 0 done, 1 the answer is no, 2 could not be done.");
    add_looking();
    add_changing();
    add_moving();
}

void keys_words::add_looking() {
    auto* const find = add(
        "find", "Ask every source for an address's key, and show what each one said", keys_find);
    add_address(*find, "The recipient")->required();

    auto* const list =
        add("list", "Every address of the store that has a key, or was sealed to", keys_list);
    add_domain(*list, "Only addresses of this domain");
    list->add_flag("--all", read_.all, "Those without a key too");
    list->footer(
        "ASKED: so long ago its sources were asked. NEXT: so long the answer is used; then, "
        "with the\nnext mail, they are asked again. SEALED: the day of the last sealed "
        "mail. With --json a\nstream: one object a line.");

    auto* const show = add("show", "All that is known of an address", keys_show);
    add_address(*show, "The recipient")->required();
}

void keys_words::add_changing() {
    auto* const pin = add("pin", "Seal to one key of an address, and to no other", keys_pin);
    add_address(*pin, "The recipient")->required();
    pin->add_option("key", read_.key,
                    "The key's fingerprint (40 digits), or a file with the key; '-' for standard "
                    "input")
        ->required()
        ->type_name("FINGERPRINT|FILE");
    pin->add_option("--note", read_.note, "Why; one line")->type_name("TEXT");

    auto* const unpin = add("unpin", "Let the sources decide again", keys_unpin);
    add_address(*unpin, "The recipient")->required();
    unpin->add_flag("--imported", read_.imported, "Take back what was imported for it, too");

    auto* const erase = add("delete", "Forget an address, also that it was sealed to", keys_delete);
    add_address(*erase, "The recipient")->required();
    add_yes(*erase);

    auto* const domain =
        add("forget-domain", "Forget a domain and its addresses", keys_forget_domain);
    domain->add_option("domain", read_.domain, "The domain")->required()->type_name("DOMAIN");
    add_yes(*domain);
    for (auto* const one : {erase, domain})
        one->footer("Revoked keys stay known: they are never used again.");
}

void keys_words::add_moving() {
    auto* const refresh =
        add("refresh", "Ask the sources now, and show what has changed", keys_refresh);
    auto* const addresses =
        refresh->add_option("address", read_.addresses, "Recipients")->type_name("ADDRESS");
    auto* const of =
        add_domain(*refresh, "Every address of this domain that has a key, or had one");
    auto* const all = refresh->add_flag("--all", read_.all, "Every such address of the store");
    addresses->excludes(of)->excludes(all);
    of->excludes(all);
    refresh->footer("Keyservers are asked, too, whether a key was revoked. One address after the "
                    "other; their\nlimits are kept. Exit status 1: a key was lost.");
    refresh->callback([this] {
        if (!read_.all && read_.domain.empty() && read_.addresses.empty())
            throw CLI::ValidationError("name addresses, or say --domain or --all");
    });

    auto* const import = add("import", "Take keys, or what 'export' has written", keys_import);
    import
        ->add_option("file", read_.files,
                     "OpenPGP keys, or records of 'export'; '-' for standard input")
        ->required()
        ->type_name("FILE");
    import->add_option("--address", read_.addresses, "Only for this address; may be said often")
        ->type_name("ADDRESS")
        ->allow_extra_args(false);
    import->add_flag("-y,--yes", read_.yes, "For all addresses, where a file names several");
    import->add_option("--note", read_.note, "Whence the keys are; one line")->type_name("TEXT");
    import->footer(
        "A key is taken for the address that its user IDs name, and comes before what "
        "sources say. Where\na file names several: --address or --yes. Records are merged: "
        "the newer word counts, and no\nrevocation is lost; their keys are judged by "
        "GnuPG as any others. Exit status 1: something was\nrefused; the rest is "
        "taken.");

    auto* const export_ =
        add("export", "Print the store, for 'import' into another one", keys_export);
    auto* const domain = add_domain(*export_, "Only addresses of this domain");
    auto* const armored =
        export_->add_flag("--keys", read_.armored, "Print armored keys for people, not records");
    add_address(*export_, "With --keys: only those of this address")
        ->needs(armored)
        ->excludes(domain);
    export_->footer("Records are JSON Lines: the first line says the version, then one address a "
                    "line.");
}

CLI::App* keys_words::add(const char* name, const char* what, command meant) {
    auto* const made = group_->add_subcommand(name, what);
    add_configuration(*made, read_.configuration);
    made->add_flag("--json", read_.json, "For programs");
    made->preparse_callback([this, meant](std::size_t) { command_ = meant; });
    return made;
}

CLI::Option* keys_words::add_address(CLI::App& to, const char* what) {
    return to.add_option("address", read_.address, what)->type_name("ADDRESS");
}

CLI::Option* keys_words::add_domain(CLI::App& to, const char* what) {
    return to.add_option("--domain", read_.domain, what)->type_name("DOMAIN");
}

void keys_words::add_yes(CLI::App& to) { to.add_flag("-y,--yes", read_.yes, "Do not ask"); }

} // namespace postseal::cli
