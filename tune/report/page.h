// page.h: what every HTML report is made of. Pages need no network: the style stands in them, pictures are SVG.
#pragma once

#include <string>

#include "tune/plot/figure.h"

namespace lehr {

std::string page_begin(const std::string& title);  ///< up to the heading; the page ends with </body></html>
std::string html_text(const std::string& text);    ///< & < > " as entities
std::string cell(const std::string& text, bool number);
/// A figure narrow enough to read on a phone: its panels stand under each other there, so each is a picture of its own.
std::string panels(const plot::Figure& figure);

}  // namespace lehr
