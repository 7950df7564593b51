#!/usr/bin/env python3
"""Which C++ sources can be read as one text: those of one folder that define no name twice. Headers, most of what a compiler or clang-tidy reads
of a source here, are then read once for all of them.

usage: read_together.py N FILE...: a line `group|file` for each file, up to N files a group; what stands alone is left out
"""
import functools, pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TYPE = re.compile(r'^(?:template\s*<.*>\s*)?(?:struct|class|union|enum(?: class)?)\s+(\w+)|^using\s+(\w+)\s*=|^#\s*define\s+(\w+)')
FUNCTION = re.compile(r'^(?!\s|namespace|using|extern|template|[A-Z_]+\()(?:[\w:<&*,>\[\] ]*[ *&>])?(\w+)(\(.*)')
VALUE = re.compile(r'^(?!\s|namespace|using|extern)[\w:<][\w:<&*,>\[\] ]*[ *&>](\w+)\s*(?:\[|=|;|\{)')
MORE_VALUES = re.compile(r', (\w+) = ')


@functools.cache
def types_of_headers():
    return {name for header in ROOT.rglob('*.h') if 'build' not in header.parts for kind in map(TYPE.match, header.read_text().splitlines()) if kind
            for name in kind.groups() if name}


def defined(text):
    """What a source defines at the left margin, where everything in a namespace stands: two sources that share one of these are not read together.
    Functions that others may call count with their parameters' types, as overloads do; those of the source alone by name. A type of the source
    alone that is named as one of a header hides it from its neighbours: None, it is read alone."""
    found, alone = set(), False
    for line in text.splitlines():
        if line.startswith('namespace {'): alone = True
        elif line.startswith('}  // namespace') and len(line) < 17: alone = False
        elif kind := TYPE.match(line):
            found.add(name := next(filter(None, kind.groups())))
            if alone and name in types_of_headers(): return None
        elif function := FUNCTION.match(line):
            found.add(function[1] if alone else function[1] + re.sub(r'\s*\w+(?=[,)])| = [^,)]*', '', function[2].split('{')[0]))
        elif value := VALUE.match(line): found.update([value[1], *MORE_VALUES.findall(line)])
    return found


def groups(paths, together):
    found, open_groups = [], {}
    for path in sorted(paths):
        names = defined(path.read_text())
        candidates = open_groups.setdefault(path.parent, [])
        for members, taken in candidates:
            if names is not None and len(members) < together and not names & taken:
                members.append(path)
                taken |= names
                break
        else:
            found.append([path])
            if names is not None: candidates.append((found[-1], names))
    return found


if __name__ == '__main__':
    for i, members in enumerate(groups([pathlib.Path(name) for name in sys.argv[2:]], int(sys.argv[1]))):
        for path in members:
            if len(members) > 1: print(f'{members[0].parent.name}_{i}|{path}')
