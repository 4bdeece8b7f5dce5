#include "tools/sluiced/load_policy.h"

#include <filesystem>
#include <utility>

#include "core/limits.h"
#include "core/regular_file.h"
#include "glog/logging.h"
#include "relay/gss/gssapi_mechanism.h"
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

FileReader ListReader(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return
      [folder](std::string_view name) { return ReadFile((folder / std::string(name)).string()); };
}

absl::Status CheckKeys(const AuthSettings& auth) {
  if (!auth.Has(AuthMethod::kGssapi)) return absl::OkStatus();
  return GssapiMechanism::CheckKeytab(auth.gssapi_service, auth.gssapi_keytab);
}

absl::StatusOr<LoadedPolicy> LoadPolicy(const std::string& path, absl::Time now,
                                        uint64_t generation, FailedTrials failed) {
  const auto loaded = std::make_shared<LoadedConfig>();
  absl::StatusOr<std::string> text =
      path.empty() ? absl::StatusOr<std::string>(std::string(kShippedConfig)) : ReadFile(path);
  if (!text.ok()) return text.status();
  const std::string name = ConfigName(path);
  const FileReader noting = [&loaded, read = ListReader(path)](std::string_view list) {
    loaded->lists.emplace(list);
    return read(list);
  };
  absl::StatusOr<Config> config = ParseConfig(*text, name, noting);
  if (!config.ok()) return config.status();
  absl::StatusOr<std::unique_ptr<const Snapshot>> snapshot =
      CompileSnapshot(*config, now, generation);
  if (!snapshot.ok()) return snapshot.status();
  if (absl::Status met = RunTrials(config->trials, **snapshot, name); !met.ok()) {
    if (failed == FailedTrials::kRefuse) return met;
    LOG(WARNING) << "in force although tests fail, since a rule has expired:\n" << met.message();
  }
  if (absl::Status keys = CheckKeys((*snapshot)->auth()); !keys.ok()) return keys;
  loaded->path = path;
  loaded->text = *std::move(text);
  loaded->config = *std::move(config);
  loaded->generation = generation;
  loaded->loaded = now;
  return LoadedPolicy{*std::move(snapshot), loaded};
}

absl::StatusOr<std::unique_ptr<const Snapshot>> LoadSnapshot(const std::string& path,
                                                             absl::Time now, uint64_t generation,
                                                             FailedTrials failed) {
  absl::StatusOr<LoadedPolicy> loaded = LoadPolicy(path, now, generation, failed);
  if (!loaded.ok()) return loaded.status();
  return std::move(loaded->snapshot);
}

}  // namespace sluice
