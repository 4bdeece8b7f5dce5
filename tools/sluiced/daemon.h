#ifndef SLUICE_TOOLS_SLUICED_DAEMON_H_
#define SLUICE_TOOLS_SLUICED_DAEMON_H_

// Daemon: the gateway as a process. A thread per shard, each pinned; the main thread takes signals,
// loads the configuration and publishes it. SIGHUP reloads, SIGTERM and SIGINT drain (a second one
// stops at once), SIGUSR1 writes the counters to the log.

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/host_probe.h"
#include "core/uring_kernel.h"
#include "policy/snapshot.h"
#include "relay/auth/auth_workers.h"
#include "relay/gateway.h"
#include "relay/gss/gss_workers.h"
#include "relay/gss/gssapi_mechanism.h"
#include "relay/log/access_log.h"
#include "relay/names/cares_lookup.h"
#include "relay/names/name_files.h"
#include "tools/admin/admin_door.h"
#include "tools/admin/log_listener.h"
#include "tools/admin/store/state_folder.h"
#include "tools/admin/store/store.h"
#include "tools/admin/tcp_door.h"
#include "tools/sluiced/administration.h"
#include "tools/sluiced/agenda.h"
#include "tools/sluiced/crowd_remark.h"
#include "tools/sluiced/load_policy.h"
#include "tools/sluiced/orders.h"
#include "tools/sluiced/policy_changes.h"
#include "tools/sluiced/policy_in_force.h"

namespace sluice {

// Wherever the door is by default; where it cannot be there, the gateway runs without.
inline constexpr char kAdminSocketAuto[] = "auto";
// The same of the state folder.
inline constexpr char kStateFolderAuto[] = "auto";

struct DaemonOptions {
  std::string config;                       // path; empty: the shipped configuration, built in
  std::string access_log;                   // path, or "-"
  std::string admin_socket;                 // path, or kAdminSocketAuto; empty: none
  TcpDoorOptions admin_tcp;                 // where the door is besides
  bool admin_tcp_automatic = false;         // nobody has said so: then it may be absent
  std::string state_folder;                 // path, or kStateFolderAuto; empty: none
  std::string version;                      // for whoever asks at that door
  int shards = 0;                           // 0: one per CPU of the affinity mask
  int sessions_max = 0;                     // all shards together; 0: as many as descriptors allow
  int splice_pipes_max = 0;                 // per shard
  UringKernel::Options kernel;              // of each shard
  int auth_threads = limits::kAuthThreads;  // of each kind of back end
  std::string pam_folder;                   // of service files; empty: the system's
  bool pin = true;
  absl::Duration drain = absl::Seconds(30);
};

class Daemon {
 public:
  explicit Daemon(const DaemonOptions& options) : options_(options) {}
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Everything up to listening. The status is one sentence for the operator. The signals of Run
  // must be blocked before.
  absl::Status Start();
  // Until it has been told to stop and has.
  void Run();

 private:
  struct Worker {
    std::unique_ptr<UringKernel> kernel;
    std::unique_ptr<CaresLookup> lookup;
    std::thread thread;
  };

  // The parts of Start, in its order.
  absl::Status StartParts();
  ShardOptions OptionsOfShards(const HostProbe& host, int shards) const;
  int PlacesOf(const HostProbe& host, int shards, int splice_pipes) const;
  absl::StatusOr<std::vector<ShardGround>> OpenWorkers(int shards);
  absl::Status StartThreads(const std::vector<int>& cpus);
  absl::Status OpenStore();
  std::string ConfigFilePath() const;
  std::string ConfigPath() const;
  std::vector<AccessLock> LoadLocks();
  void OpenAdministration(LoadedPolicy policy, std::vector<AccessLock> locks, int sessions_max);
  absl::Status OpenDoor();
  absl::Status FindUnixDoor(AdminDoor::Places* places);
  absl::Status FindTcpDoor(AdminDoor::Places* places);
  void ReloadCertificate();

  void RunShard(size_t index, int cpu);
  void HandToShards(const NameSources& sources);
  void Reload();
  void Expire();
  void Drain();
  bool SessionsAreOpen() const;
  void LogCounters();

  const DaemonOptions options_;
  std::atomic<bool> cpu_wanted_ = false;  // by a reload; read by the workers' kernels
  std::vector<Worker> workers_;
  std::unique_ptr<StateFolder> state_folder_;  // null: there is none
  std::unique_ptr<Store> store_;
  std::shared_ptr<LogListener> log_listener_;
  std::unique_ptr<AccessLog> access_log_;
  std::unique_ptr<AuthThrottle> throttle_;
  std::unique_ptr<AuthWorkers> auth_workers_;  // wakes the workers' kernels, so it goes before them
  GssapiMechanism gssapi_;
  std::unique_ptr<GssWorkers> gss_workers_;  // as they do
  std::unique_ptr<NameFiles> name_files_;    // wakes them as well
  std::unique_ptr<Gateway> gateway_;
  // How another policy comes into force, and what others see of it.
  PolicyInForce policy_;
  Orders orders_{[] { kill(getpid(), SIGUSR2); }};
  std::unique_ptr<PolicyChanges> changes_;
  std::unique_ptr<Administration> administration_;
  std::unique_ptr<AdminDoor> door_;  // null: there is none
  std::atomic<int> running_ = 0;
  uint64_t records_left_ = 0;  // of the access log, when it was closed
  Agenda agenda_;
  CrowdRemark crowd_remark_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_DAEMON_H_
