#ifndef SLUICE_RELAY_DIRECTION_H_
#define SLUICE_RELAY_DIRECTION_H_

// Direction: which way bytes and datagrams of a session go. A value.

#include <cstdint>

namespace sluice {

enum class Direction : uint8_t {
  kUp,    // client to target
  kDown,  // target to client
};

}  // namespace sluice

#endif  // SLUICE_RELAY_DIRECTION_H_
