#ifndef SLUICE_POLICY_CONTRADICTIONS_H_
#define SLUICE_POLICY_CONTRADICTIONS_H_

// What no key says wrongly for itself, but several say together: an authentication that could never
// succeed, a setting of a method that is not used, a rule that nobody could ever meet. Each would
// leave the gateway more open, or more closed, than its administrator believes. One thread.

#include "policy/config.h"
#include "policy/config_errors.h"
#include "policy/toml_document.h"

namespace sluice {

// `config` is what `root` was read as, without errors.
void RefuseContradictions(const TomlValue& root, const Config& config, ConfigErrors& errors);

}  // namespace sluice

#endif  // SLUICE_POLICY_CONTRADICTIONS_H_
