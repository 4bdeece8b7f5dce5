#include "policy/explain_text.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "policy/toml_document.h"

namespace sluice {
namespace {

std::string CommandText(PolicyCommand command) {
  return std::string(kPolicyCommandNames[static_cast<size_t>(command)]);
}

// Items with commas between them, until a person has enough.
class ItemsText {
 public:
  // False where nothing more will be taken.
  bool Add(std::string_view item) {
    if (text_.size() >= limits::kWantedBytesMax) {
      if (!text_.ends_with("…")) text_.append(", …");
      return false;
    }
    if (!text_.empty()) text_.append(", ");
    text_.append(item);
    return true;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void AddEntries(const EntryList& list, ItemsText* items) {
  for (const AddressRange& range : list.addresses) {
    if (!items->Add(RangeText(range))) return;
  }
  for (const ScopedRange& scoped : list.scoped) {
    if (!items->Add(RangeText(scoped.range, scoped.interface))) return;
  }
  for (size_t i = 0; i < list.names.size(); ++i) {
    const NamePattern name = list.names[i];
    if (!items->Add((name.below ? "*." : "") + std::string(name.name))) return;
  }
}

std::string EndText(const Config& config, const RuleEnd& end) {
  ItemsText items;
  if (end.any) items.Add("any");
  if (end.special_use) items.Add("special-use");
  std::vector<uint32_t> of_sets;
  for (const uint32_t set : end.sets) {
    if (!items.Add("@" + config.sets[set].name)) return items.text();
    const std::vector<uint32_t>& lists = config.sets[set].lists;
    of_sets.insert(of_sets.end(), lists.begin(), lists.end());
  }
  std::sort(of_sets.begin(), of_sets.end());
  for (const uint32_t list : end.lists) {
    if (std::binary_search(of_sets.begin(), of_sets.end(), list)) continue;
    const std::string& file = config.lists[list].file;
    if (file.empty()) {
      AddEntries(config.lists[list], &items);
    } else if (!items.Add(Quote("file:" + file))) {
      break;
    }
  }
  return items.text().empty() ? "nothing: it has no entry" : items.text();
}

std::string PortsText(const std::vector<PortRange>& ports) {
  ItemsText items;
  for (const PortRange& range : ports) {
    const std::string last = range.first == range.last ? "" : absl::StrCat("-", range.last);
    if (!items.Add(range.is_all() ? "any" : absl::StrCat(range.first, last))) break;
  }
  return items.text();
}

std::string CommandsText(uint8_t commands) {
  ItemsText items;
  for (size_t c = 0; c < kPolicyCommandNames.size(); ++c) {
    if ((commands & CommandBit(static_cast<PolicyCommand>(c))) != 0)
      items.Add(kPolicyCommandNames[c]);
  }
  return items.text().empty() ? "no command" : items.text();
}

std::string UsersText(const Config& config, const Rule& rule) {
  ItemsText items;
  const std::string proof = rule.grant.ident ? "" : ", authenticated";
  if (rule.users.is_any_user()) return "any user" + proof;
  for (const std::string& name : rule.users.names) {
    if (!items.Add(Quote(name))) break;
  }
  for (const uint32_t group : rule.users.groups) {
    if (!items.Add("group " + Quote(config.groups[group].name))) break;
  }
  return items.text() + proof;
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string UserText(const PolicyRequest& request) {
  switch (request.proof) {
    case UserProof::kNone: break;
    case UserProof::kClaimed: return Quote(request.user) + ", claimed and not confirmed";
    case UserProof::kIdent: return Quote(request.user) + ", by the client's ident server";
    case UserProof::kAuthenticated: return Quote(request.user);
  }
  return "nobody";
}

std::string ClientText(const PolicyRequest& request) {
  const std::string address = request.client.address.ToString();
  if (request.client_interface.empty()) return address;
  return absl::StrCat(address, "%", std::string(request.client_interface.view()));
}

std::string DestinationText(const Rule& rule, const RuleWalk& walk) {
  const PolicyRequest& request = walk.request();
  switch (walk.question()) {
    case RuleWalk::Question::kOpen:
      return request.command == PolicyCommand::kBind ? "any peer" : "any destination";
    case RuleWalk::Question::kName: {
      const bool unknown = rule.verdict == Verdict::kDeny && !rule.destination.lists.empty();
      return Quote(request.name) + (unknown ? ", whose addresses are not asked yet" : "");
    }
    case RuleWalk::Question::kAddress: break;
  }
  std::string text = request.address.ToString();
  if (!request.name.empty()) absl::StrAppend(&text, " of ", Quote(request.name));
  if (!walk.is_guarded()) return text;
  const SpecialUse use = ClassifySpecialUse(request.address);
  const std::string what =
      use == SpecialUse::kNone ? "the gateway itself" : std::string(SpecialUseName(use));
  return absl::StrCat(text, " (", what, "), which only an entry for it matches");
}

}  // namespace

std::string RangeText(const AddressRange& range, std::string_view interface) {
  const std::string scope = interface.empty() ? "" : absl::StrCat("%", std::string(interface));
  const std::string first = range.first.ToString();
  if (range.is_single()) return first + scope;
  // A network: its ends are the same to some bit, and behind it all zeros and all ones.
  const auto& low = range.first.bytes();
  const auto& high = range.last.bytes();
  size_t byte = 0;
  while (low[byte] == high[byte]) ++byte;
  const auto same =
      static_cast<size_t>(std::countl_zero(static_cast<uint8_t>(low[byte] ^ high[byte])));
  const auto host = static_cast<uint8_t>(0xffu >> same);
  bool is_network = (low[byte] & host) == 0 && (high[byte] & host) == host;
  for (size_t i = byte + 1; i < low.size(); ++i) is_network &= low[i] == 0 && high[i] == 0xff;
  const size_t prefix = byte * 8 + same - (range.first.is_v4() ? 96 : 0);
  if (is_network) return absl::StrCat(first, scope, "/", prefix);
  return absl::StrCat(first, "-", range.last.ToString(), scope);
}

std::string EntryTextOf(const Config& config, const EntryPlace& place) {
  using Kind = EntryPlace::Kind;
  switch (place.kind) {
    case Kind::kUnknown:
    case Kind::kNone:
    case Kind::kSomeAddress:
    case Kind::kOpen: return "";
    case Kind::kAny: return "any";
    case Kind::kSpecialUse: return "special-use";
    case Kind::kAddress: return RangeText(config.lists[place.list].addresses[place.entry]);
    case Kind::kScoped: {
      const ScopedRange& scoped = config.lists[place.list].scoped[place.entry];
      return RangeText(scoped.range, scoped.interface);
    }
    case Kind::kName: break;
  }
  const NamePattern name = config.lists[place.list].names[place.entry];
  return (name.below ? "*." : "") + std::string(name.name);
}

std::string WantedText(const Config& config, const Rule& rule, Condition failed,
                       const RuleWalk& walk) {
  const bool open = walk.question() == RuleWalk::Question::kOpen;
  switch (failed) {
    case Condition::kNone: break;
    case Condition::kOff: return "enabled = true";
    case Condition::kExpired: return "a time before " + TimeText(rule.expires);
    case Condition::kCommand: return CommandsText(rule.commands);
    case Condition::kSource: return EndText(config, rule.source);
    case Condition::kSourcePort: return PortsText(rule.source_ports);
    case Condition::kUsers: return UsersText(config, rule);
    case Condition::kDestination:
      if (open && rule.verdict == Verdict::kAllow) return "a certain peer, without bind_any_peer";
      return EndText(config, rule.destination);
    case Condition::kDestinationPort: return PortsText(rule.destination_ports);
  }
  return "";
}

std::string FoundText(absl::Time now, const Rule& rule, Condition failed, const RuleWalk& walk) {
  const PolicyRequest& request = walk.request();
  const bool open = walk.question() == RuleWalk::Question::kOpen;
  switch (failed) {
    case Condition::kNone: break;
    case Condition::kOff: return "enabled = false";
    case Condition::kExpired: return TimeText(now);
    case Condition::kCommand: return CommandText(request.command);
    case Condition::kSource: return ClientText(request);
    case Condition::kSourcePort: return absl::StrCat(request.client.port);
    case Condition::kUsers: return UserText(request);
    case Condition::kDestination: return DestinationText(rule, walk);
    case Condition::kDestinationPort: return open ? "any port" : absl::StrCat(request.port);
  }
  return "";
}

std::string SupposedText(const Rule& rule, Condition failed, const RuleWalk& walk) {
  const PolicyRequest& request = walk.request();
  const bool open = walk.question() == RuleWalk::Question::kOpen;
  const std::string name = "rule " + Quote(rule.name);
  switch (failed) {
    case Condition::kNone: return name + " were off";
    case Condition::kOff: return name + " were on";
    case Condition::kExpired: return name + " had not expired";
    case Condition::kCommand:
      return absl::StrCat(name, " had the command ", CommandText(request.command));
    case Condition::kSource:
      return absl::StrCat("the source of ", name, " had ", ClientText(request));
    case Condition::kSourcePort:
      return absl::StrCat("the source ports of ", name, " had ", request.client.port);
    case Condition::kUsers:
      if (request.proof != UserProof::kAuthenticated) return name + " were for everybody";
      return absl::StrCat(name, " were for the user ", Quote(request.user));
    case Condition::kDestination:
      if (open && rule.verdict == Verdict::kAllow) return name + " had bind_any_peer";
      if (open) return absl::StrCat("the destination of ", name, " were any");
      return absl::StrCat("the destination of ", name, " had ",
                          walk.question() == RuleWalk::Question::kName
                              ? Quote(request.name)
                              : request.address.ToString());
    case Condition::kDestinationPort:
      if (open) return absl::StrCat("the destination ports of ", name, " were any");
      return absl::StrCat("the destination ports of ", name, " had ", request.port);
  }
  return "";
}

}  // namespace sluice
