// sluice-load: a load generator for SOCKS servers. Flags are here; what a scenario does stands in
// the file of its name.

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/load/clock.h"
#include "bench/load/options.h"
#include "bench/load/report.h"
#include "bench/load/scenario.h"
#include "gflags/gflags.h"
#include "glog/logging.h"

DEFINE_string(proxy, "127.0.0.1:1080", "the SOCKS server");
DEFINE_bool(direct, false, "no SOCKS server: straight to the back end");
DEFINE_string(socks, "5", "SOCKS version: 4, 4a or 5");
DEFINE_string(user, "", "authenticate by this name and --password (RFC 1929); SOCKS4: the user id");
DEFINE_string(password, "", "that goes with --user");
DEFINE_string(name, "", "ask for this host name at the back end's port, instead of its address");
DEFINE_string(backend, "",
              "HOST:PORT of a back end elsewhere (an echo, sink or source, as the scenario needs; "
              "mixed: the echo, and sink and source at the next two ports, as serve has them), or "
              "with --listen of a relay in front of the built-in one; empty: the built-in one");
DEFINE_string(listen, "127.0.0.1:0",
              "where the built-in back end listens, and serve; four services at consecutive ports, "
              "or at any with port 0");
DEFINE_bool(
    backend_thread, true,
    "the built-in back end has a thread of its own; false: it shares the load's, so that on "
    "one CPU neither waits until the scheduler takes it from the other");

DEFINE_bool(
    spin, false,
    "look for answers and what is due without sleeping, for a CPU of its own: with a rate, what "
    "is measured is then not how long this program takes to wake");

DEFINE_int32(connections, 32,
             "bulk, rr, idle: tunnels; udp: associations; mixed: tunnels that ping-pong");
DEFINE_int32(in_flight, 64,
             "tunnels being opened at a time; cps, mixed: connections that come and go, at most");
DEFINE_string(direction, "down", "bulk: up (to the target), down or both");
DEFINE_uint64(size, 64, "rr, udp, mixed: bytes of a request and of its answer");
DEFINE_int32(window, 16, "udp, mixed: datagrams of an association under way at a time");
DEFINE_bool(trains, false,
            "udp: send datagrams in one piece (UDP_SEGMENT) and take them so (UDP_GRO), as network "
            "cards do, at both ends of the load; else each for itself");
DEFINE_double(
    resend, 0.2,
    "udp, mixed, idle --udp: seconds after which a datagram counts as lost and is sent anew");
DEFINE_bool(udp, false, "idle: associations instead of tunnels");
DEFINE_double(
    rate, 0,
    "rr: requests, cps: connections, udp: echoes a second, all together, on a fixed "
    "schedule; 0: each as soon as the last is answered; mixed: requests, 4000 unless given");
DEFINE_double(gbit, 0,
              "bulk: Gbit/s of all streams together; 0: as they go; mixed: in each direction, 1 "
              "unless given");
DEFINE_int32(unread, 0,
             "bulk --direction=down: tunnels besides that take nothing of what comes; the report "
             "says how much memory of the host's TCP each holds");
DEFINE_double(seconds, 5, "how long is measured");
DEFINE_double(warmup, 0.5, "seconds before that");
DEFINE_int64(count, 0,
             "rr, cps, udp: end after so many round trips or connections, not by time; no warm-up; "
             "mixed: so many of each");
DEFINE_int64(bytes, 0,
             "bulk: end after so many bytes in all, not by time; no warm-up; mixed: in each "
             "direction");
DEFINE_double(timeout, 10, "seconds for a tunnel to open, or an answer to come");

DEFINE_int32(streams, 2, "mixed: bulk streams in each direction; 0: none");
DEFINE_double(churn, 400, "mixed: connections a second that come and go; 0: none");
DEFINE_int32(standing, 300, "mixed: idle tunnels; 0: none");
DEFINE_int32(associations, 8, "mixed: associations with a --window of datagrams; 0: none");
DEFINE_double(echoes, 5000,
              "mixed: echoes a second, all associations together; 0: each as soon as the last is "
              "answered");

DEFINE_int32(pid, 0, "measure CPU time and memory of this process and its descendants");
DEFINE_string(
    cpu_file, "",
    "measure CPU time by this file (a cgroup's cpuacct.usage or cpu.stat) instead of --pid");
DEFINE_string(memory_file, "",
              "idle: also measure by this file's number (memory.current of the process's cgroup)");
DEFINE_bool(json, false, "print the report as JSON");
DEFINE_bool(progress, isatty(STDERR_FILENO) != 0, "show a progress line");

namespace sluice::load {
namespace {

struct Scenario {
  std::string_view name;
  absl::StatusOr<Report> (*run)(const Options&);
};
constexpr Scenario kScenarios[] = {{"bulk", RunBulk},  {"rr", RunRr},     {"udp", RunUdp},
                                   {"cps", RunCps},    {"idle", RunIdle}, {"mixed", RunMixed},
                                   {"serve", RunServe}};

absl::Status Wrong(const char* flag, const char* expected, const std::string& found) {
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, ": expected ", expected, ", found \"", found, "\""));
}

bool IsGiven(const char* flag) { return !gflags::GetCommandLineFlagInfoOrDie(flag).is_default; }

absl::Status ReadPlaces(Options& options) {
  constexpr char kExpected[] = "ADDRESS:PORT";
  if (!FLAGS_direct && !(options.proxy = Endpoint::Parse(FLAGS_proxy)))
    return Wrong("proxy", kExpected, FLAGS_proxy);
  if (!FLAGS_backend.empty() && !(options.backend = Endpoint::Parse(FLAGS_backend)))
    return Wrong("backend", kExpected, FLAGS_backend);
  const auto listen = Endpoint::Parse(FLAGS_listen);
  if (!listen) return Wrong("listen", kExpected, FLAGS_listen);
  options.listen = listen;
  if (options.backend && !IsGiven("listen")) options.listen.reset();
  options.backend_thread = FLAGS_backend_thread;
  if (FLAGS_socks == "4") {
    options.version = SocksVersion::k4;
  } else if (FLAGS_socks == "4a") {
    options.version = SocksVersion::k4a;
  } else if (FLAGS_socks != "5") {
    return Wrong("socks", "4, 4a or 5", FLAGS_socks);
  }
  options.name = FLAGS_name;
  options.identity = {FLAGS_user, FLAGS_password};
  return absl::OkStatus();
}

absl::Status ReadAmounts(Options& options) {
  const auto nanos = [](double seconds) {
    return static_cast<int64_t>(seconds * static_cast<double>(kSecond));
  };
  if (FLAGS_connections < 1)
    return Wrong("connections", "at least 1", absl::StrCat(FLAGS_connections));
  if (FLAGS_in_flight < 1) return Wrong("in_flight", "at least 1", absl::StrCat(FLAGS_in_flight));
  if (FLAGS_size < 1) return Wrong("size", "at least 1", absl::StrCat(FLAGS_size));
  if (FLAGS_window < 1) return Wrong("window", "at least 1", absl::StrCat(FLAGS_window));
  if (FLAGS_seconds <= 0) return Wrong("seconds", "more than 0", absl::StrCat(FLAGS_seconds));
  if (FLAGS_rate < 0) return Wrong("rate", "at least 0", absl::StrCat(FLAGS_rate));
  if (FLAGS_gbit < 0) return Wrong("gbit", "at least 0", absl::StrCat(FLAGS_gbit));
  options.connections = FLAGS_connections;
  options.in_flight = FLAGS_in_flight;
  options.size = FLAGS_size;
  options.window = FLAGS_window;
  options.trains = FLAGS_trains;
  options.udp = FLAGS_udp;
  options.rate = FLAGS_rate;
  options.gbit = FLAGS_gbit;
  options.spin = FLAGS_spin;
  options.seconds_ns = nanos(FLAGS_seconds);
  options.warmup_ns = nanos(std::max(FLAGS_warmup, 0.0));
  options.timeout_ns = nanos(FLAGS_timeout);
  options.resend_ns = nanos(std::max(FLAGS_resend, 0.001));
  options.count = std::max<int64_t>(FLAGS_count, 0);
  options.bytes = std::max<int64_t>(FLAGS_bytes, 0);
  options.unread = FLAGS_unread;
  if (FLAGS_unread < 0 || (FLAGS_unread > 0 && FLAGS_direction != "down"))
    return Wrong("unread", "at least 0, with --direction=down", absl::StrCat(FLAGS_unread));
  if (FLAGS_direction == "up") {
    options.direction = Direction::kUp;
  } else if (FLAGS_direction == "both") {
    options.direction = Direction::kBoth;
  } else if (FLAGS_direction != "down") {
    return Wrong("direction", "up, down or both", FLAGS_direction);
  }
  return absl::OkStatus();
}

// The mix has rates also where none are given: parts that go as fast as they can would only show
// which of them takes the CPU from the others.
absl::Status ReadMix(Options& options) {
  constexpr double kRate = 4000;
  constexpr double kGbit = 1;
  const std::pair<const char*, double> amounts[] = {{"streams", FLAGS_streams},
                                                    {"churn", FLAGS_churn},
                                                    {"standing", FLAGS_standing},
                                                    {"associations", FLAGS_associations},
                                                    {"echoes", FLAGS_echoes}};
  for (const auto& [flag, amount] : amounts) {
    if (amount < 0) return Wrong(flag, "at least 0", absl::StrCat(amount));
  }
  options.streams = FLAGS_streams;
  options.churn = FLAGS_churn;
  options.standing = FLAGS_standing;
  options.associations = FLAGS_associations;
  options.echoes = FLAGS_echoes;
  if (!IsGiven("rate")) options.rate = kRate;
  if (!IsGiven("gbit")) options.gbit = kGbit;
  return absl::OkStatus();
}

absl::StatusOr<Report> RunScenario(const std::string& name) {
  const auto* scenario = std::find_if(std::begin(kScenarios), std::end(kScenarios),
                                      [&](const Scenario& s) { return s.name == name; });
  if (scenario == std::end(kScenarios)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected a scenario (bulk, rr, udp, cps, idle, mixed or serve), found \"", name, "\""));
  }
  Options options;
  if (absl::Status status = ReadPlaces(options); !status.ok()) return status;
  if (absl::Status status = ReadAmounts(options); !status.ok()) return status;
  if (name == "mixed") {
    if (absl::Status status = ReadMix(options); !status.ok()) return status;
  }
  options.pid = FLAGS_pid;
  options.cpu_file = FLAGS_cpu_file;
  options.memory_file = FLAGS_memory_file;
  options.progress = FLAGS_progress;
  return scenario->run(options);
}

}  // namespace
}  // namespace sluice::load

int main(int argc, char** argv) {
  FLAGS_logtostderr = true;
  gflags::SetUsageMessage(
      "a load generator for SOCKS servers\n  sluice-load bulk|rr|udp|cps|idle|mixed|serve "
      "[--proxy=HOST:PORT "
      "| --direct] [flags]");
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  google::InitGoogleLogging(argv[0]);
  if (argc != 2) {
    std::cerr << "sluice-load: expected one scenario: bulk, rr, udp, cps, idle, mixed or serve; "
                 "see sluice-load --help\n";
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);  // sendfile has no MSG_NOSIGNAL
  // A request that is due is not to wait for the 50 µs by which the kernel likes to round up.
  prctl(PR_SET_TIMERSLACK, 1);
  const absl::StatusOr<sluice::load::Report> report = sluice::load::RunScenario(argv[1]);
  if (!report.ok()) {
    std::cerr << "sluice-load: " << report.status().message() << "\n";
    return 2;
  }
  std::cout << (FLAGS_json ? report->dump(2) + "\n" : sluice::load::Table(*report));
  return report->value("failures", int64_t{0}) == 0 ? 0 : 1;
}
