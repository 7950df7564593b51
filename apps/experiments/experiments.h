// experiments.h: the lecture's experiments, by section. A new one is a file here and a line in list.cpp.
#pragma once

#include <vector>

#include "tune/experiment.h"

namespace lehr {

std::vector<Experiment> regularization();      // 15
std::vector<Experiment> transfer();            // 15
std::vector<Experiment> cifar_convnet();       // 16.1
std::vector<Experiment> descent_diagrams();    // 16.2
std::vector<Experiment> lfw_learning_rates();  // 16.2
std::vector<Experiment> lfw_callbacks();       // 16.3.1 to 16.3.3
std::vector<Experiment> lfw_schedules();       // 16.3.4
std::vector<Experiment> searches();            // 16.1, 16.5, 16.6
const std::vector<Experiment>& experiments();
const Experiment& find_experiment(const std::string& name);  ///< Error{usage} with the nearest names

}  // namespace lehr
