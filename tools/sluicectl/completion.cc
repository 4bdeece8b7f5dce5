#include "tools/sluicectl/completion.h"

#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tools/sluicectl/arguments.h"
#include "tools/sluicectl/filter_words.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/sessions.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

constexpr size_t kSessionsOffered = 200;  // more is no offer

// bash breaks words at "=" and gives it as a word of its own. Candidates that end in "=" or "/" are
// not followed by a blank; where a file is wanted, bash knows better.
constexpr char kBash[] = R"(# completion for sluicectl: source <(sluicectl completion bash)
_sluicectl() {
    local word=${COMP_WORDS[COMP_CWORD]} line=${COMP_LINE:0:COMP_POINT} found
    local -a words
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    COMPREPLY=()
    found=$("${words[0]}" __complete -- "${words[@]:1}" 2>/dev/null) || return
    if [[ $found == "<file>" ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        compopt -o filenames
        return
    fi
    [[ -n $found ]] || return
    mapfile -t COMPREPLY <<< "$found"
    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    # What stands before the last = is on the line already.
    local last=${words[${#words[@]}-1]}
    [[ $last == *=* ]] && COMPREPLY=("${COMPREPLY[@]#"${last%=*}="}")
}
complete -F _sluicectl sluicectl
)";

void OfferOptions(const std::vector<VerbOption>& options, std::vector<std::string>& offers) {
  for (const VerbOption& option : options) {
    offers.push_back(absl::StrCat("--", option.name, *option.value == '\0' ? "" : "="));
  }
}

void OfferSessions(Door& door, std::vector<std::string>& offers) {
  const absl::StatusOr<Json> found = ListSessions(door, "", kSessionsOffered);
  if (!found.ok()) return;
  for (const Json& session : ListOf(*found, "sessions")) {
    const std::string name = TextOf(session, "session");
    if (IsSessionName(name)) offers.push_back(name);
  }
}

const char* kFormats[] = {"table", "wide", "json", "csv"};

std::vector<std::string> OffersFor(const std::vector<std::string>& words, Door& door) {
  const std::string& typed = words.back();
  const std::string before = words.size() > 1 ? words[words.size() - 2] : "";
  std::vector<std::string> offers;
  std::string verb_name;
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (FindVerb(AllVerbs(), words[i]) != nullptr && verb_name.empty()) verb_name = words[i];
  }
  const Verb* verb = FindVerb(AllVerbs(), verb_name);
  if (before == "-o" || before == "--output") return {std::begin(kFormats), std::end(kFormats)};
  if (absl::StartsWith(typed, "--output=")) {
    for (const char* format : kFormats) offers.push_back(absl::StrCat("--output=", format));
  } else if (before == "--socket" || absl::StartsWith(typed, "--socket=")) {
    offers.push_back("<file>");
  } else if (absl::StartsWith(typed, "--command=")) {
    for (const char* name : {"connect", "bind", "udp_associate"}) {
      offers.push_back(absl::StrCat("--command=", name));
    }
  } else if (absl::StartsWith(typed, "-")) {
    if (verb != nullptr) OfferOptions(verb->options, offers);
    OfferOptions(SharedOptions(), offers);
  } else if (verb == nullptr || verb_name == "help") {
    for (const Verb& one : AllVerbs()) {
      if (!one.hidden) offers.push_back(one.name);
    }
  } else if (verb_name == "check") {
    offers.push_back("<file>");
  } else if (verb_name == "completion") {
    offers.push_back("bash");
  } else {
    if (verb_name == "why" || verb_name == "end") OfferSessions(door, offers);
    if (absl::StrContains(verb->words, "FILTER")) {
      for (const char* key : FilterKeys()) offers.push_back(absl::StrCat(key, "="));
    }
  }
  return offers;
}

}  // namespace

std::vector<std::string> Completions(const std::vector<std::string>& words, Door& door) {
  std::vector<std::string> offers;
  if (words.empty()) return offers;
  for (std::string& offer : OffersFor(words, door)) {
    if (offer == "<file>" || absl::StartsWith(offer, words.back()))
      offers.push_back(std::move(offer));
  }
  return offers;
}

absl::Status RunComplete(Errand& errand) {
  for (const std::string& offer : Completions(errand.arguments.words, errand.door)) {
    errand.desk.out << SafeText(offer) << "\n";
  }
  return absl::OkStatus();
}

absl::Status RunCompletion(Errand& errand) {
  if (errand.arguments.words[0] != "bash") {
    return absl::InvalidArgumentError(absl::StrCat("completion: expected bash, found \"",
                                                   SafeText(errand.arguments.words[0]),
                                                   "\"; no other shell's is written yet"));
  }
  errand.desk.out << kBash;
  return absl::OkStatus();
}

}  // namespace sluice
