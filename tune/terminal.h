// terminal.h: what the other end of a stream can show.
#pragma once

namespace lehr {

struct Terminal {
  bool interactive = false;  ///< a person watches: the cursor may move
  bool utf8 = true;          ///< bars and braille; ASCII where not
  bool color = false;        ///< escapes for colour; off under NO_COLOR and TERM=dumb
  int width = 80;            ///< columns
};

/// What file descriptor `fd` is, by isatty, the window's size, and LC_ALL, LC_CTYPE, LANG, TERM, NO_COLOR, COLUMNS.
Terminal terminal_of(int fd);

}  // namespace lehr
