#ifndef SLUICE_POLICY_RULE_READER_H_
#define SLUICE_POLICY_RULE_READER_H_

// Reads the [[rule]] tables of sluice.toml. Every key has a default: a rule that says nothing
// covers everything and denies. One thread.

#include <vector>

#include "policy/config_errors.h"
#include "policy/list_reader.h"
#include "policy/rule.h"
#include "policy/toml_document.h"
#include "policy/user_reader.h"

namespace sluice {

void ReadRules(const TomlValue& value, ListReader& lists, UserReader& users, ConfigErrors& errors,
               std::vector<Rule>* rules);

}  // namespace sluice

#endif  // SLUICE_POLICY_RULE_READER_H_
