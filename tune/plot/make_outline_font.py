"""Writes tune/plot/outline_font_data.cpp: the outlines of DejaVu Sans and DejaVu Sans Bold for the signs that figures use.
usage: make_outline_font.py OUT.cpp   (needs fontTools and Debian's fonts-dejavu-core)"""
import sys
from fontTools.ttLib import TTFont
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.basePen import decomposeQuadraticSegment

FOLDER = "/usr/share/fonts/truetype/dejavu/"
SIGNS = [chr(c) for c in range(32, 127)] + list("°±²³µ·×ßäöüÄÖÜàáâãåæçèéêëìíîïñòóôõøùúûýÿÀÁÂÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕØÙÚÛÝąćčďęěğıłńňőřśşšťůűźżžŁŞŠŽ–—…←→−≈≤≥✓✗")
UNITS = 2048

def glyph(font, sign):
    """advance and a program: 0 = move x y, 1 = line x y, 2 = quadratic cx cy x y"""
    cmap, glyphs = font.getBestCmap(), font.getGlyphSet()
    if ord(sign) not in cmap:
        return None
    g = glyphs[cmap[ord(sign)]]
    pen = DecomposingRecordingPen(glyphs)
    g.draw(pen)
    out, at = [], (0, 0)
    for op, points in pen.value:
        if op == "moveTo":
            out += [0, *points[0]]; at = points[0]
        elif op == "lineTo":
            out += [1, *points[0]]; at = points[0]
        elif op == "qCurveTo":
            if points[-1] is None:  # a contour without a point on the curve
                first = points[0]; last = points[-2]
                start = ((first[0] + last[0]) / 2, (first[1] + last[1]) / 2)
                out += [0, *start]; points = points[:-1] + (start,)
            for c, p in decomposeQuadraticSegment(points):
                out += [2, *c, *p]; at = p
    return round(g.width), [round(v) for v in out]

def table(name, file, signs):
    font = TTFont(FOLDER + file)
    assert font["head"].unitsPerEm == UNITS
    index, program = [], []
    for sign in sorted(set(signs)):
        found = glyph(font, sign)
        if found is None:
            continue
        index.append(f"{{{ord(sign)}, {found[0]}, {len(program)}, {len(found[1])}}}")
        program += found[1]
    def wrapped(items):
        lines, line = [], ""
        for i in items:
            if len(line) + len(i) + 1 > 136:
                lines.append(line); line = ""
            line += i + ","
        return "\n".join(lines + [line])
    return (f"constexpr std::array<Glyph, {len(index)}> {name}_index{{{{\n{wrapped(index)}\n}}}};\n"
            f"constexpr std::array<std::int16_t, {len(program)}> {name}_program{{{{\n{wrapped([str(v) for v in program])}\n}}}};\n")

text = '''// outline_font_data.cpp: made by tune/plot/make_outline_font.py; do not edit.
// Outlines of DejaVu Sans and DejaVu Sans Bold 2.37. Copyright (c) 2003 by Bitstream, Inc. All Rights Reserved. Bitstream Vera is a
// trademark of Bitstream, Inc. DejaVu changes are in public domain.
// Permission is hereby granted, free of charge, to any person obtaining a copy
// of the fonts accompanying this license ("Fonts") and associated
// documentation files (the "Font Software"), to reproduce and distribute the
// Font Software, including without limitation the rights to use, copy, merge,
// publish, distribute, and/or sell copies of the Font Software, and to permit
// persons to whom the Font Software is furnished to do so, subject to the
// following conditions:
//
// The above copyright and trademark notices and this permission notice shall
// be included in all copies of one or more of the Font Software typefaces.
//
// The Font Software may be modified, altered, or added to, and in particular
// the designs of glyphs or characters in the Fonts may be modified and
// additional glyphs or characters may be added to the Fonts, only if the fonts
// are renamed to names not containing either the words "Bitstream" or the word
// "Vera".
//
// This License becomes null and void to the extent applicable to Fonts or Font
// Software that has been modified and is distributed under the "Bitstream
// Vera" names.
//
// The Font Software may be sold as part of a larger software package but no
// copy of one or more of the Font Software typefaces may be sold by itself.
//
// THE FONT SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS
// OR IMPLIED, INCLUDING BUT NOT LIMITED TO ANY WARRANTIES OF MERCHANTABILITY,
// FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT OF COPYRIGHT, PATENT,
// TRADEMARK, OR OTHER RIGHT. IN NO EVENT SHALL BITSTREAM OR THE GNOME
// FOUNDATION BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, INCLUDING
// ANY GENERAL, SPECIAL, INDIRECT, INCIDENTAL, OR CONSEQUENTIAL DAMAGES,
// WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF
// THE USE OR INABILITY TO USE THE FONT SOFTWARE OR FROM OTHER DEALINGS IN THE
// FONT SOFTWARE.
//
// Except as contained in this notice, the names of Gnome, the Gnome
// Foundation, and Bitstream Inc., shall not be used in advertising or
// otherwise to promote the sale, use or other dealings in this Font Software
// without prior written authorization from the Gnome Foundation or Bitstream
// Inc., respectively. For further information, contact: fonts at gnome dot
// org.
#include "tune/plot/outline_font_data.h"

#include <array>

// clang-format off
namespace lehr::plot {

namespace {
''' + table("regular", "DejaVuSans.ttf", SIGNS) + table("bold", "DejaVuSans-Bold.ttf", SIGNS[:95]) + '''}  // namespace

OutlineFont regular_font() { return {regular_index, regular_program}; }
OutlineFont bold_font() { return {bold_index, bold_program}; }

}  // namespace lehr::plot
'''
open(sys.argv[1], "w").write(text)
