#ifndef SLUICE_TOOLS_SLUICED_ORDERS_H_
#define SLUICE_TOOLS_SLUICED_ORDERS_H_

// Orders: what others ask of the main thread, which alone brings policies into force: one after the
// other, in the order in which they came. Who asks waits until it is done.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

namespace sluice {

class Orders {
 public:
  // `wake`: makes the main thread call Run soon. Any thread.
  explicit Orders(std::function<void()> wake) : wake_(std::move(wake)) {}

  // Any thread but the main one. False where it was not done, and never will be.
  bool Ask(const std::function<void()>& order);

  // --- The main thread
  void Run();
  // Whoever waits, and whoever comes, hears that nothing is done any more.
  void Close();

 private:
  struct Waiting {
    const std::function<void()>* order;
    bool* done;
  };

  const std::function<void()> wake_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  bool closed_ = false;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_ORDERS_H_
