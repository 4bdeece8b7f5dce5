#ifndef SLUICE_TOOLS_SLUICECTL_DRAFT_H_
#define SLUICE_TOOLS_SLUICECTL_DRAFT_H_

// A change that verbs make in a draft of the configuration: in the one that --draft names, or in
// one of their own, which is applied at once and is gone where that does not succeed.

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/sluicectl/verb.h"

namespace sluice {

// `change` says what the draft of that name is asked for. `what` is what the verb does, in words.
absl::Status ChangeDraft(Errand& errand, const std::string& what,
                         absl::FunctionRef<absl::StatusOr<Question>(const std::string&)> change);

// A new draft of what is in force, as the door answers it.
absl::StatusOr<Json> MakeDraft(Errand& errand, const std::string& name);
void DropDraft(Errand& errand, const Json& draft);
// A draft as the door answers it, brought into force as the options say: confirm, message,
// end-refused, override-tests.
absl::Status ApplyDraft(Errand& errand, const std::string& what, const Json& draft);

// The draft that a word of the command line names ("d1"), or a new one with the text of the file
// that it names; `own` says which.
absl::StatusOr<Json> DraftOf(Errand& errand, const char* verb, const std::string& word, bool* own);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_DRAFT_H_
