#include "tests/sim/sim_report.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// SIGTERM: a test runner that has lost its patience.
constexpr int kSignals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGTERM};

// Read by a signal handler, so nothing but bytes.
char last_words[200];

void OnCrash(int signal_number) {
  if (write(STDERR_FILENO, last_words, std::strlen(last_words)) < 0) _exit(1);
  raise(signal_number);
}

std::string Replay(const std::string& story, uint64_t seed) {
  return absl::StrCat("replay: bazel run //tests/sim:sim_run -- --story=", story, " --seed=", seed,
                      " --verbose\n");
}

}  // namespace

std::string SimReport::ToString() const {
  std::string text = absl::StrCat("seed ", seed, accusations.empty() ? " passed\n" : " FAILED\n");
  for (const std::string& accusation : accusations) absl::StrAppend(&text, "  ", accusation, "\n");
  if (!accusations.empty())
    absl::StrAppend(&text, "last events:\n", last_events, Replay(story, seed));
  return text;
}

void SimTotals::Add(const SimReport& report) {
  ++seeds;
  sum.events += report.events;
  sum.sessions += report.sessions;
  sum.tunnels += report.tunnels;
  sum.complete += report.complete;
  sum.refused += report.refused;
  sum.evicted += report.evicted;
  sum.timed_out += report.timed_out;
  sum.gone += report.gone;
  sum.stalled += report.stalled;
#define SLUICE_ADD(member, name, help) sum.counters.member += report.counters.member;
  SLUICE_COUNTERS(SLUICE_ADD)
#undef SLUICE_ADD
}

std::string SimTotals::ToString() const {
  std::string text =
      absl::StrCat("events ", sum.events, "\nsessions ", sum.sessions, "\ntunnels ", sum.tunnels,
                   "\ncomplete tunnels ", sum.complete, "\nrefused by policy ", sum.refused,
                   "\nof those after new rules ", sum.evicted, "\ntimed out ", sum.timed_out,
                   "\nvanished ", sum.gone, "\nstalled ", sum.stalled, "\n");
  sum.counters.ForEach([&](std::string_view name, std::string_view, uint64_t value) {
    absl::StrAppend(&text, std::string(name), " ", value, "\n");
  });
  return text;
}

SeedOnCrash::SeedOnCrash(uint64_t seed, const std::string& story) {
  std::snprintf(last_words, sizeof last_words, "crashed in seed %llu\n%s",
                static_cast<unsigned long long>(seed), Replay(story, seed).c_str());
  struct sigaction action = {};
  action.sa_handler = OnCrash;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal_number : kSignals) sigaction(signal_number, &action, nullptr);
}

SeedOnCrash::~SeedOnCrash() {
  for (const int signal_number : kSignals) signal(signal_number, SIG_DFL);
}

}  // namespace sluice
