// study_figures.h: a study in pictures: what it found when, which values decide, what its rounds did, what a model of it believes.
#pragma once

#include <string>
#include <vector>

#include "tune/plot/figure.h"
#include "tune/study/importance.h"
#include "tune/study/worker.h"

namespace lehr {

struct StudyFigure {
  std::string name = {};     ///< of a file: history, curves, rounds, importance, parallel, slices, contour, surrogate, pareto
  std::string caption = {};  ///< what to read in it
  plot::Figure figure = {};
};

/// Those that the study has enough trials and values for, in the order of a page.
std::vector<StudyFigure> study_figures(const TuneResult& study);

plot::Figure history_figure(const TuneResult& study);   ///< every trial's result, and the best so far
plot::Figure curves_figure(const TuneResult& study);    ///< the objective after every epoch, by bracket, pruned ones grey
plot::Figure rounds_figure(const TuneResult& study);    ///< trials by bracket and round
plot::Figure parallel_figure(const TuneResult& study);  ///< the best trials darkest
plot::Figure importance_figure(const std::vector<Importance>& shares);
plot::Figure slices_figure(const TuneResult& study, const std::vector<Importance>& shares);  ///< result over each value
/// Of a Gaussian process fitted to all complete trials, the other values those of the best trial.
plot::Figure contour_figure(const TuneResult& study, const Hyperparameter& x, const Hyperparameter& y);
plot::Figure surrogate_figure(const TuneResult& study, const Hyperparameter& x);  ///< mean, two deviations, what promises most
plot::Figure pareto_figure(const TuneResult& study);

}  // namespace lehr
