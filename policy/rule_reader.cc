#include "policy/rule_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "policy/scope_reader.h"
#include "policy/toml_fields.h"
#include "policy/value_readers.h"

namespace sluice {
namespace {

// Locks stand above the rules, each with a name of its own in logs and counts.
constexpr std::string_view kLockPrefix = "lock:";

void ReadPorts(const TomlValue& value, ConfigErrors& errors, std::vector<PortRange>* ports) {
  if (!IsFilledArray(value, "a list of ports", errors)) return;
  ports->clear();
  for (const TomlValue& item : value.items) {
    PortRange range;
    if (ReadPortRange(item, errors, &range)) ports->push_back(range);
  }
}

void ReadCommands(const TomlValue& value, ConfigErrors& errors, uint8_t* commands) {
  if (!IsFilledArray(value, "a list of commands", errors)) return;
  *commands = 0;
  for (const TomlValue& item : value.items) {
    PolicyCommand command;
    if (ReadCommand(item, errors, &command)) *commands |= CommandBit(command);
  }
}

void ReadExpiry(const TomlValue& value, ConfigErrors& errors, absl::Time* expires) {
  if (value.kind != TomlValue::Kind::kDateTime && value.kind != TomlValue::Kind::kDate) {
    return errors.Add(value.at,
                      {"a date, or a date with time and offset", value.Describe(),
                       "write for instance 2030-12-31 or 2030-12-31T18:00:00Z, without quotes"});
  }
  *expires = value.time;
}

void ReadInterface(const TomlValue& value, ConfigErrors& errors, std::string* interface) {
  if (!IsText(value, "the name of an interface", errors)) return;
  if (!IsInterfaceName(value.text)) {
    return errors.Add(value.at, {absl::StrCat("the name of an interface, 1 to ",
                                              limits::kInterfaceBytesMax, " bytes"),
                                 value.Describe(), "write a name that \"ip link\" lists"});
  }
  *interface = value.text;
}

// Two ways to say by which interface: they must not differ.
void AgreeOnInterface(const std::string& scope, TextPosition at, ConfigErrors& errors,
                      std::string* interface) {
  if (scope.empty()) return;
  if (interface->empty()) *interface = scope;
  if (*interface == scope) return;
  errors.Add(at, {absl::StrCat("the interface \"", *interface, "\" alone"),
                  absl::StrCat("the scope \"%", scope, "\" beside it"),
                  "write a rule for each interface"});
}

// *scope: the interface that addresses say themselves.
void ReadEgressAddresses(const TomlValue& value, ConfigErrors& errors,
                         std::vector<Address>* addresses, std::string* scope) {
  const bool is_list = value.kind == TomlValue::Kind::kArray;
  if (is_list && !IsFilledArray(value, "an address of this host, or a list of them", errors))
    return;
  const std::vector<TomlValue> alone = is_list ? std::vector<TomlValue>() : std::vector{value};
  for (const TomlValue& item : is_list ? value.items : alone) {
    Address address;
    TomlValue bare;
    std::string interface;
    if (!TakeScope(item, errors, &bare, &interface) ||
        !ReadHostAddress(bare, *addresses, errors, &address) ||
        !CanHaveScope(item, {address, address}, interface, errors))
      continue;
    addresses->push_back(address);
    AgreeOnInterface(interface, item.at, errors, scope);
  }
  if (addresses->size() > limits::kEgressAddressesMax) {
    errors.Add(value.at, {absl::StrCat("at most ", limits::kEgressAddressesMax, " addresses"),
                          absl::StrCat(addresses->size()), "spread them over several rules"});
  }
}

void ReadEgress(const TomlValue& value, ConfigErrors& errors, Egress* egress) {
  std::string scope;
  ReadTable(
      value, "egress",
      {
          {"address",
           [&](const TomlValue& v) { ReadEgressAddresses(v, errors, &egress->addresses, &scope); }},
          {"interface", [&](const TomlValue& v) { ReadInterface(v, errors, &egress->interface); }},
      },
      errors);
  AgreeOnInterface(scope, value.at, errors, &egress->interface);
  const auto needs_one = [](const Address& address) { return address.needs_interface(); };
  if (egress->interface.empty() &&
      std::any_of(egress->addresses.begin(), egress->addresses.end(), needs_one)) {
    errors.Add(value.at, {"an interface for the link-local address", "none",
                          "write interface = \"eth0\", or the address as \"fe80::1%eth0\""});
  }
}

// A scope in the destination says by which interface its targets are reached, which is what an
// egress says.
void ReachByScope(TextPosition at, ConfigErrors& errors, Rule* rule) {
  if (rule->destination.interface.empty()) return;
  if (rule->verdict == Verdict::kDeny) {
    return errors.Add(
        at, {"a scope in a rule that allows", "a destination with one in a rule that denies",
             "leave the scope out: a client asks for an address without one"});
  }
  AgreeOnInterface(rule->destination.interface, at, errors, &rule->grant.egress.interface);
}

Rule ReadRule(const TomlValue& value, size_t place, ListReader& lists, UserReader& users,
              ConfigErrors& errors, TextPosition* name_at) {
  Rule rule;
  rule.at = value.at;
  rule.name = absl::StrCat("rule ", place);
  rule.source.any = true;
  rule.destination.any = true;
  rule.source_ports = {PortRange{}};
  rule.destination_ports = {PortRange{}};
  *name_at = value.at;
  const auto reads_flag = [&errors](bool* out) {
    return [&errors, out](const TomlValue& v) { ReadBoolean(v, errors, out); };
  };
  ReadTable(
      value, "[[rule]]",
      {
          {"name",
           [&](const TomlValue& v) {
             *name_at = v.at;
             ReadRuleName(v, errors, &rule.name);
           }},
          {"comment",
           [&](const TomlValue& v) {
             if (IsText(v, "a comment", errors)) rule.comment = v.text;
           }},
          {"enabled", reads_flag(&rule.enabled)},
          {"expires", [&](const TomlValue& v) { ReadExpiry(v, errors, &rule.expires); }},
          {"source", [&](const TomlValue& v) { lists.ReadSource(v, &rule.source); }},
          {"source_ports", [&](const TomlValue& v) { ReadPorts(v, errors, &rule.source_ports); }},
          {"destination", [&](const TomlValue& v) { lists.ReadDestination(v, &rule.destination); }},
          {"destination_ports",
           [&](const TomlValue& v) { ReadPorts(v, errors, &rule.destination_ports); }},
          {"commands", [&](const TomlValue& v) { ReadCommands(v, errors, &rule.commands); }},
          {"users", [&](const TomlValue& v) { users.ReadNames(v, &rule.users); }},
          {"groups", [&](const TomlValue& v) { users.ReadGroupNames(v, &rule.users); }},
          {"authenticated", reads_flag(&rule.users.authenticated)},
          {"ident", reads_flag(&rule.grant.ident)},
          {"bind_any_peer", reads_flag(&rule.grant.bind_any_peer)},
          {"udp_any_peer", reads_flag(&rule.grant.udp_any_peer)},
          {"egress", [&](const TomlValue& v) { ReadEgress(v, errors, &rule.grant.egress); }},
          {"verdict", [&](const TomlValue& v) { ReadVerdict(v, errors, &rule.verdict); }},
      },
      errors);
  ReachByScope(value.at, errors, &rule);
  return rule;
}

}  // namespace

// A rule's name stands in logs and on screens.
void ReadRuleName(const TomlValue& value, ConfigErrors& errors, std::string* out) {
  if (!IsText(value, "a rule's name", errors)) return;
  if (value.text.empty() || value.text.size() > limits::kRuleNameBytesMax ||
      HasControl(value.text)) {
    return errors.Add(value.at, {absl::StrCat("a name of 1 to ", limits::kRuleNameBytesMax,
                                              " bytes without control characters"),
                                 value.Describe(), "rename the rule; a comment may be longer"});
  }
  if (value.text.starts_with(kLockPrefix)) {
    return errors.Add(value.at, {"a name that does not begin as those of locks do",
                                 value.Describe(), "rename the rule"});
  }
  *out = value.text;
}

bool ReadCommand(const TomlValue& value, ConfigErrors& errors, PolicyCommand* out) {
  if (!IsText(value, "a command", errors)) return false;
  const auto& names = kPolicyCommandNames;
  const auto found = std::find(names.begin(), names.end(), std::string_view(value.text));
  if (found == names.end()) {
    errors.Add(value.at, {"a command", value.Describe(),
                          AdviseWord(value.text, {names.begin(), names.end()})});
    return false;
  }
  *out = static_cast<PolicyCommand>(found - names.begin());
  return true;
}

void ReadVerdict(const TomlValue& value, ConfigErrors& errors, Verdict* out) {
  if (!IsText(value, "\"allow\" or \"deny\"", errors)) return;
  if (value.text != "allow" && value.text != "deny") {
    return errors.Add(value.at, {"\"allow\" or \"deny\"", value.Describe(),
                                 AdviseWord(value.text, {"allow", "deny"})});
  }
  *out = value.text == "allow" ? Verdict::kAllow : Verdict::kDeny;
}

void ReadRules(const TomlValue& value, ListReader& lists, UserReader& users, ConfigErrors& errors,
               std::vector<Rule>* rules) {
  if (value.kind != TomlValue::Kind::kArray) {
    return errors.Add(value.at, {"tables [[rule]]", value.Describe(),
                                 "write [[rule]], with two brackets, above each rule"});
  }
  const size_t count = std::min(value.items.size(), limits::kRulesMax);
  rules->reserve(count);
  absl::flat_hash_map<std::string, uint32_t> lines;  // where each name was taken
  lines.reserve(count);
  for (const TomlValue& item : value.items) {
    if (rules->size() == limits::kRulesMax) {
      return errors.Add(item.at, {absl::StrCat("at most ", limits::kRulesMax, " rules"), "one more",
                                  "join rules that differ only in their lists"});
    }
    TextPosition name_at;
    Rule rule = ReadRule(item, rules->size() + 1, lists, users, errors, &name_at);
    const auto [taken, is_new] = lines.try_emplace(rule.name, name_at.line);
    if (!is_new) {
      errors.Add(name_at, {"a name that no other rule has",
                           absl::StrCat(Quote(rule.name), ", which the rule of line ",
                                        taken->second, " has"),
                           "rename one of the two"});
    }
    rules->push_back(std::move(rule));
  }
}

}  // namespace sluice
