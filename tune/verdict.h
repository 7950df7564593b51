// verdict.h: what a training run amounts to, in one of a fixed list of words, judged from its numbers alone.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "tune/history.h"

namespace lehr {

enum class VerdictKind { still_improving, plateau_reached, too_slow, overfitting, unstable, collapsed };

/// What the history itself does not hold. Unknown numbers are NaN or 0 and are not used.
/// The history's optional column `val_classes` is the number of classes predicted on the validation set in that epoch.
struct VerdictEvidence {
  std::int64_t classes = 0;                                               ///< 0: not a classification
  double largest_class_share = std::numeric_limits<double>::quiet_NaN();  ///< of the set judged; accuracy of always naming that class
  double class_entropy = std::numeric_limits<double>::quiet_NaN();        ///< of the training labels, in nats; at most ln(classes)
};

struct Verdict {
  VerdictKind kind = VerdictKind::still_improving;
  std::int64_t epoch = -1;       ///< from 0; since when (overfitting, unstable, collapsed)
  std::int64_t more_epochs = 0;  ///< too_slow: about how many more it would take
  std::string words = {};        ///< "overfitting since epoch 13": epochs count from 1
  std::string evidence = {};     ///< one sentence with the numbers
  std::string text() const { return evidence.empty() ? words : words + ": " + evidence; }
};

Verdict verdict(const History& history, const VerdictEvidence& evidence = {});
std::string_view name_of(VerdictKind kind);  ///< "still improving", …

}  // namespace lehr
