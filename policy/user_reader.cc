#include "policy/user_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "policy/password_hash.h"
#include "policy/toml_fields.h"
#include "policy/value_readers.h"

namespace sluice {

// --- [[user]]

void UserReader::ReadUsers(const TomlValue& users) {
  if (users.kind != TomlValue::Kind::kArray) {
    return errors_.Add(users.at, {"tables [[user]]", users.Describe(),
                                  "write [[user]], with two brackets, above each user"});
  }
  if (users.items.size() > limits::kUsersMax) {
    return errors_.Add(users.items[limits::kUsersMax].at,
                       {absl::StrCat("at most ", limits::kUsersMax, " users"), "one more",
                        "keep so many in a directory that PAM asks: auth.pam_service"});
  }
  users_.reserve(users.items.size());
  for (const TomlValue& user : users.items) ReadUser(user);
}

void UserReader::ReadUser(const TomlValue& value) {
  const size_t errors_before = errors_.count();
  User user;
  TextPosition name_at = value.at;
  ReadTable(value, "[[user]]",
            {
                {"name",
                 [&](const TomlValue& v) {
                   name_at = v.at;
                   ReadName(v, &user.name);
                 }},
                {"password", [&](const TomlValue& v) { ReadPasswordHash(v, &user); }},
            },
            errors_);
  if (errors_.count() > errors_before) return;
  if (user.name.empty() || user.password_hash.empty()) {
    return errors_.Add(value.at,
                       {"a user with the keys name and password",
                        user.name.empty() ? "one without a name" : "one without a password",
                        "write both; users that only PAM or Kerberos know have no [[user]]"});
  }
  const auto [taken, is_new] = lines_.try_emplace(user.name, name_at.line);
  if (!is_new) {
    return errors_.Add(name_at, {"a name that no other user has",
                                 absl::StrCat(Quote(user.name), ", which the user of line ",
                                              taken->second, " has"),
                                 "keep one of the two"});
  }
  users_.push_back(std::move(user));
}

// What is found is never shown: it may be the password itself.
void UserReader::ReadPasswordHash(const TomlValue& value, User* user) {
  Complaint complaint;
  if (value.kind != TomlValue::Kind::kText) {
    errors_.Add(value.at, {"the hash of a password, as text", "a value of another type",
                           "run \"sluiced --hash_password\" and write what it prints, in quotes"});
  } else if (!CheckPasswordHash(value.text, &complaint)) {
    errors_.Add(value.at, complaint);
  } else {
    user->password_hash = Secret(value.text);
  }
}

bool UserReader::ReadName(const TomlValue& value, std::string* name) {
  if (!IsText(value, "the name of a user", errors_)) return false;
  if (value.text.empty() || value.text.size() > limits::kUserNameBytesMax ||
      HasControl(value.text)) {
    errors_.Add(value.at, {absl::StrCat("the name of a user, 1 to ", limits::kUserNameBytesMax,
                                        " bytes without control characters"),
                           value.Describe(), "write the name as the user gives it"});
    return false;
  }
  *name = value.text;
  return true;
}

// --- [groups]

void UserReader::ReadGroups(const TomlValue& groups) {
  if (groups.kind != TomlValue::Kind::kTable) {
    return errors_.Add(groups.at, {"a table [groups]", groups.Describe(),
                                   "write it as a table, with a key for each group"});
  }
  for (const TomlField& group : groups.fields) {
    if (!IsListName(group.key)) {
      errors_.Add(group.at,
                  {absl::StrCat("a group's name of letters, digits, \"-\" and \"_\", at most ",
                                limits::kRuleNameBytesMax),
                   Quote(group.key), "rename the group"});
      continue;
    }
    group_of_.emplace(group.key, static_cast<uint32_t>(groups_.size()));
    groups_.push_back({group.key, {}, group.at});
    if (group.value.kind != TomlValue::Kind::kArray) {
      errors_.Add(group.value.at, {"a list of users", group.value.Describe(),
                                   "write it as a list: [\"…\", \"…\"]"});
      continue;
    }
    ReadMembers(group.value, &groups_.back().members);
  }
}

void UserReader::ReadMembers(const TomlValue& array, std::vector<std::string>* members) {
  members_ += array.items.size();
  if (members_ > limits::kGroupMembersMax) {
    return errors_.Add(array.at, {absl::StrCat("at most ", limits::kGroupMembersMax,
                                               " members in all groups and rules"),
                                  "more", "ask for any user: authenticated = true"});
  }
  std::string name;
  for (const TomlValue& item : array.items) {
    if (ReadName(item, &name)) members->push_back(name);
  }
}

// --- Rules

void UserReader::ReadNames(const TomlValue& value, RuleUsers* users) {
  if (IsFilledArray(value, "a list of users", errors_)) ReadMembers(value, &users->names);
}

void UserReader::ReadGroupNames(const TomlValue& value, RuleUsers* users) {
  if (!IsFilledArray(value, "a list of groups", errors_)) return;
  for (const TomlValue& item : value.items) {
    if (!IsText(item, "the name of a group", errors_)) continue;
    const auto group = group_of_.find(item.text);
    if (group != group_of_.end()) {
      users->groups.push_back(group->second);
      continue;
    }
    std::vector<std::string_view> words;
    for (const auto& [known, place] : group_of_) words.push_back(known);
    errors_.Add(item.at, {"the name of a group", Quote(item.text),
                          words.empty() ? "write it as a key of the table [groups]"
                                        : AdviseWord(item.text, words)});
  }
}

}  // namespace sluice
