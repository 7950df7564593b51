// face_canvas.h: antialiased shapes, one over the other, in coordinates that turn, shear and scale with the face.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/data/face_person.h"

namespace lehr {

class FaceCanvas {
 public:
  /// pixel = center + size / view * shear(rotate(scale * face)); `view` face units fill the picture.
  FaceCanvas(int size, float view, const Scene& scene)
      : size_(size), pixels_(static_cast<std::size_t>(size) * static_cast<std::size_t>(size)) {
    const float unit = static_cast<float>(size) / view * scene.scale;
    const float c = std::cos(scene.rotation), s = std::sin(scene.rotation);
    m_[0] = unit * c;
    m_[1] = unit * (scene.shear * c - s);
    m_[2] = unit * s;
    m_[3] = unit * (scene.shear * s + c);
    if (scene.mirrored) {
      m_[0] = -m_[0];
      m_[2] = -m_[2];
    }
    x0_ = static_cast<float>(size) * (0.5F + scene.shift_x / view);
    y0_ = static_cast<float>(size) * (0.5F + scene.shift_y / view);
    const float det = m_[0] * m_[3] - m_[1] * m_[2];
    inverse_[0] = m_[3] / det;
    inverse_[1] = -m_[1] / det;
    inverse_[2] = -m_[2] / det;
    inverse_[3] = m_[0] / det;
    sharpness_ = std::sqrt(std::abs(det));
  }

  int size() const { return size_; }
  std::vector<Rgb>& pixels() { return pixels_; }
  /// Where the middle of pixel (column, row) lies in the face.
  void to_face(int column, int row, float& x, float& y) const {
    const float dx = static_cast<float>(column) + 0.5F - x0_, dy = static_cast<float>(row) + 0.5F - y0_;
    x = inverse_[0] * dx + inverse_[1] * dy;
    y = inverse_[2] * dx + inverse_[3] * dy;
  }

  struct Box {
    float left, top, right, bottom;
  };
  /// `distance(x, y)` is negative inside, in face units; the edge is one pixel wide.
  template <class Distance>
  void paint(Box box, Rgb color, float opacity, const Distance& distance) {
    paint_textured(box, color, opacity, distance, [](float, float) { return 1.0F; });
  }
  /// `brightness(x, y)` multiplies the color.
  template <class Distance, class Brightness>
  void paint_textured(Box box, Rgb color, float opacity, const Distance& distance, const Brightness& brightness) {
    int left = size_, top = size_, right = 0, bottom = 0;
    for (const float x : {box.left, box.right})
      for (const float y : {box.top, box.bottom}) {
        const float column = x0_ + m_[0] * x + m_[1] * y, row = y0_ + m_[2] * x + m_[3] * y;
        left = std::min(left, static_cast<int>(std::floor(column)) - 1);
        right = std::max(right, static_cast<int>(std::ceil(column)) + 1);
        top = std::min(top, static_cast<int>(std::floor(row)) - 1);
        bottom = std::max(bottom, static_cast<int>(std::ceil(row)) + 1);
      }
    for (int row = std::max(top, 0); row < std::min(bottom, size_); ++row)
      for (int column = std::max(left, 0); column < std::min(right, size_); ++column) {
        float x = 0, y = 0;
        to_face(column, row, x, y);
        const float cover = std::clamp(0.5F - distance(x, y) * sharpness_, 0.0F, 1.0F) * opacity;
        if (cover <= 0) continue;
        Rgb& p = pixels_[static_cast<std::size_t>(row) * static_cast<std::size_t>(size_) + static_cast<std::size_t>(column)];
        const float level = brightness(x, y);
        p.r += (color.r * level - p.r) * cover;
        p.g += (color.g * level - p.g) * cover;
        p.b += (color.b * level - p.b) * cover;
      }
  }

  void ellipse(float x, float y, float rx, float ry, Rgb color, float opacity = 1, float angle = 0) {
    const float c = std::cos(angle), s = std::sin(angle), reach = std::max(rx, ry);
    paint({x - reach, y - reach, x + reach, y + reach}, color, opacity, [=](float px, float py) {
      const float u = (px - x) * c + (py - y) * s, v = (py - y) * c - (px - x) * s;
      return (std::sqrt(u * u / (rx * rx) + v * v / (ry * ry)) - 1) * std::min(rx, ry);
    });
  }
  void box(float x, float y, float half_width, float half_height, Rgb color, float opacity = 1, float angle = 0) {
    const float c = std::cos(angle), s = std::sin(angle), reach = half_width + half_height;
    paint({x - reach, y - reach, x + reach, y + reach}, color, opacity, [=](float px, float py) {
      const float u = (px - x) * c + (py - y) * s, v = (py - y) * c - (px - x) * s;
      return std::max(std::abs(u) - half_width, std::abs(v) - half_height);
    });
  }
  void ring(float x, float y, float rx, float ry, float thickness, bool square, Rgb color) {
    const float reach = std::max(rx, ry) + thickness;
    paint({x - reach, y - reach, x + reach, y + reach}, color, 1, [=](float px, float py) {
      const float u = std::abs(px - x), v = std::abs(py - y);
      const float outline = square ? std::max(u - rx, v - ry) : (std::sqrt(u * u / (rx * rx) + v * v / (ry * ry)) - 1) * std::min(rx, ry);
      return std::abs(outline) - thickness;
    });
  }

 private:
  int size_;
  float m_[4] = {}, inverse_[4] = {}, x0_ = 0, y0_ = 0, sharpness_ = 1;
  std::vector<Rgb> pixels_;
};

}  // namespace lehr
