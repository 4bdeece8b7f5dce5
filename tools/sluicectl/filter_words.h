#ifndef SLUICE_TOOLS_SLUICECTL_FILTER_WORDS_H_
#define SLUICE_TOOLS_SLUICECTL_FILTER_WORDS_H_

// From words of the command line to a filter of the door's language, which the daemon alone
// understands. A shell takes quotes away: what came as one word with a blank in it is one term.

#include <string>
#include <vector>

namespace sluice {

// {"client=10.0.0.0/8", "rule=my rule"}: client=10.0.0.0/8 rule="my rule". A word that is a filter
// of several terms stays one: "client=10.0.0.0/8 rule=office".
std::string FilterOf(const std::vector<std::string>& words);

// "1-755", as the access log and the door name a session.
bool IsSessionName(const std::string& word);

// The keys that a filter may have, for completion.
const std::vector<const char*>& FilterKeys();

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_FILTER_WORDS_H_
