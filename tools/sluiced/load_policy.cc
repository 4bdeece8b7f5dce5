#include "tools/sluiced/load_policy.h"

#include <filesystem>
#include <utility>

#include "core/limits.h"
#include "core/regular_file.h"
#include "glog/logging.h"
#include "relay/gss/gssapi_mechanism.h"
#include "tools/admin/sha256.h"
#include "tools/sluiced/lock_rules.h"
#include "tools/sluiced/shipped_config.h"

namespace sluice {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  return ReadRegularFile(path, limits::kConfigBytesMax);
}

}  // namespace

std::string ConfigName(const std::string& path) {
  return path.empty() ? "sluice.toml (built in)" : path;
}

FileReader ListReader(const std::string& path, const LoadedConfig* only) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return [folder, only](std::string_view name) -> absl::StatusOr<std::string> {
    if (only == nullptr || only->lists.contains(name))
      return ReadFile((folder / std::string(name)).string());
    return absl::PermissionDeniedError(
        "it is none of the configuration in force, and through this door only root, or the "
        "daemon's own user, may name others");
  };
}

absl::Status CheckKeys(const AuthSettings& auth) {
  if (!auth.Has(AuthMethod::kGssapi)) return absl::OkStatus();
  return GssapiMechanism::CheckKeytab(auth.gssapi_service, auth.gssapi_keytab);
}

namespace {

// The last step of both: locks above the rules, and all of it compiled.
absl::StatusOr<LoadedPolicy> Compile(std::shared_ptr<LoadedConfig> loaded,
                                     absl::Span<const AccessLock> locks, absl::Time now,
                                     uint64_t generation) {
  loaded->own_lists = loaded->config.lists.size();
  loaded->locks = locks.size();
  loaded->generation = generation;
  loaded->loaded = now;
  if (absl::Status status = AddLockRules(locks, &loaded->config); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<const Snapshot>> snapshot =
      CompileSnapshot(loaded->config, now, generation);
  if (!snapshot.ok()) return snapshot.status();
  return LoadedPolicy{*std::move(snapshot), std::move(loaded)};
}

absl::Status Try(const Config& config, const Snapshot& snapshot, const PolicySource& source,
                 const std::string& name) {
  absl::Status met = RunTrials(config.trials, snapshot, name);
  if (met.ok() || source.failed == FailedTrials::kRefuse) return met;
  LOG(WARNING) << "in force although tests fail, "
               << (source.by.empty() ? "since a rule has expired" : "as its administrator wants it")
               << ":\n"
               << met.message();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LoadedPolicy> LoadPolicy(const PolicySource& source, absl::Time now,
                                        uint64_t generation) {
  auto loaded = std::make_shared<LoadedConfig>();
  absl::StatusOr<std::string> text = std::string();
  if (source.text.has_value()) {
    text = *source.text;
  } else {
    text = source.path.empty() ? std::string(kShippedConfig) : ReadFile(source.path);
  }
  if (!text.ok()) return text.status();
  const std::string name = ConfigName(source.path);
  const FileReader noting =
      [&loaded, read = ListReader(source.path, source.lists_of)](std::string_view list) {
        loaded->lists.emplace(list);
        return read(list);
      };
  absl::StatusOr<Config> config = ParseConfig(*text, name, noting);
  if (!config.ok()) return config.status();
  loaded->path = source.path;
  loaded->sha256 = Sha256Of(*text);
  loaded->text = *std::move(text);
  loaded->by = source.by;
  loaded->message = source.message;
  // Its tests ask it as it will be without locks, which makes two of it where there are any.
  if (!source.locks.empty() && !config->trials.empty()) {
    const absl::StatusOr<std::unique_ptr<const Snapshot>> plain =
        CompileSnapshot(*config, now, generation);
    if (!plain.ok()) return plain.status();
    if (absl::Status met = Try(*config, **plain, source, name); !met.ok()) return met;
  }
  loaded->config = *std::move(config);
  absl::StatusOr<LoadedPolicy> policy = Compile(std::move(loaded), source.locks, now, generation);
  if (!policy.ok()) return policy.status();
  if (source.locks.empty()) {
    absl::Status met = Try(policy->config->config, *policy->snapshot, source, name);
    if (!met.ok()) return met;
  }
  if (absl::Status keys = CheckKeys(policy->snapshot->auth()); !keys.ok()) return keys;
  return policy;
}

absl::StatusOr<LoadedPolicy> CompileAgain(const LoadedConfig& config,
                                          absl::Span<const AccessLock> locks, absl::Time now,
                                          uint64_t generation) {
  auto again = std::make_shared<LoadedConfig>(config);
  DropLockRules(config.locks, config.own_lists, &again->config);
  return Compile(std::move(again), locks, now, generation);
}

absl::StatusOr<std::shared_ptr<const Snapshot>> LoadSnapshot(const std::string& path,
                                                             absl::Time now, uint64_t generation,
                                                             FailedTrials failed) {
  absl::StatusOr<LoadedPolicy> loaded =
      LoadPolicy({.path = path, .failed = failed}, now, generation);
  if (!loaded.ok()) return loaded.status();
  return std::move(loaded->snapshot);
}

}  // namespace sluice
