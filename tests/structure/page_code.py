#!/usr/bin/env python3
"""page_code.py PAGE.md OUT.cpp: the ```cpp blocks of a page, one after the other, as one program; compiler errors name the page's lines."""
import pathlib
import sys


def code_of(text, name):
    out, inside = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            if not inside and line.strip() == "```cpp":
                out.append(f'#line {number + 1} "{name}"')
                inside = True
                continue
            inside = False
        elif inside:
            out.append(line)
    if not out:
        raise SystemExit(f"{name} has no ```cpp block")
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    page = pathlib.Path(sys.argv[1])
    pathlib.Path(sys.argv[2]).write_text(code_of(page.read_text(encoding="utf-8"), page.name), encoding="utf-8")
