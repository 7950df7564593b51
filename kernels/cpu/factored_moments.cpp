#include "kernels/factored_moments.h"

#include <cmath>

#include "kernels/cpu/element.h"

namespace lehr {
namespace {

constexpr std::int64_t column_block = 64;

class MeansOfRowsAndColumns final : public FactoredMoments {
 public:
  MeansOfRowsAndColumns(const Cpu& cpu, const FactoredMomentsSpec& spec) : cpu_(cpu), s_(spec) {}
  void run(View gradient, View moments, const StepRow* table, const StepCounters* counters, Stream&) override {
    const StepRow row = table[counters->cursor];
    if (counters->stop != 0 || row.apply == 0) return;
    auto *g = gradient.as<float>(), *m = moments.as<float>();
    if (!s_.factored) return vector(g, m, row.a);
    float *r = m, *c = m + s_.matrices * s_.rows;
    for_chunks(cpu_, s_.matrices * s_.rows, row_chunk(s_.columns), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) row_mean(g + i * s_.columns, r[i], row.a);
    });
    for (std::int64_t k = 0; k < s_.matrices; ++k)
      for_chunks(cpu_, s_.columns, column_block, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
        column_means(g + k * s_.rows * s_.columns, c + k * s_.columns, begin, end, row.a);
      });
    for (std::int64_t k = 0; k < s_.matrices; ++k) {
      double mean = 0;
      for (std::int64_t i = 0; i < s_.rows; ++i) mean += static_cast<double>(r[k * s_.rows + i]);
      mean /= static_cast<double>(s_.rows);
      for_chunks(cpu_, s_.rows, row_chunk(s_.columns), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
          divide(g + (k * s_.rows + i) * s_.columns, c + k * s_.columns,
                 static_cast<float>(static_cast<double>(r[k * s_.rows + i]) / mean));
      });
    }
  }

 private:
  void vector(float* g, float* v, float b) const {
    for_chunks(cpu_, s_.matrices * s_.rows * s_.columns, element_chunk, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        v[i] = b * v[i] + (1 - b) * (g[i] * g[i] + s_.epsilon);
        g[i] /= std::sqrt(v[i]);
      }
    });
  }
  void row_mean(const float* g, float& r, float b) const {
    double sum = 0;
    for (std::int64_t j = 0; j < s_.columns; ++j) sum += static_cast<double>(g[j] * g[j] + s_.epsilon);
    r = b * r + (1 - b) * static_cast<float>(sum / static_cast<double>(s_.columns));
  }
  void column_means(const float* g, float* c, std::int64_t begin, std::int64_t end, float b) const {
    double sum[column_block] = {};
    for (std::int64_t i = 0; i < s_.rows; ++i)
      for (std::int64_t j = begin; j < end; ++j) {
        const float v = g[i * s_.columns + j];
        sum[j - begin] += static_cast<double>(v * v + s_.epsilon);
      }
    for (std::int64_t j = begin; j < end; ++j)
      c[j] = b * c[j] + (1 - b) * static_cast<float>(sum[j - begin] / static_cast<double>(s_.rows));
  }
  void divide(float* g, const float* c, float share) const {
    for (std::int64_t j = 0; j < s_.columns; ++j) g[j] /= std::sqrt(share * c[j]);
  }

  const Cpu& cpu_;
  FactoredMomentsSpec s_;
};

}  // namespace

std::unique_ptr<FactoredMoments> make_on(Cpu& cpu, const FactoredMomentsSpec& spec) {
  return std::make_unique<MeansOfRowsAndColumns>(cpu, spec);
}

}  // namespace lehr
