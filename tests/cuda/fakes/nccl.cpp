// A libnccl.so.2 that says it is version 2.28.9.
extern "C" int ncclGetVersion(int* version) {
  *version = 22809;
  return 0;
}
