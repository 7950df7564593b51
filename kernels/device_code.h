// device_code.h: marks functions that nvcc compiles for both host and device; nothing for other compilers.
#pragma once

#ifdef __CUDACC__
#define LEHR_HD __host__ __device__
#else
#define LEHR_HD
#endif
