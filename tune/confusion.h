// confusion.h: which class was taken for which, and what follows from it for each class.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lehr {

/// counts[truth * classes + predicted]
struct ConfusionMatrix {
  std::int64_t classes = 0;
  std::vector<std::int64_t> counts = {};

  std::int64_t at(std::int64_t truth, std::int64_t predicted) const {
    return counts[static_cast<std::size_t>(truth * classes + predicted)];
  }
  std::int64_t total() const;
  std::int64_t correct() const;
  std::int64_t predicted_classes() const;  ///< how many classes are predicted at all: 1 = collapsed
};

/// Error{data} where lengths differ or an id is outside [0, classes).
ConfusionMatrix confusion_matrix(std::span<const std::int32_t> truth, std::span<const std::int32_t> predicted, std::int64_t classes);

/// One class against the rest. A ratio over nothing is 0, as in scikit-learn.
struct ClassScores {
  std::int64_t id = 0;
  std::string name = {};
  std::int64_t support = 0;     ///< samples of this class
  double precision = 0.0;       ///< TP / (TP + FP)
  double sensitivity = 0.0;     ///< recall: TP / (TP + FN)
  double specificity = 0.0;     ///< TN / (TN + FP)
  double f1 = 0.0;              ///< 2 TP / (2 TP + FP + FN)
  std::int64_t taken_for = -1;  ///< the class it is most often mistaken for; -1: never mistaken
};

struct ClassReport {
  std::vector<ClassScores> classes = {};  ///< by id
  ClassScores macro = {};                 ///< plain means over the classes that occur (support > 0)
  double accuracy = 0.0;
};

/// Missing names become the ids.
ClassReport class_report(const ConfusionMatrix& matrix, std::span<const std::string> names = {});

/// For people: worst F1 first, at most `rows` classes (0: all), then the macro average. A row names what the class is taken for.
std::string report_table(const ClassReport& report, std::int64_t rows = 0);
std::string report_csv(const ClassReport& report);                                                  ///< id,name,support,precision,…
std::string confusion_csv(const ConfusionMatrix& matrix, std::span<const std::string> names = {});  ///< rows are the truth

}  // namespace lehr
