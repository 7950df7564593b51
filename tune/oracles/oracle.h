// oracle.h: what proposes the next trial. An oracle is a plain spec and one pure function of what is known:
//
//   struct RandomSearch { static constexpr SpecInfo info{…}; std::int64_t trials = 10; … fields … };
//   Answer propose(const RandomSearch&, const Question&);
//
// It keeps nothing: the same trials and seed give the same answer, so resumed and parallel studies agree by construction.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <variant>

#include "engine/spec/catalogue.h"
#include "tune/study/trial.h"

namespace lehr {

struct Question {
  const Space& space;
  std::span<const Trial> trials;  ///< all of the study, by number
  std::vector<bool> maximize = {false};
  std::uint64_t seed = 0;
};

struct Proposal {
  Values values = {};
  Stage stage = {};
};
struct Wait {};  ///< running trials must end before more can be said
struct Exhausted {
  std::string why = {};  ///< "18 of 18 done"
};
using Answer = std::variant<Proposal, Wait, Exhausted>;

/// One line of the plan that is printed before a study starts.
struct PlannedRound {
  std::int64_t bracket = 0, round = 0, trials = 0, initial_epoch = 0, epochs = 0;
};
struct OraclePlan {
  std::optional<std::int64_t> trials = {};  ///< unset: it would go on for ever
  std::vector<PlannedRound> rounds = {};    ///< where it decides how long trials train
  std::int64_t epochs() const;              ///< trained by all rounds
};

/// Any oracle spec, by value.
class Oracle {
 public:
  template <SpecType T>
  Oracle(T spec) : held_(std::make_shared<Held<T>>(std::move(spec))) {}  // NOLINT(google-explicit-constructor)
  const SpecInfo& info() const { return held_->info(); }
  SpecValue text() const { return held_->text(); }
  Answer ask(const Question& question) const { return held_->ask(question); }
  OraclePlan plan(const Space& space) const { return held_->plan(space); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual const SpecInfo& info() const = 0;
    virtual SpecValue text() const = 0;
    virtual Answer ask(const Question&) const = 0;
    virtual OraclePlan plan(const Space&) const = 0;
  };
  template <class T>
  struct Held final : Base {
    explicit Held(T s) : spec(std::move(s)) {}
    const SpecInfo& info() const override { return T::info; }
    SpecValue text() const override { return to_spec(spec); }
    Answer ask(const Question& question) const override { return propose(spec, question); }
    OraclePlan plan(const Space& space) const override { return plan_of(spec, space); }
    T spec;
  };
  std::shared_ptr<const Base> held_;
};

const Catalogue<Oracle>& oracle_catalogue();

}  // namespace lehr
