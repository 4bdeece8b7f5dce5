#ifndef SLUICE_POLICY_RULE_READER_H_
#define SLUICE_POLICY_RULE_READER_H_

// Reads the [[rule]] tables of sluice.toml. Every key has a default: a rule that says nothing
// covers everything and denies. One thread.

#include <string>
#include <vector>

#include "policy/config_errors.h"
#include "policy/list_reader.h"
#include "policy/rule.h"
#include "policy/toml_document.h"
#include "policy/user_reader.h"

namespace sluice {

// What other tables say in the same words. Each leaves *out alone and adds an error where the value
// is none.
void ReadRuleName(const TomlValue& value, ConfigErrors& errors, std::string* out);
bool ReadCommand(const TomlValue& value, ConfigErrors& errors, PolicyCommand* out);
void ReadVerdict(const TomlValue& value, ConfigErrors& errors, Verdict* out);

void ReadRules(const TomlValue& value, ListReader& lists, UserReader& users, ConfigErrors& errors,
               std::vector<Rule>* rules);

}  // namespace sluice

#endif  // SLUICE_POLICY_RULE_READER_H_
