// matmul.h: matmul.h's product by our own kernels: any problem, any processor.
#pragma once

#include "kernels/cpu.h"
#include "kernels/matmul.h"

namespace lehr::ours {

std::unique_ptr<Matmul> make_matmul(const Cpu& cpu, const MatmulSpec& spec);

}  // namespace lehr::ours
