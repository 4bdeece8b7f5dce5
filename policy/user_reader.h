#ifndef SLUICE_POLICY_USER_READER_H_
#define SLUICE_POLICY_USER_READER_H_

// UserReader: fills Config::users and Config::groups from [[user]] and [groups], and reads the keys
// of rules that name users and groups. Lives while one configuration is parsed. One thread.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "policy/config_errors.h"
#include "policy/rule.h"
#include "policy/toml_document.h"
#include "policy/user.h"

namespace sluice {

class UserReader {
 public:
  UserReader(ConfigErrors& errors, std::vector<User>* users, std::vector<UserGroup>* groups)
      : errors_(errors), users_(*users), groups_(*groups) {}

  void ReadUsers(const TomlValue& users);
  // [groups]. Before any rule is read: rules name groups that may stand below them.
  void ReadGroups(const TomlValue& groups);

  // The keys `users` and `groups` of a rule.
  void ReadNames(const TomlValue& value, RuleUsers* users);
  void ReadGroupNames(const TomlValue& value, RuleUsers* users);

 private:
  void ReadUser(const TomlValue& value);
  void ReadPasswordHash(const TomlValue& value, User* user);
  bool ReadName(const TomlValue& value, std::string* name);
  void ReadMembers(const TomlValue& array, std::vector<std::string>* members);

  ConfigErrors& errors_;
  std::vector<User>& users_;
  std::vector<UserGroup>& groups_;
  absl::flat_hash_map<std::string, uint32_t> lines_;       // where each user's name was taken
  std::map<std::string, uint32_t, std::less<>> group_of_;  // place in groups_
  size_t members_ = 0;                                     // of all groups and rules
};

}  // namespace sluice

#endif  // SLUICE_POLICY_USER_READER_H_
