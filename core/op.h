#ifndef SLUICE_CORE_OP_H_
#define SLUICE_CORE_OP_H_

// Op: one operation in the kernel's hands.
//
// Whoever starts an operation embeds its Op, binds it once to the function that receives the
// completion, and keeps it at its address until that function has run with `more == false`. An Op
// is either idle or in flight, never twice in flight. One thread: the one that owns the Kernel.

#include <cstdint>

namespace sluice {

struct Completion {
  // ≥ 0: bytes, a descriptor or poll events, as the operation has it. < 0: -errno. A receive of 0
  // is the peer's FIN.
  int32_t result = 0;
  // The pool buffer that holds a receive's bytes and now belongs to the receiver; -1 where there is
  // none.
  int32_t buffer = -1;
  // The operation stays in flight and will complete again (multishot accept).
  bool more = false;
  // A receive left bytes in the socket: receiving again will find them without waiting.
  bool socket_nonempty = false;
};

class Op {
 public:
  using Receiver = void (*)(void* owner, Op& op, const Completion& completion);

  Op() = default;
  Op(const Op&) = delete;
  Op& operator=(const Op&) = delete;

  // Binds to a member function: op.Bind<&Session::OnGreeting>(this).
  template <auto kMethod, typename Owner>
  void Bind(Owner* owner) {
    owner_ = owner;
    receiver_ = [](void* o, Op& op, const Completion& completion) {
      (static_cast<Owner*>(o)->*kMethod)(op, completion);
    };
  }

  bool in_flight() const { return in_flight_; }

  // For Kernel back ends only.
  void Start() { in_flight_ = true; }
  // Where the back end keeps what it has to know of the operation in flight.
  uint32_t place() const { return place_; }
  void set_place(uint32_t place) { place_ = place; }
  void Complete(const Completion& completion) {
    in_flight_ = completion.more;
    receiver_(owner_, *this, completion);
  }

 private:
  void* owner_ = nullptr;
  Receiver receiver_ = nullptr;
  uint32_t place_ = 0;
  bool in_flight_ = false;
};

}  // namespace sluice

#endif  // SLUICE_CORE_OP_H_
