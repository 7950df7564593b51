#include "kernels/onednn_version.h"

#ifdef LEHR_WITH_ONEDNN
#include <oneapi/dnnl/dnnl.h>

namespace lehr {
std::string onednn_version() {
  const dnnl_version_t& v = *dnnl_version();
  return std::to_string(v.major) + "." + std::to_string(v.minor) + "." + std::to_string(v.patch);
}
}  // namespace lehr
#else
namespace lehr {
std::string onednn_version() { return {}; }
}  // namespace lehr
#endif
