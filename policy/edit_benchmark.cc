// What an edit of a long sluice.toml costs, and the difference that it makes.

#include <string>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "policy/config_diff.h"
#include "policy/text_diff.h"
#include "policy/toml_edit.h"
#include "policy/toml_text.h"

namespace sluice {
namespace {

std::string Text(int64_t rules) {
  std::string text = "[socks]\nport = 1080\n";
  for (int64_t i = 0; i < rules; ++i) {
    absl::StrAppend(&text, "\n# Why rule ", i, " is there.\n[[rule]]\nname = \"rule_", i,
                    "\"\nsource = [\"10.", i / 250 % 250, ".", i % 250,
                    ".0/24\"]   # a network\ndestination = [\"*.host", i,
                    ".example.com\"]\ndestination_ports = [443]\nverdict = \"allow\"\n");
  }
  return text;
}

ConfigEdit SwitchOff(int64_t rule) {
  ConfigEdit edit;
  edit.kind = ConfigEdit::Kind::kSetKey;
  edit.part = ConfigPart::kRule;
  edit.name = absl::StrCat("rule_", rule);
  edit.key = "enabled";
  edit.value = BooleanValue(false);
  return edit;
}

void Edit(benchmark::State& state) {
  const std::string text = Text(state.range(0));
  const ConfigEdit edit = SwitchOff(state.range(0) / 2);
  for (auto _ : state) benchmark::DoNotOptimize(Apply(text, edit));
}
BENCHMARK(Edit)->Arg(100)->Arg(10'000)->Unit(benchmark::kMillisecond);

void Differences(benchmark::State& state) {
  const std::string before = Text(state.range(0));
  const std::string after = *Apply(before, SwitchOff(state.range(0) / 2));
  const TomlValue defaults = TableValue({});
  for (auto _ : state) {
    benchmark::DoNotOptimize(DiffConfigs({before}, {after}, defaults));
    benchmark::DoNotOptimize(UnifiedDiff(before, after, "a", "b"));
  }
}
BENCHMARK(Differences)->Arg(100)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sluice
