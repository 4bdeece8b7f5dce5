#include "policy/trial_reader.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "policy/entry_text.h"
#include "policy/rule_reader.h"
#include "policy/snapshot.h"
#include "policy/toml_fields.h"
#include "policy/value_readers.h"

namespace sluice {
namespace {

constexpr char kDestination[] = "one address or one host name";

bool ReadAddress(const TomlValue& value, const char* expected, ConfigErrors& errors, Address* out) {
  if (!IsText(value, expected, errors)) return false;
  Complaint complaint;
  if (ParseSingleAddress(value.text, expected, out, &complaint)) return true;
  errors.Add(value.at, complaint);
  return false;
}

void ReadDestination(const TomlValue& value, ConfigErrors& errors, PolicyTrial* trial) {
  if (!IsText(value, kDestination, errors)) return;
  Entry entry;
  Complaint complaint;
  if (!ParseEntry(value.text, kAllEntries, &entry, &complaint)) {
    return errors.Add(value.at, complaint);
  }
  if (entry.is_name ? entry.below : !entry.range.is_single()) {
    return errors.Add(value.at, {kDestination, value.Describe(),
                                 "a request is for one of them; write a test for each"});
  }
  if (entry.is_name) {
    trial->destination = entry.name();
  } else {
    trial->address = entry.range.first;
  }
}

void ReadExpect(const TomlValue& value, ConfigErrors& errors, PolicyTrial* trial, bool* said) {
  *said = true;
  ReadVerdict(value, errors, &trial->expect);
}

PolicyTrial ReadTrial(const TomlValue& value, size_t place, ConfigErrors& errors) {
  const size_t errors_before = errors.count();
  PolicyTrial trial;
  trial.at = value.at;
  trial.name = absl::StrCat("test ", place);
  bool client = false;
  bool expect = false;
  Address leads_to;
  TextPosition leads_to_at;
  bool leads = false;
  int64_t port = 0;
  int64_t client_port = trial.client.port;
  ReadTable(value, "[[test]]",
            {
                {"name", [&](const TomlValue& v) { ReadRuleName(v, errors, &trial.name); }},
                {"client",
                 [&](const TomlValue& v) {
                   client = true;
                   ReadAddress(v, "the address of one client", errors, &trial.client.address);
                 }},
                {"client_port",
                 [&](const TomlValue& v) { ReadInteger(v, 1, 65535, errors, &client_port); }},
                {"user",
                 [&](const TomlValue& v) {
                   if (IsText(v, "the name of a user", errors)) trial.user = v.text;
                 }},
                {"command", [&](const TomlValue& v) { ReadCommand(v, errors, &trial.command); }},
                {"destination", [&](const TomlValue& v) { ReadDestination(v, errors, &trial); }},
                {"address",
                 [&](const TomlValue& v) {
                   leads_to_at = v.at;
                   leads = ReadAddress(v, "the address that the name leads to", errors, &leads_to);
                 }},
                {"port", [&](const TomlValue& v) { ReadInteger(v, 1, 65535, errors, &port); }},
                {"expect", [&](const TomlValue& v) { ReadExpect(v, errors, &trial, &expect); }},
                {"rule", [&](const TomlValue& v) { ReadRuleName(v, errors, &trial.rule); }},
            },
            errors);
  trial.port = static_cast<uint16_t>(port);
  trial.client.port = static_cast<uint16_t>(client_port);
  if (errors.count() > errors_before) return trial;
  if (!client || !expect) {
    errors.Add(value.at, {"a test with the keys client and expect",
                          client ? "one without expect" : "one without client", "write both"});
  }
  const bool open = trial.destination.empty() && !trial.address;
  if (open ? trial.command == PolicyCommand::kConnect : port == 0) {
    errors.Add(value.at, {"a destination and a port", open ? "no destination" : "no port",
                          "write both; only BIND and UDP ASSOCIATE may have neither"});
  }
  if (leads && trial.destination.empty()) {
    errors.Add(leads_to_at, {"an address only beside a destination that is a name", "no name",
                             "write the address as the destination"});
  }
  if (leads) trial.address = leads_to;
  return trial;
}

}  // namespace

void ReadTrials(const TomlValue& value, ConfigErrors& errors, std::vector<PolicyTrial>* trials) {
  if (value.kind != TomlValue::Kind::kArray) {
    return errors.Add(value.at, {"tables [[test]]", value.Describe(),
                                 "write [[test]], with two brackets, above each test"});
  }
  if (value.items.size() > limits::kTrialsMax) {
    return errors.Add(value.items[limits::kTrialsMax].at,
                      {absl::StrCat("at most ", limits::kTrialsMax, " tests"), "one more",
                       "keep those that would be missed"});
  }
  for (const TomlValue& item : value.items) {
    trials->push_back(ReadTrial(item, trials->size() + 1, errors));
  }
}

void CheckRulesOfTrials(const std::vector<PolicyTrial>& trials, const std::vector<Rule>& rules,
                        ConfigErrors& errors) {
  absl::flat_hash_set<std::string_view> names = {kDefaultDenyName};
  for (const Rule& rule : rules) names.insert(rule.name);
  for (const PolicyTrial& trial : trials) {
    if (trial.rule.empty() || names.contains(trial.rule)) continue;
    const std::vector<std::string_view> words(names.begin(), names.end());
    errors.Add(trial.at, {absl::StrCat("the name of a rule in the test ", Quote(trial.name)),
                          Quote(trial.rule), AdviseWord(trial.rule, words)});
  }
}

}  // namespace sluice
