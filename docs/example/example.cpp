// What this machine's processor brings: the smallest program on top of lehr.
#include <kernels/cpu.h>

#include <iostream>

int main() {
  const lehr::Cpu cpu;
  const lehr::CpuFeatures features = lehr::cpu_features();
  std::cout << cpu.name() << '\n'
            << "AVX2 " << features.avx2 << ", AVX-512 " << features.avx512 << ", AVX-512 bf16 " << features.avx512_bf16 << ", AMX bf16 "
            << features.amx_bf16 << '\n';
}
