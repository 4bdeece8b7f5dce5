// The daemon's life: Start probes the host, loads the configuration, builds a kernel, a resolver
// and a shard per CPU, and listens; Run takes signals until everything has stopped.

#include "tools/sluiced/daemon.h"

#include <pthread.h>
#include <sched.h>
#include <sodium.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <functional>
#include <new>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/start_thread.h"
#include "glog/logging.h"
#include "relay/live_sessions.h"
#include "tools/admin/store/disk_store.h"
#include "tools/admin/store/memory_store.h"
#include "tools/admin/unix_door.h"
#include "tools/sluiced/first_screen.h"
#include "tools/sluiced/freed_memory.h"
#include "tools/sluiced/leisure.h"
#include "tools/sluiced/lock_rules.h"
#include "tools/sluiced/signals.h"

namespace sluice {
namespace {

// How often what rules did is saved: so much of it is lost where the power goes.
constexpr absl::Duration kCountsSaved = absl::Minutes(1);

constexpr Leisure kReloadLeisure{limits::kReloadHunger, limits::kReloadPatience};

std::vector<int> AffinityCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return {0};
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

absl::Status OutOfMemory(const char* advice) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "there is not enough memory or address space: raise the limit (ulimit -v, LimitAS= and "
      "MemoryMax= of systemd); ",
      advice));
}

// Each shard may have all sessions and reserves address space for them: where there is too little
// of it (RLIMIT_AS, vm.overcommit_memory), there are fewer.
void FitIntoAddressSpace(int shards, ShardOptions* options) {
  const int wanted = options->sessions_max;
  const auto needed = [&] {
    return static_cast<size_t>(shards) *
           (Shard::AddressSpace(*options) + limits::kAddressSpaceReserved);
  };
  while (options->sessions_max > 1 && !CanReserve(needed()))
    options->sessions_max -= options->sessions_max / 4 + 1;
  options->sessions_max = std::max(1, options->sessions_max);
  if (options->sessions_max == wanted) return;
  LOG(WARNING) << "address space: enough for " << options->sessions_max << " sessions instead of "
               << wanted << "; raise its limit (ulimit -v, LimitAS=), or start fewer shards";
}

}  // namespace

Daemon::~Daemon() {
  if (log_listener_ != nullptr) log_listener_->Tell(nullptr);
  for (Worker& worker : workers_) {
    if (worker.thread.joinable()) worker.thread.join();
  }
}

absl::Status Daemon::Start() {
  try {
    return StartParts();
  } catch (const std::bad_alloc&) {
    return OutOfMemory("fewer shards or sessions (--shards, --sessions_max) need less");
  }
}

absl::Status Daemon::StartParts() {
  absl::StatusOr<HostProbe> host = ProbeHost();
  if (!host.ok()) return host.status();
  for (const std::string& remark : host->remarks) LOG(INFO) << remark;
  if (absl::Status status = OpenStore(); !status.ok()) return status;
  std::vector<AccessLock> locks = LoadLocks();
  absl::StatusOr<LoadedPolicy> policy =
      LoadPolicy({.path = ConfigPath(), .locks = locks}, absl::Now(), 1);
  if (!policy.ok()) return policy.status();

  const std::vector<int> cpus = AffinityCpus();
  const int shards = options_.shards > 0
                         ? options_.shards
                         : std::min(static_cast<int>(cpus.size()), limits::kShardsMax);
  log_listener_ =
      std::make_shared<LogListener>(store_->state().durable ? store_->request_reader() : nullptr);
  absl::StatusOr<std::unique_ptr<AccessLog>> log =
      AccessLog::Open(options_.access_log, shards, log_listener_);
  if (!log.ok()) return log.status();
  access_log_ = *std::move(log);
  if (absl::Status status = CaresLookup::InitLibrary(); !status.ok()) return status;
  // Fills the keys that no two processes share; fails only where the kernel gives no random bytes.
  if (sodium_init() < 0) {
    return absl::InternalError(
        "expected random bytes of the kernel, found none; is getrandom(2) forbidden?");
  }

  absl::StatusOr<std::vector<ShardGround>> grounds = OpenWorkers(shards);
  if (!grounds.ok()) return grounds.status();
  const ShardOptions shard_options = OptionsOfShards(*host, shards);
  gateway_ = std::make_unique<Gateway>(*grounds, shard_options, policy->snapshot);
  for (size_t i = 0; i < workers_.size(); ++i) {
    workers_[i].lookup->Attach(gateway_->shards()[i]->loop());
  }
  if (absl::Status status = gateway_->Listen(); !status.ok()) return status;
  OpenAdministration(*std::move(policy), std::move(locks), shard_options.sessions_max);
  log_listener_->Tell(&administration_->entrance().events);
  if (absl::Status status = StartThreads(cpus); !status.ok()) return status;
  if (absl::Status status = OpenDoor(); !status.ok()) {
    gateway_->Stop();
    return status;
  }

  const Snapshot& in_force = gateway_->current();
  LOG(INFO) << ConfigurationLine(ConfigPath(), in_force.rules().size());
  LOG(INFO) << Counted(workers_.size(), "shard") << ", at most "
            << Counted(static_cast<size_t>(shard_options.sessions_max), "session") << " in all";
  const Doors& doors = administration_->entrance().doors;
  if (const std::string path = doors.unix_path(); !path.empty()) LOG(INFO) << DoorLine(path);
  if (const auto urls = doors.urls(); !urls.empty()) LOG(INFO) << ConsoleLine(urls);
  for (const std::string& line : ReadyLines(gateway_->listening(), in_force.auth(), getpid()))
    LOG(INFO) << line;
  return absl::OkStatus();
}

// Where an operator has named the folder, it is there or the gateway does not start.
absl::Status Daemon::OpenStore() {
  const bool automatic = options_.state_folder == kStateFolderAuto;
  const std::string path = automatic ? DefaultStateFolder() : options_.state_folder;
  store_ = std::make_unique<MemoryStore>();
  if (path.empty()) {
    if (automatic)
      LOG(WARNING) << "no state folder: neither HOME nor XDG_STATE_HOME says where; name its place "
                      "with --state_folder=PATH";
    return absl::OkStatus();
  }
  absl::StatusOr<std::unique_ptr<StateFolder>> folder = StateFolder::Open(path);
  absl::StatusOr<std::unique_ptr<DiskStore>> store =
      folder.ok() ? DiskStore::Open(path) : folder.status();
  if (store.ok()) {
    state_folder_ = *std::move(folder);
    store_ = *std::move(store);
  } else if (automatic) {
    LOG(WARNING) << "no state folder, what administrators do is forgotten with the process: "
                 << store.status().message();
  } else {
    return store.status();
  }
  return absl::OkStatus();
}

// Where the configuration is kept, or will be as soon as it is changed; empty: nowhere.
std::string Daemon::ConfigFilePath() const {
  if (!options_.config.empty()) return options_.config;
  return state_folder_ == nullptr ? "" : state_folder_->path() + "/sluice.toml";
}

// Where it is now; empty: it is the one that is built in.
std::string Daemon::ConfigPath() const {
  const std::string file = ConfigFilePath();
  const bool there = !options_.config.empty() || access(file.c_str(), F_OK) == 0;
  return there ? file : "";
}

// A store that cannot be read keeps nobody out who may come in: that is told.
std::vector<AccessLock> Daemon::LoadLocks() {
  const absl::StatusOr<std::vector<Lock>> stored = store_->LoadLocks();
  if (!stored.ok()) {
    LOG(ERROR) << "locks of before are not in force: " << stored.status().message();
    return {};
  }
  return LocksOf(*stored, absl::Now());
}

void Daemon::OpenAdministration(LoadedPolicy policy, std::vector<AccessLock> locks,
                                int sessions_max) {
  const auto at_leisure = [this](const std::function<void()>& work) {
    RunAtLeisure(kReloadLeisure, cpu_wanted_, work);
  };
  changes_ = std::make_unique<PolicyChanges>(
      PolicyChanges::Ground{*gateway_, *store_, agenda_, policy_, at_leisure, options_.config,
                            ConfigFilePath()},
      std::move(policy), std::move(locks));
  administration_ = std::make_unique<Administration>(
      Administration::Ground{*gateway_, *store_, policy_, *changes_, orders_, at_leisure,
                             [this] { Reload(); }},
      ProcessFacts{options_.version, getpid(), absl::Now(), workers_.size(), sessions_max});
}

// Where an operator has named the place, it is there or the gateway does not start.
absl::Status Daemon::OpenDoor() {
  AdminDoor::Places places;
  if (absl::Status status = FindUnixDoor(&places); !status.ok()) return status;
  if (absl::Status status = FindTcpDoor(&places); !status.ok()) return status;
  if (!places.any()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<AdminDoor>> door =
      AdminDoor::Open(std::move(places), *administration_);
  if (!door.ok()) return door.status();
  door_ = *std::move(door);
  return absl::OkStatus();
}

absl::Status Daemon::FindUnixDoor(AdminDoor::Places* places) {
  const bool automatic = options_.admin_socket == kAdminSocketAuto;
  const std::string path = automatic ? DefaultAdminSocket() : options_.admin_socket;
  if (path.empty()) {
    if (automatic)
      LOG(WARNING) << "no administrator's door: there is no folder for it; name its place with "
                      "--admin_socket=PATH";
    return absl::OkStatus();
  }
  const absl::StatusOr<UnixDoor> door = OpenUnixDoor(path);
  if (door.ok()) {
    places->path = path;
    places->unix_door = *door;
  } else if (automatic) {
    LOG(WARNING) << "no administrator's door: " << door.status().message();
  } else {
    return door.status();
  }
  return absl::OkStatus();
}

absl::Status Daemon::FindTcpDoor(AdminDoor::Places* places) {
  absl::StatusOr<TcpDoor> door = OpenTcpDoor(options_.admin_tcp, gateway_->own_ports());
  if (door.ok()) {
    places->tcp = *std::move(door);
  } else if (options_.admin_tcp_automatic && absl::IsUnavailable(door.status())) {
    LOG(WARNING) << "no console: " << door.status().message();
  } else {
    return door.status();
  }
  return absl::OkStatus();
}

// Connections that there are keep the certificate that they were shown.
void Daemon::ReloadCertificate() {
  const TcpDoorOptions& tcp = options_.admin_tcp;
  if (door_ == nullptr || tcp.certificate.empty()) return;
  absl::StatusOr<std::shared_ptr<const TlsIdentity>> identity =
      TlsIdentity::Load(tcp.certificate, tcp.key);
  if (!identity.ok()) {
    LOG(ERROR) << "the administrator's door keeps its certificate: " << identity.status().message();
    return;
  }
  if ((*identity)->expires() < absl::Now())
    LOG(WARNING) << "the certificate of --admin_certificate has expired";
  door_->Show(*std::move(identity));
}

ShardOptions Daemon::OptionsOfShards(const HostProbe& host, int shards) const {
  ShardOptions shard_options;
  // Of the descriptors pipes get an eighth at most.
  shard_options.splice_pipes_max =
      std::min({options_.splice_pipes_max, host.splice_pipes_max / shards,
                std::max(1, host.places_max / 8 / shards)});
  shard_options.sessions_max = PlacesOf(host, shards, shard_options.splice_pipes_max);
  FitIntoAddressSpace(shards, &shard_options);
  shard_options.seed = std::random_device()();
  randombytes_buf(shard_options.credential_key.data(), shard_options.credential_key.size());
  randombytes_buf(shard_options.source_key.data(), shard_options.source_key.size());
  return shard_options;
}

// A place has two descriptors, and so has a pipe.
int Daemon::PlacesOf(const HostProbe& host, int shards, int splice_pipes) const {
  const int possible =
      std::max(1, host.places_max - (splice_pipes + limits::kPlacesPerShard) * shards);
  if (options_.sessions_max <= 0) return possible;
  if (options_.sessions_max > possible) {
    LOG(WARNING) << "--sessions_max=" << options_.sessions_max
                 << " needs more open files than this process may have; using " << possible
                 << "; raise the hard limit of open files (ulimit -Hn)";
  }
  return std::min(options_.sessions_max, possible);
}

absl::StatusOr<std::vector<ShardGround>> Daemon::OpenWorkers(int shards) {
  AuthThrottle::Key throttle_key;
  randombytes_buf(throttle_key.data(), throttle_key.size());
  throttle_ = std::make_unique<AuthThrottle>(throttle_key);
  auth_workers_ = std::make_unique<AuthWorkers>(
      AuthWorkers::Options{.threads = std::max(1, options_.auth_threads),
                           .pam_folder = options_.pam_folder,
                           .throttle = throttle_.get()});
  if (absl::Status status = auth_workers_->status(); !status.ok()) return status;
  gss_workers_ = std::make_unique<GssWorkers>(gssapi_, GssWorkers::Options());

  absl::StatusOr<std::unique_ptr<NameFiles>> name_files =
      NameFiles::Open({.at_leisure = [this](const std::function<void()>& work) {
        RunAtLeisure(kReloadLeisure, cpu_wanted_, work);
      }});
  if (!name_files.ok()) return name_files.status();
  name_files_ = *std::move(name_files);
  const NameSources sources = name_files_->Read();

  UringKernel::Options kernel_options = options_.kernel;
  kernel_options.cpu_wanted = &cpu_wanted_;
  std::vector<ShardGround> grounds;
  workers_.resize(static_cast<size_t>(shards));
  for (size_t i = 0; i < workers_.size(); ++i) {
    absl::StatusOr<std::unique_ptr<UringKernel>> kernel = UringKernel::Create(kernel_options);
    if (!kernel.ok()) return kernel.status();
    workers_[i].kernel = *std::move(kernel);
    absl::StatusOr<std::unique_ptr<CaresLookup>> lookup = CaresLookup::Open(sources);
    if (!lookup.ok()) return lookup.status();
    workers_[i].lookup = *std::move(lookup);
    grounds.push_back({workers_[i].kernel.get(), workers_[i].lookup.get(),
                       &auth_workers_->OpenDesk(*workers_[i].kernel), throttle_.get(),
                       &access_log_->sink(static_cast<int>(i)),
                       &gss_workers_->OpenDesk(*workers_[i].kernel)});
  }
  return grounds;
}

absl::Status Daemon::StartThreads(const std::vector<int>& cpus) {
  for (size_t i = 0; i < workers_.size(); ++i) {
    const int cpu = options_.pin ? cpus[i % cpus.size()] : -1;
    absl::StatusOr<std::thread> thread =
        StartThread(absl::StrCat("shard-", i), [this, i, cpu] { RunShard(i, cpu); });
    if (!thread.ok()) {
      gateway_->Stop();  // those before it end, and ~Daemon waits for them
      return thread.status();
    }
    workers_[i].thread = *std::move(thread);
    ++running_;
  }
  // The CPUs belong to the shards.
  if (setpriority(PRIO_PROCESS, 0, 10) != 0) {
    LOG(WARNING) << "the main thread keeps its priority: " << strerrordesc_np(errno);
  }
  return name_files_->Watch([this](const NameSources& sources) { HandToShards(sources); });
}

// On the thread that has read them.
void Daemon::HandToShards(const NameSources& sources) {
  for (Worker& worker : workers_) {
    if (const absl::Status status = worker.lookup->Hand(sources); !status.ok()) {
      LOG(ERROR) << "names are looked up as before: " << status.message();
      return;
    }
    worker.kernel->Wake();
  }
}

void Daemon::RunShard(size_t index, int cpu) {
  if (cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (const int error = pthread_setaffinity_np(pthread_self(), sizeof(set), &set); error != 0) {
      LOG(WARNING) << "shard " << index << " is not pinned to CPU " << cpu << ": "
                   << strerrordesc_np(error);
    }
  }
  Shard& shard = *gateway_->shards()[index];
  while (shard.Turn(absl::InfiniteFuture())) {
  }
  CaresLookup& lookup = *workers_[index].lookup;
  lookup.Stop();
  while (!lookup.quiet()) shard.loop().Turn(absl::InfiniteFuture());
  --running_;
}

// --- Signals

void Daemon::Run() {
  bool stopping = false;
  agenda_.SaveCountsAfter(Moment::Now(), kCountsSaved);
  while (running_ > 0) {
    const Moment now = Moment::Now();
    access_log_->TellLosses();
    if (const std::string remark = crowd_remark_.Next(gateway_->Count(), now.running);
        !remark.empty()) {
      LOG(WARNING) << remark;
    }
    if (agenda_.TakeCounts(now)) {
      store_->rules().Save();
      agenda_.SaveCountsAfter(now, kCountsSaved);
    }
    if (agenda_.TakeDrained(now)) {
      if (SessionsAreOpen())
        LOG(WARNING) << "the drain deadline has passed: ending the sessions that are left";
      gateway_->Stop();
    }
    if (gateway_->old_snapshots() > 0)
      RunAtLeisure(kReloadLeisure, cpu_wanted_, [this] { gateway_->CollectSnapshots(); });
    if (agenda_.trim_is_due(now) && gateway_->old_snapshots() == 0) {
      agenda_.Trimmed();
      RunAtLeisure(kReloadLeisure, cpu_wanted_, GiveBackFreedMemory);
    }
    if (agenda_.confirm_is_due(now)) changes_->Undo();
    // While draining nobody wakes this thread when the last session ends, nor when a shard has
    // passed an old snapshot, so it looks.
    const bool look_again = stopping || gateway_->old_snapshots() > 0;
    const absl::Duration wait =
        look_again ? absl::Milliseconds(50) : agenda_.Wait(now, gateway_->current().next_expiry());
    switch (NextDaemonSignal(wait)) {
      case SIGHUP: Reload(); break;
      case SIGUSR1: LogCounters(); break;
      case SIGUSR2: orders_.Run(); break;
      case SIGTERM:
      case SIGINT:
        if (stopping) {
          if (SessionsAreOpen()) LOG(INFO) << "told to stop again: ending all sessions now";
          gateway_->Stop();
        } else {
          stopping = true;
          Drain();
        }
        break;
      case 0:
        if (!stopping && absl::Now() >= gateway_->current().next_expiry()) Expire();
        break;
    }
  }
  orders_.Close();
  door_.reset();
  for (Worker& worker : workers_) worker.thread.join();
  store_->rules().End();
  records_left_ = access_log_->Close();
  if (gateway_->Count().sessions_accepted == 0) {
    LOG(INFO) << "stopped; no client has come";
    return;
  }
  LogCounters();
  LOG(INFO) << "stopped";
}

void Daemon::Reload() {
  access_log_->Reopen();
  name_files_->ReadAgain();
  ReloadCertificate();
  const absl::Status status = changes_->Reload();
  if (!status.ok()) {
    LOG(ERROR) << "not reloaded, the policy from before stays in force:\n" << status.message();
    return;
  }
  LOG(INFO) << "reloaded: generation " << gateway_->current().generation() << ", "
            << Counted(gateway_->current().rules().size(), "rule");
}

void Daemon::Expire() {
  LOG(INFO) << "a rule has expired";
  if (const absl::Status status = changes_->Expire(); !status.ok())
    LOG(ERROR) << "the policy from before stays in force:\n" << status.message();
}

void Daemon::Drain() {
  if (SessionsAreOpen())
    LOG(INFO) << "draining: no new sessions; those that are left end in " << options_.drain;
  administration_->Drain();
  agenda_.Drain(Moment::Now(), options_.drain);
  gateway_->Drain();
}

bool Daemon::SessionsAreOpen() const {
  const Counters::Totals count = gateway_->Count();
  return count.sessions_accepted > count.sessions_closed;
}

void Daemon::LogCounters() {
  std::string text;
  Counters::Totals count = gateway_->Count();
  count.access_records_lost += records_left_;
  count.ForEach([&](std::string_view name, std::string_view, uint64_t value) {
    text.append("\n  ").append(name).append(" ").append(std::to_string(value));
  });
  LOG(INFO) << "counters:" << text;
}

}  // namespace sluice
