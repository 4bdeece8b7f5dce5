#ifndef SLUICE_TOOLS_ADMIN_SESSION_ANSWER_H_
#define SLUICE_TOOLS_ADMIN_SESSION_ANSWER_H_

// A live session as the door shows it, in the words of the access log. Values only, any thread.

#include <string>

#include "relay/log/access_record.h"
#include "tools/admin/json.h"

namespace sluice {

Json SessionJson(const AccessRecord& record);

// The columns of a table of sessions, and a row of it, each with its line end.
std::string SessionCsvHead();
std::string SessionCsvRow(const AccessRecord& record);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_SESSION_ANSWER_H_
