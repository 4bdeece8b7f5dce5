#ifndef SLUICE_TOOLS_ADMIN_JSON_FIELDS_H_
#define SLUICE_TOOLS_ADMIN_JSON_FIELDS_H_

// JsonFields: the body of a request, read field by field. The first thing that is wrong with it, a
// field of another type or one that nobody reads, becomes one sentence. One thread.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tools/admin/json.h"

namespace sluice {

class JsonFields {
 public:
  explicit JsonFields(std::string_view body);

  // Nothing where it is not there; null is not there either.
  std::optional<std::string> Text(std::string_view key);
  std::optional<int64_t> Number(std::string_view key, int64_t least, int64_t most);
  bool Flag(std::string_view key);
  std::vector<std::string> Texts(std::string_view key);

  // A fault that whoever reads has found in a value.
  void Fail(std::string_view key, std::string_view expected, std::string_view found);

  // Once all has been read: OK, or what is wrong.
  absl::Status Finish();

 private:
  const Json* Find(std::string_view key);

  Json json_;
  std::set<std::string, std::less<>> read_;
  absl::Status fault_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_JSON_FIELDS_H_
