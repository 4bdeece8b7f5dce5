#include "policy/rule_reader.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "policy/entry_text.h"
#include "policy/toml_fields.h"

namespace sluice {
namespace {

constexpr std::array<std::string_view, kPolicyCommands> kCommandNames = {"connect", "bind",
                                                                         "udp_associate"};

// A rule's name stands in logs and on screens.
void ReadName(const TomlValue& value, ConfigErrors& errors, std::string* name) {
  if (!IsText(value, "a rule's name", errors)) return;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  const bool has_control = std::any_of(value.text.begin(), value.text.end(), is_control);
  if (value.text.empty() || value.text.size() > limits::kRuleNameBytesMax || has_control) {
    return errors.Add(value.at, {absl::StrCat("a name of 1 to ", limits::kRuleNameBytesMax,
                                              " bytes without control characters"),
                                 value.Describe(), "rename the rule; a comment may be longer"});
  }
  *name = value.text;
}

void ReadPorts(const TomlValue& value, ConfigErrors& errors, std::vector<PortRange>* ports) {
  if (!IsFilledArray(value, "a list of ports", errors)) return;
  ports->clear();
  for (const TomlValue& item : value.items) {
    const bool number = item.kind == TomlValue::Kind::kInteger;
    if (!number && !IsText(item, "a port or a range of ports", errors)) continue;
    PortRange range;
    Complaint complaint;
    if (ParsePortRange(number ? absl::StrCat(item.integer) : item.text, &range, &complaint)) {
      ports->push_back(range);
    } else {
      errors.Add(item.at, complaint);
    }
  }
}

void ReadCommands(const TomlValue& value, ConfigErrors& errors, uint8_t* commands) {
  if (!IsFilledArray(value, "a list of commands", errors)) return;
  *commands = 0;
  for (const TomlValue& item : value.items) {
    if (!IsText(item, "a command", errors)) continue;
    const auto found =
        std::find(kCommandNames.begin(), kCommandNames.end(), std::string_view(item.text));
    if (found == kCommandNames.end()) {
      errors.Add(item.at, {"a command", item.Describe(),
                           AdviseWord(item.text, {kCommandNames.begin(), kCommandNames.end()})});
    } else {
      *commands |= CommandBit(static_cast<PolicyCommand>(found - kCommandNames.begin()));
    }
  }
}

void ReadVerdict(const TomlValue& value, ConfigErrors& errors, Verdict* verdict) {
  if (!IsText(value, "\"allow\" or \"deny\"", errors)) return;
  if (value.text != "allow" && value.text != "deny") {
    return errors.Add(value.at, {"\"allow\" or \"deny\"", value.Describe(),
                                 AdviseWord(value.text, {"allow", "deny"})});
  }
  *verdict = value.text == "allow" ? Verdict::kAllow : Verdict::kDeny;
}

void ReadExpiry(const TomlValue& value, ConfigErrors& errors, absl::Time* expires) {
  if (value.kind != TomlValue::Kind::kDateTime && value.kind != TomlValue::Kind::kDate) {
    return errors.Add(value.at,
                      {"a date, or a date with time and offset", value.Describe(),
                       "write for instance 2030-12-31 or 2030-12-31T18:00:00Z, without quotes"});
  }
  *expires = value.time;
}

Rule ReadRule(const TomlValue& value, size_t place, ListReader& lists, ConfigErrors& errors,
              TextPosition* name_at) {
  Rule rule;
  rule.name = absl::StrCat("rule ", place);
  rule.source.any = true;
  rule.destination.any = true;
  rule.source_ports = {PortRange{}};
  rule.destination_ports = {PortRange{}};
  *name_at = value.at;
  ReadTable(
      value, "[[rule]]",
      {
          {"name",
           [&](const TomlValue& v) {
             *name_at = v.at;
             ReadName(v, errors, &rule.name);
           }},
          {"comment",
           [&](const TomlValue& v) {
             if (IsText(v, "a comment", errors)) rule.comment = v.text;
           }},
          {"enabled", [&](const TomlValue& v) { ReadBoolean(v, errors, &rule.enabled); }},
          {"expires", [&](const TomlValue& v) { ReadExpiry(v, errors, &rule.expires); }},
          {"source", [&](const TomlValue& v) { lists.ReadSource(v, &rule.source); }},
          {"source_ports", [&](const TomlValue& v) { ReadPorts(v, errors, &rule.source_ports); }},
          {"destination", [&](const TomlValue& v) { lists.ReadDestination(v, &rule.destination); }},
          {"destination_ports",
           [&](const TomlValue& v) { ReadPorts(v, errors, &rule.destination_ports); }},
          {"commands", [&](const TomlValue& v) { ReadCommands(v, errors, &rule.commands); }},
          {"verdict", [&](const TomlValue& v) { ReadVerdict(v, errors, &rule.verdict); }},
      },
      errors);
  return rule;
}

}  // namespace

void ReadRules(const TomlValue& value, ListReader& lists, ConfigErrors& errors,
               std::vector<Rule>* rules) {
  if (value.kind != TomlValue::Kind::kArray) {
    return errors.Add(value.at, {"tables [[rule]]", value.Describe(),
                                 "write [[rule]], with two brackets, above each rule"});
  }
  std::map<std::string, uint32_t> lines;  // where each name was taken
  for (const TomlValue& item : value.items) {
    if (rules->size() == limits::kRulesMax) {
      return errors.Add(item.at, {absl::StrCat("at most ", limits::kRulesMax, " rules"), "one more",
                                  "join rules that differ only in their lists"});
    }
    TextPosition name_at;
    Rule rule = ReadRule(item, rules->size() + 1, lists, errors, &name_at);
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
