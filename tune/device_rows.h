// device_rows.h: a data set's rows where a plan reads them. On a CPU they are the host's own arrays; elsewhere a copy, made once.
#pragma once

#include "engine/data/dataset.h"
#include "kernels/backend.h"

namespace lehr {

class DeviceRows {
 public:
  DeviceRows(Backend& backend, const Array& rows) : count_(rows.count()), dtype_(rows.dtype()), host_(rows.data()) {
    if (backend.kind() == DeviceKind::cpu || rows.empty()) return;
    copy_ = Buffer(backend, rows.bytes());
    backend.copy_in(copy_.data(), rows.data(), rows.bytes());
  }
  ConstView view() const { return {copy_.data() != nullptr ? copy_.data() : host_, dtype_, count_}; }

 private:
  std::size_t count_;
  DType dtype_;
  const void* host_;
  Buffer copy_;
};

}  // namespace lehr
