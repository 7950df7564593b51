// data_spec.h: what a person may name as data. Each is a plain spec; load.h reads them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "engine/spec/fields.h"

namespace lehr {

struct FashionMnist {
  static constexpr SpecInfo info{.name = "fashion_mnist",
                                 .class_name = "FashionMnist",
                                 .summary = "70,000 grey 28x28 pictures of clothes, 10 classes (four IDX.gz files)"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
  friend bool operator==(const FashionMnist&, const FashionMnist&) = default;
};

struct Mnist {
  static constexpr SpecInfo info{
      .name = "mnist", .class_name = "Mnist", .summary = "70,000 handwritten digits, 28x28 (IDX.gz files or mnist.npz)"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
  friend bool operator==(const Mnist&, const Mnist&) = default;
};

struct Cifar10 {
  static constexpr SpecInfo info{
      .name = "cifar10",
      .class_name = "Cifar10",
      .summary = "60,000 color 32x32 photographs, 10 classes (binary or Python batches, a zip or class folders)"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
  friend bool operator==(const Cifar10&, const Cifar10&) = default;
};

struct Digits {
  static constexpr SpecInfo info{
      .name = "digits", .class_name = "Digits", .summary = "1,797 real handwritten digits, 8x8, bundled (UCI, CC BY 4.0)"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
  friend bool operator==(const Digits&, const Digits&) = default;
};

struct Faces {
  static constexpr SpecInfo info{
      .name = "faces",
      .class_name = "Faces",
      .summary = "people drawn by the program: features, pose, light, expression; class sizes as unequal as LFW's"};
  int people = 62;
  int per_person = 82;  ///< mean: 62 people make about 5,100 images, as many as the lecture had
  int size = 100;
  std::int64_t seed = 0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("people", self.people, "number of classes");
    f("per_person", self.per_person, "images of a person, on average");
    f("size", self.size, "height and width in pixels");
    f("seed", self.seed, "which people and which pictures of them");
  }
  friend bool operator==(const Faces&, const Faces&) = default;
};

struct Arrays {
  static constexpr SpecInfo info{
      .name = "arrays", .class_name = "Arrays", .summary = "two .npy files: samples and labels; weights of the samples in a third"};
  Required<std::string> x = {};
  std::string y = {};
  std::string sample_weight = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("x", self.x, "file of samples [n, ...]: uint8 images or floats");
    f("y", self.y, "file of labels: ids [n], one-hot rows or targets [n, k]");
    f("sample_weight", self.sample_weight, "file of numbers [n]: how much each sample counts in the loss and in weighted metrics");
  }
  friend bool operator==(const Arrays&, const Arrays&) = default;
};

struct CsvData {
  static constexpr SpecInfo info{.name = "csv", .class_name = "Csv", .summary = "a table: one row a sample, one column the label"};
  Required<std::string> file = {};
  std::string label = {};          ///< column name, or its number from 0; the last column where empty
  std::string encode = "onehot";   ///< words: onehot | ordinal
  std::string missing = "median";  ///< empty cells: median | mean | most_frequent | drop | error
  std::string scale = "standard";  ///< numbers: standard | minmax | robust | none
  std::string sample_weight = {};  ///< column name or number, as label; none where empty
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("file", self.file, "the table; its first line names the columns");
    f("label", self.label, "the label's column; the last one where not given");
    f("encode", self.encode, "columns of words: onehot or ordinal; by the words of the training part");
    f("missing", self.missing, "empty cells: median, mean or most_frequent of the training part (words: most_frequent), drop or error");
    f("scale", self.scale, "columns of numbers: standard, minmax or robust, by the training part; or none");
    f("sample_weight", self.sample_weight, "the column that says how much each row counts in the loss and in weighted metrics");
  }
  friend bool operator==(const CsvData&, const CsvData&) = default;
};

/// A folder, a zip, an .npz or an .npy: which of them is decided by what is there.
struct DataPath {
  static constexpr SpecInfo info{.name = "path", .class_name = "Path", .summary = "a folder of images, archive.zip or set.npz"};
  Required<std::string> path = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("path", self.path, "the folder or file");
  }
  friend bool operator==(const DataPath&, const DataPath&) = default;
};

using DataSpec = std::variant<FashionMnist, Mnist, Cifar10, Digits, Faces, Arrays, CsvData, DataPath>;

}  // namespace lehr
