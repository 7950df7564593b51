// curves.h: the lecture's plot_accuracy_loss: ACCURACY | LOSS, training blue, validation red, dashed grey grid, epochs from 1.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tune/history.h"
#include "tune/plot/figure.h"

namespace lehr::plot {

/// The best epoch (lowest val_loss, else lowest loss) is marked in both panels. Without accuracy there is one panel.
Figure curves(const History& history, const std::string& title);
void write_curves(const History& history, const std::filesystem::path& svg, const std::filesystem::path& png, const std::string& title);

/// Several runs in one picture, a colour each: validation accuracy | validation loss (training where there is no validation).
Figure overlay(const std::vector<std::pair<std::string, History>>& runs, const std::string& title);

}  // namespace lehr::plot
