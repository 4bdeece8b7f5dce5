#ifndef SLUICE_TOOLS_SLUICECTL_ARGUMENTS_H_
#define SLUICE_TOOLS_SLUICECTL_ARGUMENTS_H_

// The command line: a verb, its words and its options, which may stand anywhere, as in "sluicectl
// sessions rule=office -o json". Not by gflags, whose flags are the process's and not a verb's,
// stand before the words, and cannot be given twice.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "tools/sluicectl/verb.h"

namespace sluice {

// The options that every verb takes.
const std::vector<VerbOption>& SharedOptions();

// `said`: what stands behind the program's name. InvalidArgument says what was expected, and the
// nearest word where one was mistyped. With --help or --version the rest is not looked at closely.
absl::StatusOr<Arguments> ParseArguments(absl::Span<const Verb> verbs,
                                         const std::vector<std::string>& said);

const Verb* FindVerb(absl::Span<const Verb> verbs, const std::string& name);

// InvalidArgument: there is no such verb; with the nearest that there is.
absl::Status NoSuchVerb(absl::Span<const Verb> verbs, const std::string& name);

// What "help", and "help VERB", say.
std::string HelpText(absl::Span<const Verb> verbs);
std::string HelpText(const Verb& verb);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_ARGUMENTS_H_
