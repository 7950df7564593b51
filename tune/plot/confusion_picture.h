// confusion_picture.h: the confusion matrix as a heat map, each row coloured by its share.
#pragma once

#include <span>
#include <string>

#include "tune/confusion.h"
#include "tune/plot/figure.h"

namespace lehr::plot {

Figure confusion_picture(const ConfusionMatrix& matrix, std::span<const std::string> names, const std::string& title);

}  // namespace lehr::plot
