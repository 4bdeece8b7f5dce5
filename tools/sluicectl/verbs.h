#ifndef SLUICE_TOOLS_SLUICECTL_VERBS_H_
#define SLUICE_TOOLS_SLUICECTL_VERBS_H_

// The table of verbs, and what each does. docs/SLUICECTL.md has the same table, and a test compares
// both.

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "tools/sluicectl/verb.h"

namespace sluice {

absl::Span<const Verb> AllVerbs();

absl::Status RunHelp(Errand& errand);

// gateway.cc: what the gateway is and does.
absl::Status RunStatus(Errand& errand);
absl::Status RunMetrics(Errand& errand);
absl::Status RunMe(Errand& errand);
absl::Status RunVersion(Errand& errand);

// sessions.cc, end.cc
absl::Status RunSessions(Errand& errand);
absl::Status RunEnd(Errand& errand);

// tail.cc
absl::Status RunTail(Errand& errand);
// trace.cc
absl::Status RunTrace(Errand& errand);

// explain.cc
absl::Status RunWhy(Errand& errand);
absl::Status RunExplain(Errand& errand);

// configuration.cc: rules and the text that they stand in.
absl::Status RunRules(Errand& errand);
absl::Status RunWarnings(Errand& errand);
absl::Status RunConfig(Errand& errand);
absl::Status RunCheck(Errand& errand);
absl::Status RunReload(Errand& errand);

// rule.cc, diff.cc
absl::Status RunRule(Errand& errand);
absl::Status RunDiff(Errand& errand);

// changes.cc
absl::Status RunApply(Errand& errand);
absl::Status RunConfirm(Errand& errand);
absl::Status RunRollback(Errand& errand);
absl::Status RunExtend(Errand& errand);
absl::Status RunDraft(Errand& errand);
absl::Status RunImpact(Errand& errand);
absl::Status RunTest(Errand& errand);
absl::Status RunRevisions(Errand& errand);
absl::Status RunRestore(Errand& errand);

// lock.cc
absl::Status RunLock(Errand& errand);

// top.cc
absl::Status RunTop(Errand& errand);

// accounts.cc
absl::Status RunAdmin(Errand& errand);
absl::Status RunToken(Errand& errand);

// console.cc
absl::Status RunConsole(Errand& errand);

// log.cc
absl::Status RunLog(Errand& errand);
absl::Status RunReport(Errand& errand);

// support.cc
absl::Status RunBundle(Errand& errand);
absl::Status RunDrain(Errand& errand);

// audit.cc
absl::Status RunAudit(Errand& errand);

// completion.cc
absl::Status RunCompletion(Errand& errand);
absl::Status RunComplete(Errand& errand);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_VERBS_H_
