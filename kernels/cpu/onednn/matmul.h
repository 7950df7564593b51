// matmul.h: matmul.h's product by oneDNN. nullptr where oneDNN is absent or does not do the problem.
#pragma once

#include "kernels/matmul.h"

namespace lehr::onednn {

std::unique_ptr<Matmul> make_matmul(const MatmulSpec& spec);

}  // namespace lehr::onednn
