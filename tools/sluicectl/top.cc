// top: live sessions on the whole screen.
//
// 1. One look at the door before the terminal is touched: what fails then is said as by any verb.
// 2. Draw; wait for a key or for the next look; do what the key wishes.
// 3. A look that fails later is said in the last line, and tried again: a daemon may be restarted.

#include <signal.h>
#include <unistd.h>

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tools/sluicectl/filter_words.h"
#include "tools/sluicectl/raw_terminal.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/sessions.h"
#include "tools/sluicectl/top_model.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

constexpr size_t kLookedAtMost = 10'000;  // sessions a look; ten pages each second are no burden
constexpr absl::Duration kPatience = absl::Seconds(3);  // keys wait as long

absl::StatusOr<absl::Duration> IntervalOf(const Arguments& arguments) {
  if (!arguments.Has("interval")) return absl::Seconds(1);
  double seconds = 0;
  const std::string said = arguments.Get("interval");
  if (!absl::SimpleAtod(said, &seconds) || !(seconds >= 0.1 && seconds <= 3600)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--interval: expected seconds, 0.1 to 3600, found \"", SafeText(said),
                     "\"; 1 is the default"));
  }
  return absl::Seconds(seconds);
}

class TopLoop {
 public:
  TopLoop(Door& door, RawTerminal& terminal, TopModel& model, absl::Duration interval)
      : door_(door), terminal_(terminal), model_(model), interval_(interval) {}

  // The signal that asked for the end; 0: somebody did.
  int Run() {
    absl::Time next = absl::Now() + interval_;
    while (true) {
      Draw();
      const absl::Duration wait = model_.paused() ? absl::Hours(1) : next - absl::Now();
      const RawTerminal::Event event = terminal_.Wait(wait);
      if (event.ended_by != 0) return event.ended_by == SIGINT ? 0 : event.ended_by;
      if (event.gone) return SIGHUP;
      for (const Key& key : KeysOf(event.typed)) {
        const TopModel::Wish wish = model_.Press(key);
        if (wish == TopModel::Wish::kQuit) return 0;
        if (wish == TopModel::Wish::kEndSession) EndDoomed();
        if (wish == TopModel::Wish::kLook) next = absl::InfinitePast();
      }
      if (model_.paused() ? next == absl::InfinitePast() : absl::Now() >= next) {
        Look();
        next = absl::Now() + interval_;
      }
    }
  }

 private:
  void Look() {
    const absl::StatusOr<Json> found = ListSessions(door_, model_.filter(), kLookedAtMost);
    if (found.ok()) {
      model_.Take(*found, absl::Now());
    } else {
      model_.Say(std::string(found.status().message()));
    }
  }

  void EndDoomed() {
    const absl::Status status = AskJson(door_, SessionQuestion("DELETE", model_.doomed())).status();
    model_.Say(status.ok() ? absl::StrCat("ended ", model_.doomed())
                           : std::string(status.message()));
  }

  void Draw() {
    std::string text;
    const std::vector<TopLine> lines = model_.Lines(terminal_.lines(), terminal_.columns());
    for (size_t i = 0; i < lines.size(); ++i) {
      absl::StrAppend(&text, i == 0 ? "" : "\r\n", lines[i].reversed ? "\x1b[7m" : "",
                      lines[i].text, lines[i].reversed ? "\x1b[0m" : "", "\x1b[K");
    }
    terminal_.Draw(absl::StrCat(text, "\x1b[J"));
  }

  Door& door_;
  RawTerminal& terminal_;
  TopModel& model_;
  const absl::Duration interval_;
};

// Two looks, so that there are rates, and what they show as a table.
absl::Status Snapshot(Errand& errand, TopModel& model, absl::Duration interval) {
  absl::SleepFor(interval);
  const absl::StatusOr<Json> found = ListSessions(errand.door, model.filter(), kLookedAtMost);
  if (!found.ok()) return found.status();
  model.Take(*found, absl::Now());
  Json answer = *found;
  answer["sessions"] = model.Sorted();
  std::vector<const char*> names = SessionFields();
  names.insert(names.end(), {"rate_up", "rate_down"});
  errand.Show(model.AsTable(), answer, names, answer["sessions"]);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunTop(Errand& errand) {
  const absl::StatusOr<absl::Duration> interval = IntervalOf(errand.arguments);
  if (!interval.ok()) return interval.status();
  TopModel model(FilterOf(errand.arguments.words));
  const absl::StatusOr<Json> found = ListSessions(errand.door, model.filter(), kLookedAtMost);
  if (!found.ok()) return found.status();
  model.Take(*found, absl::Now());
  if (!errand.desk.out_is_terminal || !errand.desk.in_is_terminal ||
      errand.arguments.Has("output")) {
    return Snapshot(errand, model, *interval);
  }
  errand.door.Quietly(kPatience);
  int ended_by = 0;
  {
    const absl::StatusOr<std::unique_ptr<RawTerminal>> terminal = RawTerminal::Open();
    if (!terminal.ok()) return terminal.status();
    ended_by = TopLoop(errand.door, **terminal, model, *interval).Run();
  }
  if (ended_by != 0) EndBySignal(ended_by);
  return absl::OkStatus();
}

}  // namespace sluice
