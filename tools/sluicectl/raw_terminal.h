#ifndef SLUICE_TOOLS_SLUICECTL_RAW_TERMINAL_H_
#define SLUICE_TOOLS_SLUICECTL_RAW_TERMINAL_H_

// The terminal for a program that has the whole screen: keys without Enter, its second screen, and
// on every way out, signals and crashes too, as it was before. One at a time.

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice {

class RawTerminal {
 public:
  // Unavailable, as a sentence, where standard input or output is none.
  static absl::StatusOr<std::unique_ptr<RawTerminal>> Open();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

  struct Event {
    std::string typed;  // what keys have sent
    int ended_by = 0;   // a signal that asks the program to end
    bool gone = false;  // nobody is at the terminal any more
  };

  // Until something happens or `wait` is over. Whether the size has changed is asked with lines().
  // Stops here, with the terminal as it was, while the user wants it (Ctrl-Z).
  Event Wait(absl::Duration wait);

  size_t lines() const;
  size_t columns() const;

  // Text with its own control sequences, from the top left.
  void Draw(const std::string& text);

 private:
  explicit RawTerminal(int signals) : signals_(signals) {}
  void Enter();
  void Leave();
  void TakeSignal(Event& event);

  const int signals_;  // descriptor that yields them
};

// Ends the process by that signal, as if nobody had caught it.
[[noreturn]] void EndBySignal(int signal);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_RAW_TERMINAL_H_
