// faces.h: people drawn by the program. A person is a set of parameters (shape of the face, skin, hair, eyes, brows, nose, mouth, glasses,
// beard); a picture of that person adds pose, light, expression, background, noise and now and then something in front of the face.
#pragma once

#include "engine/data/data_spec.h"
#include "engine/data/dataset.h"

namespace lehr {

/// Train, Validation and Test, 60/20/20 of every person. The same spec gives the same bytes.
DataSplits make_faces(const Faces& spec);

}  // namespace lehr
