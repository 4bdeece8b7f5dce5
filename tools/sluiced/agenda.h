#ifndef SLUICE_TOOLS_SLUICED_AGENDA_H_
#define SLUICE_TOOLS_SLUICED_AGENDA_H_

// Agenda: what the main thread has to do, and by which clock. How long something may take is a
// matter of CLOCK_MONOTONIC, which nobody sets; a rule's `expires` is a moment of the calendar, and
// so of a clock that is set and that goes on while a machine is suspended, when the other stands
// still. How long a change waits for its confirmation is a matter of CLOCK_BOOTTIME, which nobody
// sets and which goes on all the same. No wait can be so long that any is noticed late. Pure; one
// thread.

#include "absl/time/time.h"
#include "core/limits.h"

namespace sluice {

// One moment on all clocks. `running` is CLOCK_MONOTONIC and `booted` CLOCK_BOOTTIME, of which only
// differences mean anything.
struct Moment {
  absl::Time wall;
  absl::Time running;
  absl::Time booted;

  static Moment Now();
};

class Agenda {
 public:
  // --- Draining
  void Drain(const Moment& now, absl::Duration time) { drained_ = now.running + time; }
  // Once: that sessions which are left have had their time.
  bool TakeDrained(const Moment& now) { return Take(now, &drained_); }

  // --- What rules did
  void SaveCountsAfter(const Moment& now, absl::Duration time) { counts_ = now.running + time; }
  bool TakeCounts(const Moment& now) { return Take(now, &counts_); }

  // --- Memory that reloads have left free
  void TrimAfter(const Moment& now, absl::Duration time) { trim_ = now.running + time; }
  bool trim_is_due(const Moment& now) const { return now.running >= trim_; }
  void Trimmed() { trim_ = absl::InfiniteFuture(); }

  // --- A change that waits for its confirmation
  void ConfirmWithin(const Moment& now, absl::Duration time) { unconfirmed_ = now.booted + time; }
  void ExtendConfirm(absl::Duration time) { unconfirmed_ += time; }
  void Confirmed() { unconfirmed_ = absl::InfiniteFuture(); }
  bool confirm_is_due(const Moment& now) const { return now.booted >= unconfirmed_; }
  absl::Duration confirm_left(const Moment& now) const { return unconfirmed_ - now.booted; }

  // How long to wait for a signal, where the policy's next rule expires at `expiry`.
  absl::Duration Wait(const Moment& now, absl::Time expiry) const;

 private:
  static bool Take(const Moment& now, absl::Time* due);

  absl::Time drained_ = absl::InfiniteFuture();
  absl::Time trim_ = absl::InfiniteFuture();
  absl::Time counts_ = absl::InfiniteFuture();
  absl::Time unconfirmed_ = absl::InfiniteFuture();
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_AGENDA_H_
