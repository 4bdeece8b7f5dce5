#include "tools/sluiced/lock_rules.h"

#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "policy/config_errors.h"

namespace sluice {
namespace {

// A basic string of TOML.
std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      absl::StrAppend(&quoted, "\\", std::string(1, c));
    } else if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppend(&quoted, "\\u00", absl::Hex(byte, absl::kZeroPad2));
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "\"";
}

// Whoever claims to be a locked user is locked too: hence ident, which asks for no proof here.
std::string RuleOf(const AccessLock& lock) {
  std::string rule = "[[rule]]\nverdict = \"deny\"\n";
  if (!lock.user.empty())
    absl::StrAppend(&rule, "ident = true\nusers = [", Quoted(lock.user), "]\n");
  if (!lock.client.empty()) absl::StrAppend(&rule, "source = [", Quoted(lock.client), "]\n");
  absl::StrAppend(&rule, "destination = [",
                  lock.destination.empty() ? "\"any\", \"special-use\"" : Quoted(lock.destination),
                  "]\n");
  return rule;
}

absl::Status FaultOf(const absl::Status& status) {
  const std::vector<ConfigProblem> problems = ProblemsOf(status);
  if (problems.empty()) return status;
  const Complaint& complaint = problems.front().complaint;
  return absl::InvalidArgumentError(absl::StrCat("expected ", complaint.expected, ", found ",
                                                 complaint.found, "; ", complaint.advice));
}

}  // namespace

absl::Status AddLockRules(absl::Span<const AccessLock> locks, Config* config) {
  if (locks.empty()) return absl::OkStatus();
  std::string text;
  for (const AccessLock& lock : locks) text += RuleOf(lock);
  absl::StatusOr<Config> read = ParseConfig(text, "locks", [](std::string_view) {
    return absl::PermissionDeniedError("a lock has no list file");
  });
  if (!read.ok()) return FaultOf(read.status());
  const auto moved = static_cast<uint32_t>(config->lists.size());
  for (size_t i = 0; i < locks.size(); ++i) {
    Rule& rule = read->rules[i];
    rule.name = locks[i].rule();
    rule.at = {};
    rule.comment = locks[i].reason;
    rule.expires = locks[i].expires;
    for (RuleEnd* end : {&rule.source, &rule.destination}) {
      for (uint32_t& list : end->lists) list += moved;
    }
  }
  for (EntryList& list : read->lists) list.line = 0;
  std::move(read->lists.begin(), read->lists.end(), std::back_inserter(config->lists));
  config->rules.insert(config->rules.begin(), std::make_move_iterator(read->rules.begin()),
                       std::make_move_iterator(read->rules.end()));
  return absl::OkStatus();
}

std::vector<Lock> StoredLocks(absl::Span<const AccessLock> locks) {
  std::vector<Lock> stored;
  for (const AccessLock& lock : locks) {
    stored.push_back({.id = absl::StrCat(lock.id),
                      .user = lock.user,
                      .client = lock.client,
                      .destination = lock.destination,
                      .expires = lock.expires,
                      .reason = lock.reason,
                      .by = lock.by,
                      .at = lock.at});
  }
  return stored;
}

std::vector<AccessLock> LocksOf(absl::Span<const Lock> stored, absl::Time now) {
  std::vector<AccessLock> locks;
  for (const Lock& lock : stored) {
    uint64_t id = 0;
    if (!absl::SimpleAtoi(lock.id, &id) || lock.expires <= now) continue;
    locks.push_back({.id = id,
                     .user = lock.user,
                     .client = lock.client,
                     .destination = lock.destination,
                     .expires = lock.expires,
                     .reason = lock.reason,
                     .by = lock.by,
                     .at = lock.at,
                     .ended = 0});
  }
  return locks;
}

void DropLockRules(size_t rules, size_t lists, Config* config) {
  config->rules.erase(config->rules.begin(), config->rules.begin() + static_cast<ptrdiff_t>(rules));
  config->lists.resize(lists);
}

}  // namespace sluice
