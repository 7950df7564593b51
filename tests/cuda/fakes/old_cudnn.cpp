// A libcudnn.so.9 that says it is version 8.9.5.
#include <cstddef>

extern "C" std::size_t cudnnGetVersion() { return 8905; }
