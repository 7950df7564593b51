// off_limits.h: memory that is held and must not be touched now: guards around operands, and of a plan's arena all that the running operation
// did not name. Seen where somebody watches every access, reads too: by the executor, and on a CPU by AddressSanitizer. Elsewhere all of this does
// nothing.
#pragma once

#include <cstddef>

namespace lehr {

class Backend;

/// Whether anybody would notice.
bool watched(const Backend& backend);

/// From here on in the order of the backend's stream; recorded with what is recorded, and no node of it. Copies between host and device count
/// as accesses. Memory that is released forgets all of it.
void put_off_limits(Backend& backend, const void* begin, std::size_t bytes);
void permit(Backend& backend, const void* begin, std::size_t bytes);

}  // namespace lehr
