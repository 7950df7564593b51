// evaluation.h: what Model keeps ready to evaluate a data set again and again: nothing moves from one time to the next, so that recorded steps
// are replayed.
#pragma once

#include <memory>

#include "tune/model.h"
#include "tune/row_feed.h"

namespace lehr {

struct PreparedEvaluation {
  std::int64_t rows = 0, batch = 0;
  StepForm form = {};
  RowLabels labels = {};
  std::unique_ptr<RowFeed> feed = {};
  Buffer predicted = {};       ///< ids [rows] i32; empty for one output
  Buffer outputs = {};         ///< [rows, ...] f32, for class metrics; else empty
  ClassTruth truth = {};       ///< their labels
  std::size_t plan_bytes = 0;  ///< of the plans for whole and ragged batches
};

}  // namespace lehr
