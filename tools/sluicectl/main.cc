// sluicectl: the command line of the administrator's door. Takes its arguments apart, opens the
// door, and runs the verb; what it ends with is ExitCode of door.h.

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tools/sluicectl/arguments.h"
#include "tools/sluicectl/release.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/socket_door.h"
#include "tools/sluicectl/verbs.h"

namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr double kPatienceSecondsMax = 86400;

int Fail(const absl::Status& status) {
  std::cout.flush();
  // A verb that has said what there was to say leaves the sentence away.
  if (!status.message().empty()) {
    std::cerr << "sluicectl: "
              << sluice::SafeLines({status.message().data(), status.message().size()}) << "\n";
  }
  return sluice::ExitCodeOf(status);
}

size_t ColumnsOfTerminal() {
  winsize size = {};
  const bool known = isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  return known ? size.ws_col : 0;
}

absl::StatusOr<absl::Duration> PatienceOf(const sluice::Arguments& arguments) {
  if (!arguments.Has("timeout")) return kPatience;
  double seconds = 0;
  const std::string said = arguments.Get("timeout");
  if (!absl::SimpleAtod(said, &seconds) || !(seconds > 0 && seconds <= kPatienceSecondsMax)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--timeout: expected seconds, above 0 and at most ", kPatienceSecondsMax,
                     ", found \"", sluice::SafeText(said), "\"; 60 is the default"));
  }
  return absl::Seconds(seconds);
}

// Completion asks the daemon that the line which is being typed names.
std::string SocketOf(const sluice::Arguments& arguments) {
  std::string path = arguments.Get("socket");
  if (arguments.verb->hidden) {
    for (const std::string& word : arguments.words) {
      if (absl::StartsWith(word, "--socket=")) path = word.substr(word.find('=') + 1);
    }
  }
  return path.empty() && !arguments.Has("socket") ? sluice::DefaultSocket() : path;
}

int Run(const sluice::Arguments& arguments, sluice::Desk& desk) {
  const absl::StatusOr<absl::Duration> patience = PatienceOf(arguments);
  if (!patience.ok()) return Fail(patience.status());
  const bool tells = desk.err_is_terminal && !arguments.verb->hidden;
  sluice::SocketDoor door(SocketOf(arguments), *patience, tells ? &desk.err : nullptr);
  sluice::Errand errand{arguments, door, desk};
  const absl::Status status = arguments.verb->run(errand);
  if (!desk.out.flush()) {
    return Fail(absl::FailedPreconditionError(
        absl::StrCat("standard output: expected to write to it, found: ", std::strerror(errno),
                     "; is the disk full?")));
  }
  return status.ok() ? sluice::kDone : Fail(status);
}

}  // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "");
  std::ios::sync_with_stdio(false);
  sluice::Desk desk{std::cin, std::cout, std::cerr};
  desk.in_is_terminal = isatty(STDIN_FILENO) == 1;
  desk.err_is_terminal = isatty(STDERR_FILENO) == 1;
  desk.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  desk.columns = ColumnsOfTerminal();

  const std::vector<std::string> said(argv + 1, argv + argc);
  const absl::StatusOr<sluice::Arguments> arguments =
      sluice::ParseArguments(sluice::AllVerbs(), said);
  if (!arguments.ok()) return Fail(arguments.status());
  if (arguments->Has("version")) {
    std::cout << "sluicectl " << sluice::ReleaseText() << std::endl;
    return sluice::kDone;
  }
  if (arguments->Has("help")) {
    std::cout << (arguments->verb == nullptr ? sluice::HelpText(sluice::AllVerbs())
                                             : sluice::HelpText(*arguments->verb))
              << std::flush;
    return sluice::kDone;
  }
  return Run(*arguments, desk);
}
