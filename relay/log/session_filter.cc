#include "relay/log/session_filter.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "policy/config_errors.h"
#include "policy/entry_text.h"
#include "policy/toml_document.h"
#include "relay/close_reason.h"
#include "relay/log/session_words.h"

namespace sluice {
namespace {

using Key = SessionFilter::Key;
using Relation = SessionFilter::Relation;

// What the value of a key is.
enum class Kind : uint8_t { kText, kWord, kAddress, kNumber, kAge };

struct KeyWord {
  std::string_view word;
  Key key;
  Kind kind;
};

constexpr std::array<KeyWord, 17> kKeys = {{
    {"session", Key::kSession, Kind::kText},
    {"client", Key::kClient, Kind::kAddress},
    {"user", Key::kUser, Kind::kText},
    {"destination", Key::kDestination, Kind::kText},
    {"target", Key::kTarget, Kind::kAddress},
    {"rule", Key::kRule, Kind::kText},
    {"state", Key::kState, Kind::kWord},
    {"command", Key::kCommand, Kind::kWord},
    {"version", Key::kVersion, Kind::kWord},
    {"port", Key::kPort, Kind::kNumber},
    {"age", Key::kAge, Kind::kAge},
    {"bytes", Key::kBytes, Kind::kNumber},
    {"bytes_up", Key::kBytesUp, Kind::kNumber},
    {"bytes_down", Key::kBytesDown, Kind::kNumber},
    {"ended_by", Key::kEndedBy, Kind::kWord},
    {"verdict", Key::kVerdict, Kind::kWord},
    {"reply", Key::kReply, Kind::kWord},
}};

constexpr std::array<std::string_view, 9> kReplies = {"0", "1", "2", "3", "4", "5", "6", "7", "8"};

bool IsOfEnded(Key key) { return key >= Key::kEndedBy; }

std::vector<std::string_view> WordsOf(Key key) {
  std::vector<std::string_view> words;
  if (key == Key::kState) {
    for (int i = 0; i <= static_cast<int>(SessionState::kQuiescence); ++i)
      words.push_back(ToString(static_cast<SessionState>(i)));
  } else if (key == Key::kCommand) {
    for (const Command command : {Command::kConnect, Command::kBind, Command::kUdpAssociate})
      words.push_back(CommandWord(command));
  } else if (key == Key::kVersion) {
    words = {"4", "4a", "5"};
  } else if (key == Key::kEndedBy) {
    for (int i = 1; i <= static_cast<int>(EndedBy::kGateway); ++i)
      words.push_back(ToString(static_cast<EndedBy>(i)));
  } else if (key == Key::kVerdict) {
    words = {"allow", "deny"};
  } else if (key == Key::kReply) {
    words.assign(kReplies.begin(), kReplies.end());
  }
  return words;
}

// "*" matches any run of bytes. Goes back to the last "*" only, so it is never worse than the
// product of the two lengths.
bool MatchesPattern(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0;
  std::optional<std::pair<size_t, size_t>> star;  // behind the last one, and where it ended
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = {++p, t};
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star.has_value()) {
      p = star->first;
      t = ++star->second;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string Lower(std::string_view text) { return absl::AsciiStrToLower(std::string(text)); }

template <typename Value>
bool Compare(Relation relation, const Value& found, const Value& wanted) {
  switch (relation) {
    case Relation::kIs: return found == wanted;
    case Relation::kIsNot: return found != wanted;
    case Relation::kLess: return found < wanted;
    case Relation::kMore: return found > wanted;
  }
  return false;
}

// "1500", "64kB", "2MB", "1GB", "1TB".
std::optional<uint64_t> ParseBytes(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, uint64_t>, 4> kUnits = {
      {{"kB", 1'000}, {"MB", 1'000'000}, {"GB", 1'000'000'000}, {"TB", 1'000'000'000'000}}};
  uint64_t unit = 1;
  for (const auto& [word, factor] : kUnits) {
    if (!text.ends_with(word)) continue;
    text.remove_suffix(word.size());
    unit = factor;
    break;
  }
  uint64_t number = 0;
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  if (!digits || !absl::SimpleAtoi(std::string(text), &number)) return std::nullopt;
  if (number > UINT64_MAX / unit) return std::nullopt;
  return number * unit;
}

}  // namespace

// --- Parsing

class SessionFilter::Parser {
 public:
  Parser(std::string_view text, Of sessions) : text_(text), sessions_(sessions) {}

  absl::StatusOr<SessionFilter> Run() {
    if (text_.size() > kBytesMax) {
      return Fault(0, {absl::StrCat("at most ", kBytesMax, " bytes of filter"),
                       absl::StrCat(text_.size()), "leave some terms out"});
    }
    SessionFilter filter;
    for (SkipBlanks(); at_ < text_.size(); SkipBlanks()) {
      if (filter.terms_.size() == kTermsMax) {
        return Fault(
            at_, {absl::StrCat("at most ", kTermsMax, " terms"), "another one", "leave some out"});
      }
      Term term;
      if (absl::Status status = ReadTerm(&term); !status.ok()) return status;
      filter.terms_.push_back(std::move(term));
    }
    return filter;
  }

 private:
  static bool IsBlank(char c) { return c == ' ' || c == '\t'; }

  void SkipBlanks() {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
  }

  static absl::Status Fault(size_t at, const Complaint& complaint) {
    return absl::InvalidArgumentError(absl::StrCat("filter, column ", at + 1, ": expected ",
                                                   complaint.expected, ", found ", complaint.found,
                                                   "; ", complaint.advice));
  }

  absl::Status ReadTerm(Term* term) {
    const size_t start = at_;
    size_t end = at_;
    while (end < text_.size() &&
           (absl::ascii_islower(static_cast<unsigned char>(text_[end])) || text_[end] == '_'))
      ++end;
    const std::string_view word = text_.substr(start, end - start);
    const auto* found = std::find_if(kKeys.begin(), kKeys.end(),
                                     [&](const KeyWord& key) { return key.word == word; });
    if (found != kKeys.end() && IsOfEnded(found->key) && sessions_ == Of::kOpen) {
      return Fault(start, {"a key that open sessions have", Quote(word),
                           "look for it among those that have ended: sluicectl log"});
    }
    if (found == kKeys.end()) {
      std::vector<std::string_view> words;
      for (const KeyWord& key : kKeys) words.push_back(key.word);
      return Fault(start, {"a key such as client or user", Quote(text_.substr(start, 64)),
                           AdviseWord(word, words)});
    }
    term->key = found->key;
    at_ = end;
    if (absl::Status status = ReadRelation(*found, &term->relation); !status.ok()) return status;
    const size_t value_at = at_;
    std::string value;
    if (absl::Status status = ReadValue(&value); !status.ok()) return status;
    return Understand(*found, value_at, value, term);
  }

  absl::Status ReadRelation(const KeyWord& key, Relation* relation) {
    const std::string_view rest = text_.substr(at_);
    const bool measured = key.kind == Kind::kNumber || key.kind == Kind::kAge;
    if (rest.starts_with("!=") && key.kind != Kind::kAge) {
      *relation = Relation::kIsNot;
      at_ += 2;
    } else if (rest.starts_with("=") && key.kind != Kind::kAge) {
      *relation = Relation::kIs;
      at_ += 1;
    } else if (measured && (rest.starts_with("<") || rest.starts_with(">"))) {
      *relation = rest.front() == '<' ? Relation::kLess : Relation::kMore;
      at_ += 1;
    } else {
      const char* wanted = key.kind == Kind::kAge ? "< or >"
                           : measured             ? "=, !=, < or >"
                                                  : "= or !=";
      return Fault(at_, {absl::StrCat(wanted, " behind ", std::string(key.word)),
                         rest.empty() ? "the end" : Quote(rest.substr(0, 2)),
                         "write one of them, without blanks around it"});
    }
    return absl::OkStatus();
  }

  // Up to the next blank, or what stands in quotes: there \" is a quote and \\ a backslash.
  absl::Status ReadValue(std::string* value) {
    if (at_ >= text_.size() || text_[at_] != '"') {
      while (at_ < text_.size() && !IsBlank(text_[at_])) value->push_back(text_[at_++]);
      return absl::OkStatus();
    }
    const size_t start = at_++;
    while (at_ < text_.size() && text_[at_] != '"') {
      const bool escaped = text_[at_] == '\\' && at_ + 1 < text_.size() &&
                           (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\');
      at_ += escaped ? 1 : 0;
      value->push_back(text_[at_++]);
    }
    if (at_ >= text_.size())
      return Fault(start, {"a closing \"", "the end", "write it behind the value"});
    ++at_;
    if (at_ < text_.size() && !IsBlank(text_[at_])) {
      return Fault(at_, {"a blank behind the closing \"", Quote(text_.substr(at_, 1)),
                         "separate terms by blanks"});
    }
    return absl::OkStatus();
  }

  static absl::Status Understand(const KeyWord& key, size_t at, const std::string& value,
                                 Term* term) {
    switch (key.kind) {
      case Kind::kText: return UnderstandText(value, term);
      case Kind::kWord: return UnderstandWord(at, value, term);
      case Kind::kAddress: return UnderstandAddress(at, value, term);
      case Kind::kNumber: return UnderstandNumber(at, value, term);
      case Kind::kAge: break;
    }
    Complaint complaint;
    if (!ParseDurationText(value, &term->age, &complaint)) return Fault(at, complaint);
    return absl::OkStatus();
  }

  // Names have no case; and a destination may have been asked for by its address.
  static absl::Status UnderstandText(const std::string& value, Term* term) {
    term->text = value;
    if (term->key != Key::kDestination) return absl::OkStatus();
    term->text = Lower(value);
    term->is_range = ReadAddresses(value, term);
    return absl::OkStatus();
  }

  static absl::Status UnderstandWord(size_t at, const std::string& value, Term* term) {
    term->text = value;
    const std::vector<std::string_view> words = WordsOf(term->key);
    const bool known = std::any_of(words.begin(), words.end(), [&](std::string_view word) {
      return MatchesPattern(value, word);
    });
    // Empty: it is not known yet.
    if (known || value.empty()) return absl::OkStatus();
    return Fault(at, {"a word of the access log", Quote(value), AdviseWord(value, words)});
  }

  static bool ReadAddresses(const std::string& value, Term* term) {
    Entry entry;
    Complaint complaint;
    if (ParseEntry(value, kAddressEntries, &entry, &complaint)) {
      term->range = entry.range;
      return true;
    }
    const std::optional<Endpoint> endpoint = Endpoint::Parse(value);
    if (!endpoint.has_value() || endpoint->port == 0) return false;
    term->range = {endpoint->address, endpoint->address};
    term->range_port = endpoint->port;
    return true;
  }

  static absl::Status UnderstandAddress(size_t at, const std::string& value, Term* term) {
    term->is_range = ReadAddresses(value, term);
    if (term->is_range) return absl::OkStatus();
    return Fault(at, {"an address, a CIDR, a range such as 10.0.0.1-10.0.0.9, or an address with a "
                      "port",
                      Quote(value), "write one of these; names are asked for with destination="});
  }

  static absl::Status UnderstandNumber(size_t at, const std::string& value, Term* term) {
    const std::optional<uint64_t> number = ParseBytes(value);
    const bool is_port = term->key == Key::kPort;
    if (number.has_value() && (!is_port || *number <= UINT16_MAX)) {
      term->number = *number;
      return absl::OkStatus();
    }
    if (is_port) return Fault(at, {"a port from 0 to 65535", Quote(value), "write a number"});
    return Fault(at, {"a number of bytes such as 1500, 64kB, 2MB or 1GB", Quote(value),
                      "write a whole number, with a unit or without"});
  }

  const std::string_view text_;
  const Of sessions_;
  size_t at_ = 0;
};

absl::StatusOr<SessionFilter> SessionFilter::Parse(std::string_view text, Of sessions) {
  return Parser(text, sessions).Run();
}

// --- Matching

bool SessionFilter::Matches(const AccessRecord& session) const {
  return std::all_of(terms_.begin(), terms_.end(),
                     [&](const Term& term) { return Holds(term, session); });
}

bool SessionFilter::MayMatchClient(const Endpoint& client) const {
  AccessRecord session;
  session.client = client;
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
    return term.key != Key::kClient || Holds(term, session);
  });
}

bool SessionFilter::Holds(const Term& term, const AccessRecord& session) {
  const bool wanted = term.relation != Relation::kIsNot;
  const auto text = [&](std::string_view found) {
    return MatchesPattern(term.text, found) == wanted;
  };
  const auto address = [&](bool known, const Endpoint& at) {
    const bool inside = known && term.range.Contains(at.address) &&
                        (term.range_port == 0 || term.range_port == at.port);
    return inside == wanted;
  };
  switch (term.key) {
    case Key::kSession: return text(SessionWord(session));
    case Key::kClient: return address(true, session.client);
    case Key::kTarget: return address(session.dialled, session.target);
    case Key::kUser: return text(session.user.view());
    case Key::kRule: return text(session.rule.view());
    case Key::kState: return text(ToString(session.state));
    case Key::kVersion: return text(VersionWord(session.version));
    case Key::kCommand:
      return text(session.requested ? CommandWord(session.command) : std::string_view());
    case Key::kDestination: {
      if (!session.requested) return text("");
      if (term.is_range && session.name.view().empty())
        return address(true, session.requested_address);
      return text(Lower(DestinationWord(session)));
    }
    case Key::kPort:
      return Compare<uint64_t>(term.relation,
                               session.requested ? session.requested_address.port : 0, term.number);
    case Key::kAge: return Compare(term.relation, session.duration, term.age);
    case Key::kBytes:
      return Compare(term.relation, session.bytes_up + session.bytes_down, term.number);
    case Key::kBytesUp: return Compare(term.relation, session.bytes_up, term.number);
    case Key::kBytesDown: return Compare(term.relation, session.bytes_down, term.number);
    case Key::kEndedBy: return text(ToString(session.ended_by));
    case Key::kVerdict: return text(VerdictWord(session));
    case Key::kReply:
      return text(session.replied ? kReplies[static_cast<size_t>(session.reply) % kReplies.size()]
                                  : std::string_view());
  }
  return false;
}

}  // namespace sluice
