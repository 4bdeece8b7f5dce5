#include "tools/sluicectl/arguments.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "policy/config_errors.h"
#include "tools/sluicectl/safe_text.h"

namespace sluice {

namespace {

const VerbOption* FindOption(const Verb* verb, const std::string& name) {
  const auto find_in = [&name](const std::vector<VerbOption>& options) -> const VerbOption* {
    const auto found = std::find_if(options.begin(), options.end(),
                                    [&name](const VerbOption& o) { return o.name == name; });
    return found == options.end() ? nullptr : &*found;
  };
  const VerbOption* own = verb == nullptr ? nullptr : find_in(verb->options);
  return own != nullptr ? own : find_in(SharedOptions());
}

// " of sessions": whose option was expected.
std::string Whose(const Verb* verb) {
  return verb == nullptr ? "" : absl::StrCat(" of ", verb->name);
}

absl::Status NoSuchOption(const Verb* verb, const std::string& name) {
  std::vector<std::string_view> names;
  if (verb != nullptr) {
    for (const VerbOption& option : verb->options) names.push_back(option.name);
  }
  for (const VerbOption& option : SharedOptions()) names.push_back(option.name);
  const std::string nearest(NearestWord(name, names));
  return absl::InvalidArgumentError(
      absl::StrCat("expected an option", Whose(verb), ", found \"--", SafeText(name), "\"; ",
                   nearest.empty() ? absl::StrCat("see sluicectl help", verb == nullptr ? "" : " ",
                                                  verb == nullptr ? "" : verb->name)
                                   : absl::StrCat("did you mean --", nearest, "?")));
}

absl::StatusOr<Format> FormatOf(const std::string& word) {
  if (word == "table") return Format::kTable;
  if (word == "wide") return Format::kWide;
  if (word == "json") return Format::kJson;
  if (word == "csv") return Format::kCsv;
  return absl::InvalidArgumentError(absl::StrCat("-o: expected table, wide, json or csv, found \"",
                                                 SafeText(word), "\"; table is the default"));
}

// Goes through the words behind the program's name.
class Parser {
 public:
  Parser(const Verb* verb, const std::vector<std::string>& said) : said_(said) {
    arguments_.verb = verb;
  }

  absl::StatusOr<Arguments> Parse() {
    bool verb_seen = false;
    for (; at_ < said_.size(); ++at_) {
      const std::string& word = said_[at_];
      if (word == "--") {
        for (++at_; at_ < said_.size(); ++at_) TakeWord(said_[at_], verb_seen);
        break;
      }
      if (word.size() < 2 || word[0] != '-') {
        TakeWord(word, verb_seen);
      } else if (absl::Status status = TakeOption(word); !status.ok()) {
        return status;
      }
    }
    return arguments_;
  }

 private:
  void TakeWord(const std::string& word, bool& verb_seen) {
    if (verb_seen || arguments_.verb == nullptr) arguments_.words.push_back(word);
    verb_seen = true;
  }

  absl::Status TakeOption(const std::string& word) {
    std::string name, value;
    bool has_value = false;
    if (word == "-h") {
      name = "help";
    } else if (word[1] != '-') {  // -o json, -ojson, -o=json
      name = word[1] == 'o' ? "output" : word.substr(1);
      if (word[1] == 'o' && word.size() > 2) {
        value = word.substr(word[2] == '=' ? 3 : 2);
        has_value = true;
      }
    } else {
      const size_t equals = word.find('=');
      name = word.substr(2, equals == word.npos ? word.npos : equals - 2);
      has_value = equals != word.npos;
      if (has_value) value = word.substr(equals + 1);
    }
    const VerbOption* option = FindOption(arguments_.verb, name);
    if (option == nullptr) return NoSuchOption(arguments_.verb, name);
    const bool wants_value = *option->value != '\0';
    if (!wants_value && has_value) {
      return absl::InvalidArgumentError(absl::StrCat("--", name, ": expected no value, found \"",
                                                     SafeText(value), "\"; leave it away"));
    }
    if (wants_value && !has_value) {
      if (at_ + 1 >= said_.size()) {
        return absl::InvalidArgumentError(absl::StrCat("--", name, ": expected ", option->value,
                                                       ", found nothing; write --", name, "=",
                                                       option->value));
      }
      value = said_[++at_];
    }
    if (name == "output") {
      const absl::StatusOr<Format> format = FormatOf(value);
      if (!format.ok()) return format.status();
      arguments_.format = *format;
    }
    arguments_.options.emplace_back(name, value);
    return absl::OkStatus();
  }

  const std::vector<std::string>& said_;
  size_t at_ = 0;
  Arguments arguments_;
};

// The first word that is neither an option nor the value of one that every verb takes.
std::string VerbWord(const std::vector<std::string>& said) {
  for (size_t i = 0; i < said.size(); ++i) {
    const std::string& word = said[i];
    if (word.size() < 2 || word[0] != '-') return word;
    if (word == "-o") ++i;
    for (const VerbOption& option : SharedOptions()) {
      if (*option.value != '\0' && word == absl::StrCat("--", option.name)) ++i;
    }
  }
  return "";
}

absl::Status JudgeWords(const Arguments& arguments) {
  const Verb& verb = *arguments.verb;
  const size_t count = arguments.words.size();
  if (count < verb.least || count > verb.most) {
    return absl::InvalidArgumentError(absl::StrCat(
        verb.name, ": expected ", *verb.words == '\0' ? "nothing more" : verb.words, ", found ",
        count == 0 ? "nothing" : absl::StrCat(count, count == 1 ? " word" : " words"),
        "; see sluicectl help ", verb.name));
  }
  if (verb.text && arguments.Has("output")) {
    return absl::InvalidArgumentError(
        absl::StrCat(verb.name, ": expected no -o, since it gives text as it is; leave it away"));
  }
  return absl::OkStatus();
}

std::string OptionLine(const VerbOption& option) {
  std::string written =
      absl::StrCat("--", option.name, *option.value == '\0' ? "" : "=", option.value);
  if (std::string_view(option.name) == "output") absl::StrAppend(&written, ", -o");
  if (std::string_view(option.name) == "help") absl::StrAppend(&written, ", -h");
  return absl::StrFormat("  %-28s %s\n", written, option.help);
}

}  // namespace

const std::vector<VerbOption>& SharedOptions() {
  static const std::vector<VerbOption> options = {
      {"socket", "PATH", "the daemon's socket; else SLUICE_ADMIN_SOCKET, else its default"},
      {"output", "FORMAT", "table, wide, json or csv"},
      {"timeout", "SECONDS", "how long to wait for an answer; 60"},
      {"help", "", "this"},
      {"version", "", "the release of this program, without asking the daemon"},
  };
  return options;
}

const Verb* FindVerb(absl::Span<const Verb> verbs, const std::string& name) {
  const auto found =
      std::find_if(verbs.begin(), verbs.end(), [&name](const Verb& v) { return v.name == name; });
  return found == verbs.end() ? nullptr : &*found;
}

absl::Status NoSuchVerb(absl::Span<const Verb> verbs, const std::string& name) {
  std::vector<std::string_view> names;
  for (const Verb& verb : verbs) {
    if (!verb.hidden) names.push_back(verb.name);
  }
  const std::string nearest(NearestWord(name, names));
  return absl::InvalidArgumentError(
      absl::StrCat("expected a verb, found \"", SafeText(name), "\"; ",
                   nearest.empty() ? "sluicectl help has the list"
                                   : absl::StrCat("did you mean ", nearest, "?")));
}

absl::StatusOr<Arguments> ParseArguments(absl::Span<const Verb> verbs,
                                         const std::vector<std::string>& said) {
  const std::string name = VerbWord(said);
  const Verb* verb = FindVerb(verbs, name);
  if (verb == nullptr && !name.empty()) return NoSuchVerb(verbs, name);
  absl::StatusOr<Arguments> arguments = Parser(verb, said).Parse();
  if (!arguments.ok() || arguments->Has("help") || arguments->Has("version")) return arguments;
  if (verb == nullptr) {
    return absl::InvalidArgumentError("expected a verb, found none; sluicectl help has the list");
  }
  if (absl::Status status = JudgeWords(*arguments); !status.ok()) return status;
  return arguments;
}

std::string HelpText(absl::Span<const Verb> verbs) {
  std::string text =
      "sluicectl: the command line of a Sluice gateway's administrator\n"
      "  sluicectl [options] VERB [words]\n\n";
  for (const Verb& verb : verbs) {
    if (!verb.hidden) absl::StrAppendFormat(&text, "  %-12s %s\n", verb.name, verb.help);
  }
  absl::StrAppend(&text, "\noptions, which may stand anywhere:\n");
  for (const VerbOption& option : SharedOptions()) absl::StrAppend(&text, OptionLine(option));
  return absl::StrCat(text,
                      "\nends with 0 done, 1 refused, 2 wrong use, 3 the daemon cannot be reached, "
                      "4 nothing matched\n"
                      "more of one: sluicectl help VERB\n");
}

std::string HelpText(const Verb& verb) {
  std::string text = absl::StrCat("sluicectl ", verb.name, *verb.words == '\0' ? "" : " ",
                                  verb.words, "\n  ", verb.help, "\n");
  if (!verb.details.empty()) absl::StrAppend(&text, "\n", verb.details, "\n");
  if (!verb.options.empty()) absl::StrAppend(&text, "\noptions:\n");
  for (const VerbOption& option : verb.options) absl::StrAppend(&text, OptionLine(option));
  absl::StrAppend(&text, "\noptions of every verb:\n");
  for (const VerbOption& option : SharedOptions()) absl::StrAppend(&text, OptionLine(option));
  return text;
}

}  // namespace sluice
