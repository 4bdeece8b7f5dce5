// sluiced: the gateway's daemon. Flags tune the process and are fixed at start; sluice.toml holds
// what an administrator changes.

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/limits.h"
#include "gflags/gflags.h"
#include "glog/logging.h"
#include "policy/warnings.h"
#include "tools/sluiced/command_line.h"
#include "tools/sluiced/daemon.h"
#include "tools/sluiced/hash_password.h"
#include "tools/sluiced/load_policy.h"
#include "tools/sluiced/process_log.h"
#include "tools/sluiced/signals.h"
#include "tools/sluiced/standard_descriptors.h"
#include "tools/sluiced/version.h"

DEFINE_string(config, "", "configuration file (TOML); empty: the shipped configuration, built in");
DEFINE_bool(check, false, "validate the configuration, say what is wrong with it, and exit");
DEFINE_int32(shards, 0,
             "threads, each with its own ring and sessions; 0: one per CPU of the affinity mask");
DEFINE_bool(pin, true, "pin each shard to a CPU of the affinity mask");
DEFINE_string(access_log, "-",
              "file that one JSON line per session is appended to; - is standard output");
DEFINE_string(admin_socket, "auto",
              "unix socket of the administrator's door; auto: /run/sluice/admin.sock for root, "
              "$XDG_RUNTIME_DIR/sluice/admin.sock for others; empty: none");
DEFINE_string(admin_listen, "127.0.0.1:1081",
              "where the administrator's door also takes TCP, for the console: addresses with "
              "ports, and commas between them; empty: nowhere. Not only loopback: needs a "
              "certificate");
DEFINE_string(
    admin_certificate, "",
    "certificate of the administrator's door, PEM with its chain; with one it speaks TLS");
DEFINE_string(admin_key, "", "the key of --admin_certificate, PEM without a passphrase");
DEFINE_string(
    state_folder, "auto",
    "folder for what outlives the process: audit, revisions, accounts, the log's index; "
    "auto: $STATE_DIRECTORY of systemd, else /var/lib/sluice for root, $XDG_STATE_HOME/sluice "
    "or $HOME/.local/state/sluice for others; empty: none");
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

DECLARE_bool(help);     // the library's own,
DECLARE_bool(version);  // which --helpfull lists

namespace {

namespace limits = sluice::limits;

const std::vector<sluice::FlagRange> kRanges = {
    {"shards", 0, limits::kShardsMax, ""},
    {"sessions_max", 0, limits::kSessionsMost, ""},
    {"splice_pipes_max", 0, limits::kSplicePipesMost, ""},
    {"gather_us", 0, limits::kGatherMicrosecondsMax, "microseconds"},
    {"spin_us", 0, limits::kSpinMicrosecondsMax, "microseconds"},
    {"auth_threads", 1, limits::kAuthThreadsMax, ""},
    {"drain_seconds", 0, limits::kDrainSecondsMax, "seconds"},
};

int Refuse(const std::string& fault) {
  std::cerr << "sluiced: " << fault << "\n";
  return 1;
}

// Parses the flags, and answers those that only ask. What main returns, or nothing to go on.
std::optional<int> ReadFlags(int* argc, char*** argv) {
  std::vector<std::string> arguments(*argv + 1, *argv + *argc);
  for (int i = 1; i < *argc; ++i) {
    if (arguments[static_cast<size_t>(i - 1)] != "-h") continue;
    static char help[] = "--help";
    (*argv)[i] = help;
    arguments[static_cast<size_t>(i - 1)] = help;
  }
  if (const std::string fault = sluice::FaultOfArguments(arguments, __FILE__); !fault.empty())
    return Refuse(fault);
  gflags::SetUsageMessage("a SOCKS gateway\n  sluiced [--config=sluice.toml] [--shards=N]");
  gflags::ParseCommandLineNonHelpFlags(argc, argv, true);
  if (FLAGS_help) {
    std::cout << sluice::HelpText(kRanges, __FILE__);
    return 0;
  }
  if (FLAGS_version) {
    std::cout << sluice::VersionText();
    return 0;
  }
  gflags::HandleCommandLineHelpFlags();
  if (const std::string fault = sluice::FaultOfFlags(kRanges); !fault.empty()) return Refuse(fault);
  return std::nullopt;
}

int Check() {
  const auto policy = sluice::LoadPolicy({.path = FLAGS_config}, absl::Now(), 1);
  if (!policy.ok()) {
    std::cerr << policy.status().message() << "\n";
    return 1;
  }
  for (const auto& warning : sluice::FindWarnings(policy->config->config, absl::Now()))
    std::cerr << sluice::WarningLine(warning, sluice::ConfigName(FLAGS_config)) << "\n";
  std::cout << (FLAGS_config.empty() ? "the shipped configuration" : FLAGS_config) << ": good, "
            << policy->snapshot->rules().size() << " rules\n";
  return 0;
}

// Any thread may find that memory has run out, and what cannot be caught ends in one sentence too.
[[noreturn]] void EndUncaught() {
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    static constexpr char kSentence[] =
        "sluiced: there is not enough memory or address space: raise the limit (ulimit -v, "
        "LimitAS= "
        "and MemoryMax= of systemd); fewer shards or sessions need less\n";
    if (write(STDERR_FILENO, kSentence, sizeof(kSentence) - 1) < 0) _exit(2);
    _exit(1);
  } catch (...) {
  }
  std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  std::set_terminate(EndUncaught);
  sluice::FillStandardDescriptors();
  if (const std::optional<int> done = ReadFlags(&argc, &argv); done.has_value()) return *done;
  if (FLAGS_check) return Check();
  if (FLAGS_hash_password) return sluice::HashPasswordFromInput();
  google::InitGoogleLogging(argv[0]);
  sluice::BlockDaemonSignals();
  const auto log = sluice::ProcessLog::Start();
  if (!log.ok()) return Refuse(std::string(log.status().message()));

  sluice::DaemonOptions options;
  options.config = FLAGS_config;
  options.access_log = FLAGS_access_log;
  options.admin_socket = FLAGS_admin_socket;
  options.admin_tcp = {FLAGS_admin_listen, FLAGS_admin_certificate, FLAGS_admin_key};
  options.admin_tcp_automatic = gflags::GetCommandLineFlagInfoOrDie("admin_listen").is_default;
  options.state_folder = FLAGS_state_folder;
  options.version = sluice::SluiceVersion();
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
  LOG(INFO) << "sluiced " << sluice::SluiceVersion();
  if (const absl::Status status = daemon.Start(); !status.ok()) {
    (*log)->Say(absl::StrCat("sluiced: ", status.message()));
    return 1;
  }
  daemon.Run();
  return 0;
}
