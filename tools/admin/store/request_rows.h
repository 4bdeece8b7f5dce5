#ifndef SLUICE_TOOLS_ADMIN_STORE_REQUEST_ROWS_H_
#define SLUICE_TOOLS_ADMIN_STORE_REQUEST_ROWS_H_

// A session that has ended as a row, and back. Words stand in it as the log has them, so that a
// later release reads what an earlier one wrote. Values only.

#include <string>

#include "tools/admin/store/database.h"
#include "tools/admin/store/store.h"

namespace sluice {

// Statements for the table of that name.
std::string CreateRequestsSql(const std::string& table);
std::string InsertRequestSql(const std::string& table);
// Between two times and below a number, newest first.
std::string SelectRequestsSql(const std::string& table);

// Into InsertRequestSql's.
void BindRequest(const LoggedRequest& request, Statement* insert);
// From SelectRequestsSql's. What has texts of its own is good until its next row.
void ReadRequest(const Statement& row, LoggedRequest* request);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_REQUEST_ROWS_H_
