// A libcudnn.so.9 of the right version without the functions that lehr calls.
#include <cstddef>

extern "C" std::size_t cudnnGetVersion() { return 91900; }
