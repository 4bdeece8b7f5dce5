#ifndef SLUICE_RELAY_LOG_RECORD_READER_H_
#define SLUICE_RELAY_LOG_RECORD_READER_H_

// RecordReader: who else wants the records of the access log. They are handed over by the thread
// that writes it, which has them already; no shard knows. It must not wait: what it has no room
// for it loses.

#include "absl/types/span.h"
#include "relay/log/access_record.h"

namespace sluice {

class RecordReader {
 public:
  virtual ~RecordReader() = default;
  // Good until it returns, except their `why`, which is a literal. The access log's thread.
  virtual void Read(absl::Span<const AccessRecord> records) = 0;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_LOG_RECORD_READER_H_
