#ifndef SLUICE_POLICY_TRIAL_READER_H_
#define SLUICE_POLICY_TRIAL_READER_H_

// Reads the [[test]] tables of sluice.toml. One thread.

#include <vector>

#include "policy/config_errors.h"
#include "policy/policy_trial.h"
#include "policy/rule.h"
#include "policy/toml_document.h"

namespace sluice {

void ReadTrials(const TomlValue& value, ConfigErrors& errors, std::vector<PolicyTrial>* trials);

// A rule that a trial names and that does not exist is an error.
void CheckRulesOfTrials(const std::vector<PolicyTrial>& trials, const std::vector<Rule>& rules,
                        ConfigErrors& errors);

}  // namespace sluice

#endif  // SLUICE_POLICY_TRIAL_READER_H_
