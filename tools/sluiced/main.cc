// sluiced: the gateway's daemon. Flags tune the process and are fixed at start; sluice.toml holds
// what an administrator changes.

#include <iostream>

#include "absl/time/clock.h"
#include "core/limits.h"
#include "gflags/gflags.h"
#include "glog/logging.h"
#include "tools/sluiced/daemon.h"
#include "tools/sluiced/hash_password.h"
#include "tools/sluiced/signals.h"

DEFINE_string(config, "", "configuration file (TOML); empty: the shipped configuration, built in");
DEFINE_bool(check, false, "validate the configuration, say what is wrong with it, and exit");
DEFINE_int32(shards, 0,
             "threads, each with its own ring and sessions; 0: one per CPU of the affinity mask");
DEFINE_bool(pin, true, "pin each shard to a CPU of the affinity mask");
DEFINE_string(access_log, "-",
              "file that one JSON line per session is appended to; - is standard output");
DEFINE_int32(sessions_max, 0,
             "sessions at a time, all shards together; 0: as many as open files allow");
DEFINE_int32(splice_pipes_max, sluice::limits::kSplicePipesMax,
             "pipes for spliced streams, per shard; 0: never splice");
DEFINE_int32(
    gather_us, sluice::limits::kGatherMicroseconds,
    "microseconds that a shard with streams or datagrams waits for more of them; 0: never");
DEFINE_int32(spin_us, sluice::limits::kSpinMicroseconds,
             "microseconds that a shard, having worked, looks for more to do before it sleeps, "
             "where that pays; 0: sleeps at once");
DEFINE_int32(auth_threads, sluice::limits::kAuthThreads,
             "threads that hash passwords, and as many that ask PAM");
DEFINE_string(pam_folder, "", "folder of PAM's service files; empty: the system's");
DEFINE_bool(hash_password, false,
            "read a password from standard input, print a hash of it for sluice.toml, and exit");
DEFINE_int32(drain_seconds, 30, "after SIGTERM, how long sessions may go on");

namespace {

template <int kMax>
bool IsAtMost(const char* flag, int32_t microseconds) {
  if (microseconds >= 0 && microseconds <= kMax) return true;
  std::cerr << "--" << flag << ": expected 0 to " << kMax << " microseconds, found " << microseconds
            << "\n";
  return false;
}
DEFINE_validator(gather_us, IsAtMost<sluice::limits::kGatherMicrosecondsMax>);
DEFINE_validator(spin_us, IsAtMost<sluice::limits::kSpinMicrosecondsMax>);

int Check() {
  const auto snapshot = sluice::LoadSnapshot(FLAGS_config, absl::Now(), 1);
  if (!snapshot.ok()) {
    std::cerr << snapshot.status().message() << "\n";
    return 1;
  }
  std::cout << (FLAGS_config.empty() ? "the shipped configuration" : FLAGS_config) << ": good, "
            << (*snapshot)->rules().size() << " rules\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  FLAGS_logtostderr = true;
  gflags::SetUsageMessage("a SOCKS gateway\n  sluiced [--config=sluice.toml] [--shards=N]");
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  if (argc > 1) {
    std::cerr << "sluiced: expected flags only, found \"" << argv[1] << "\"; see sluiced --help\n";
    return 2;
  }
  google::InitGoogleLogging(argv[0]);
  if (FLAGS_check) return Check();
  if (FLAGS_hash_password) return sluice::HashPasswordFromInput();
  sluice::BlockDaemonSignals();

  sluice::DaemonOptions options;
  options.config = FLAGS_config;
  options.access_log = FLAGS_access_log;
  options.shards = FLAGS_shards;
  options.sessions_max = FLAGS_sessions_max;
  options.splice_pipes_max = FLAGS_splice_pipes_max;
  options.kernel.gather = absl::Microseconds(FLAGS_gather_us);
  options.kernel.spin = absl::Microseconds(FLAGS_spin_us);
  options.auth_threads = FLAGS_auth_threads;
  options.pam_folder = FLAGS_pam_folder;
  options.pin = FLAGS_pin;
  options.drain = absl::Seconds(FLAGS_drain_seconds);
  sluice::Daemon daemon(options);
  if (const absl::Status status = daemon.Start(); !status.ok()) {
    std::cerr << "sluiced: " << status.message() << "\n";
    return 1;
  }
  daemon.Run();
  return 0;
}
