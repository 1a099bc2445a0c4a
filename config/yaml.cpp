// SPDX-License-Identifier: Apache-2.0
#include "config/yaml.hpp"

#include "config/quotes.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <unordered_map>

namespace postseal::config {

namespace {

position at(const YAML::Mark& mark) {
    if (mark.is_null()) return {};
    return {mark.line + 1, mark.column + 1};
}

// Builds the tree from the parser's events. yaml-cpp's own tree would expand aliases and take keys
// given twice, and does not say where a key stands.
class builder : public YAML::EventHandler {
  public:
    explicit builder(const source& from) : from_(from), quotes_(from.text()) {}

    node root;
    bool another_document = false;

    void OnDocumentStart(const YAML::Mark& /*mark*/) override { another_document = started_; }
    void OnDocumentEnd() override { started_ = true; }

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        refuse_anchor(mark, anchor);
        add(make(node::kind::empty, mark));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        refuse_anchor(mark, 1);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_anchor(mark, anchor);
        refuse_tag(mark, tag);
        // What is in quotes has this tag, too; written out, it would hide where the quote opens.
        if (tag == "!" && quotes_.octet_at(at(mark)) == '!') refuse_tag(mark, "!!");
        if (const auto open = quotes_.open_at(at(mark))) from_.fail(open->at, open->mistake);
        // Null has several spellings; a quoted one is text.
        const bool null = tag == "?" && (value == "~" || value == "null" || value.empty());
        auto scalar = make(null ? node::kind::empty : node::kind::scalar, mark);
        scalar.text = value;
        add(std::move(scalar));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        refuse_anchor(mark, anchor);
        refuse_tag(mark, tag);
        open(make(node::kind::list, mark));
    }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        refuse_anchor(mark, anchor);
        refuse_tag(mark, tag);
        open(make(node::kind::map, mark));
    }
    void OnSequenceEnd() override { close(); }
    void OnMapEnd() override { close(); }

  private:
    struct unfinished {
        node collection;
        std::unordered_map<std::string, int> lines; // of the keys of a map
        bool key_is_waiting = false;                // for its value
    };

    static node make(enum node::kind kind, const YAML::Mark& mark) {
        node made;
        made.kind = kind;
        made.at = at(mark);
        return made;
    }

    void open(node collection) {
        if (open_.size() == max_depth) from_.fail(collection.at, "nested too deeply");
        open_.push_back({std::move(collection), {}, false});
    }

    void close() {
        auto done = std::move(open_.back().collection);
        open_.pop_back();
        add(std::move(done));
    }

    void add(node one) {
        if (open_.empty()) {
            root = std::move(one);
            return;
        }
        auto& into = open_.back();
        if (into.collection.kind == node::kind::list) {
            into.collection.items.push_back(std::move(one));
        } else if (into.key_is_waiting) {
            into.collection.entries.back().value = std::move(one);
            into.key_is_waiting = false;
        } else {
            add_key(into, std::move(one));
        }
    }

    void add_key(unfinished& into, node key) {
        if (key.kind != node::kind::scalar) from_.fail(key.at, "a key must be a single word");
        const auto [known, added] = into.lines.emplace(key.text, key.at.line);
        if (!added) {
            from_.fail(key.at, "'" + key.text + "' is given twice; it stands in line " +
                                   std::to_string(known->second) + " already");
        }
        into.collection.entries.push_back({std::move(key.text), key.at, {}});
        into.key_is_waiting = true;
    }

    void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
        if (anchor == YAML::NullAnchor) return;
        from_.fail(at(mark), "anchors (&) and aliases (*) are not understood here; a pattern that "
                             "begins with '*' needs quotes");
    }

    // "?" and "!" are what the parser says of plain and of quoted text; empty, of collections.
    void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
        if (tag.empty() || tag == "?" || tag == "!") return;
        from_.fail(at(mark), "tags (!) are not understood here; text that begins with '!' needs "
                             "quotes");
    }

    const source& from_;
    quotes quotes_;
    std::vector<unfinished> open_;
    bool started_ = false;
};

// An unquoted "*@example.org" reads as an alias. It is the mistake that everybody makes once.
std::string explained(const YAML::Exception& mistake) {
    const std::string& what = mistake.msg;
    if (what == YAML::ErrorMsg::ALIAS_NOT_FOUND || what == YAML::ErrorMsg::CHAR_IN_ALIAS ||
        what == YAML::ErrorMsg::UNKNOWN_ANCHOR) {
        return "a pattern that begins with '*' needs quotes";
    }
    if (what == YAML::ErrorMsg::MAP_VALUE)
        return "is not YAML: " + what + "; a text with ': ' in it needs quotes";
    return "is not YAML: " + what;
}

// In a file of another encoding nothing stands where it is looked for, and the library takes an
// octet 4 for the end of the file.
void refuse_control_characters(const source& from) {
    position at{1, 1};
    for (const char c : from.text()) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet == 0) from.fail({}, "is not text in UTF-8");
        if (octet < 0x20 && c != '\t' && c != '\n' && c != '\r')
            from.fail(at, "a control character stands here");
        at = c == '\n' ? position{at.line + 1, 1} : position{at.line, at.column + 1};
    }
}

} // namespace

node parse_yaml(const source& from) {
    refuse_control_characters(from);
    std::istringstream in(from.text());
    builder build{from};
    try {
        YAML::Parser parser{in};
        while (parser.HandleNextDocument(build)) {
            if (build.another_document) from.fail({}, "holds several documents (---); one is read");
        }
    } catch (const YAML::Exception& mistake) {
        // Behind a quote that was forgotten everything may be wrong.
        const auto open = quotes(from.text()).find_open();
        if (open && open->at.line <= at(mistake.mark).line) from.fail(open->at, open->mistake);
        from.fail(at(mistake.mark), explained(mistake));
    }
    return std::move(build.root);
}

} // namespace postseal::config
