// lfw.h: from the public archive of Labeled Faces in the Wild to a folder in the lecture's layout.
#pragma once

#include <cstdint>
#include <string>

namespace lehr {

struct LfwOptions {
  int min_images = 20;  ///< people with fewer are left out: 62 remain
  int crop = 0;         ///< side of the centre square kept (140 of 250 leaves the face); 0: the whole image
  std::uint64_t seed = 0;
};

struct LfwSummary {
  std::int64_t people = 0, train = 0, validation = 0, test = 0;
};

/// lfw.tgz: lfw/First_Last/First_Last_0001.jpg ... Parts 60/20/20 of every person. Also writes {train,val,test}_sources.csv.
LfwSummary make_lfw62(const std::string& archive, const std::string& folder, const LfwOptions& options = {});

}  // namespace lehr
