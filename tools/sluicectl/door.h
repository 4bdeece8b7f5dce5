#ifndef SLUICE_TOOLS_SLUICECTL_DOOR_H_
#define SLUICE_TOOLS_SLUICECTL_DOOR_H_

// The administrator's door as the verbs see it: a request and its answer. The real one is
// socket_door.h; tests put answers of their own in its place.

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/sluicectl/fields.h"

namespace sluice {

struct Question {
  std::string method = "GET";
  std::string path;                                            // "/api/v1/sessions"
  std::vector<std::pair<std::string, std::string>> keys = {};  // of the query; escaped by the door
  std::string type = {};  // of the body; "" where there is none
  std::string body = {};
  bool may_be_gone = false;   // what it asks for: 404 then says that nothing matched
  std::string if_match = {};  // the ETag of what is changed; "" where any will do
  // Set: takes a good answer line by line as it comes, however long that takes, and says whether to
  // go on. The answer's body is empty then.
  std::function<bool(std::string_view line)> on_line = nullptr;
};

struct Answer {
  int status = 0;
  std::string body;
};

class Door {
 public:
  virtual ~Door() = default;

  // Unavailable where the door cannot be reached, in a sentence that says what to do.
  virtual absl::StatusOr<Answer> Ask(const Question& question) = 0;

  // What is being done, told where it takes longer than a second.
  virtual void Doing(std::string_view) {}

  // From now on tells nothing, since somebody else draws the screen, and waits no longer than this.
  virtual void Quietly(absl::Duration) {}
};

// A segment of a path.
std::string PathSegment(std::string_view text);

// The answer's body where the daemon agreed; else its problem: see StatusOf.
absl::StatusOr<std::string> AskText(Door& door, const Question& question);
absl::StatusOr<Json> AskJson(Door& door, const Question& question);

inline Question Get(std::string path) { return {.path = "/api/v1/" + std::move(path)}; }
Question Post(std::string path, const Json& body);
// Without a body.
Question Post(std::string path);

// A refusal (RFC 9457) as text for a terminal. NotFound where what was asked for is gone, else
// FailedPrecondition.
absl::Status StatusOf(const Question& question, const Answer& answer);

// An error of a configuration, as the daemon's --check writes it: "a.toml:3:7: expected …". `file`
// stands for the name of a text that had none.
std::string ProblemLine(const Json& problem, std::string_view file);

// What a program ends with. Scripts rely on it.
enum ExitCode {
  kDone = 0,
  kRefused = 1,         // by the daemon, or by who was asked to confirm
  kWrongUse = 2,        // InvalidArgument
  kUnreachable = 3,     // Unavailable
  kNothingMatched = 4,  // NotFound
};

ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_DOOR_H_
