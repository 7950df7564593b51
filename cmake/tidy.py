#!/usr/bin/env python3
"""clang-tidy over every source file that a configured build knows, each once; what was clean and has not changed since is not looked at again.

usage: tidy.py BUILD_FOLDER [--jobs N] [--together N] [--clang-tidy PROGRAM] [FILE...]
Most of clang-tidy's time goes into headers of the standard library, which each source reaches anew: 12 of the 14 s of a file here. So sources of
one folder and one command line are read as one text, up to N (12) of them, where none defines a name that another defines. A source with
findings, or one that another's names disturb, is looked at alone. What reading together cannot see: a using-declaration that only a neighbour uses.
Nothing is compiled: commands come from BUILD_FOLDER/compile_commands.json. BUILD_FOLDER/clean/ has an empty file for each source that was clean,
named by a digest of its command, its text, every header of the tree that it reaches, .clang-tidy, this script and the program's version. Ends
with 1 where anything was found.
"""
import argparse, concurrent.futures, functools, hashlib, json, os, pathlib, re, shlex, subprocess, sys, time

import read_together

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


@functools.cache
def text_of(path): return path.read_bytes()


@functools.cache
def included(path):
    """Headers of the tree that a file names: from the root, or beside itself."""
    found = []
    for name in INCLUDE.findall(text_of(path)):
        for candidate in (ROOT / name.decode(), path.parent / name.decode()):
            if candidate.is_file():
                found.append(candidate.resolve())
                break
    return found


def reached(path):
    seen, waiting = {path}, [path]
    while waiting:
        for header in included(waiting.pop()):
            if header not in seen:
                seen.add(header)
                waiting.append(header)
    return sorted(seen)


def commands(build):
    """{source: arguments}. Of files that are compiled twice the plain build counts, of .cu files the one by the host's compiler."""
    found = {}
    for entry in json.loads((build / 'compile_commands.json').read_text()):
        path, arguments = pathlib.Path(entry['file']).resolve(), shlex.split(entry['command'])
        if build in path.parents or ROOT not in path.parents or os.path.basename(arguments[0]) == 'nvcc': continue
        for_simt = '-DLEHR_SIMT' in arguments
        if path not in found or not for_simt: found[path] = arguments
    return found


def digest(path, arguments, common):
    key = hashlib.sha256(common)
    key.update('\0'.join(a.replace(str(ROOT), '') for a in arguments).encode())
    for file in reached(path): key.update(f'\0{file.relative_to(ROOT)}\0'.encode() + text_of(file))
    return key.hexdigest()


def host_headers(build, compiler):
    """clang-tidy reads GCC's command lines. GCC's omp.h is the one header it would miss, and GCC's folder as a whole would shadow clang's own."""
    omp = subprocess.run([compiler, '-print-file-name=include/omp.h'], capture_output=True, text=True, check=True).stdout.strip()
    folder = build / 'gcc'
    folder.mkdir(exist_ok=True)
    (folder / 'omp.h').write_text(pathlib.Path(omp).read_text().replace('__malloc__ (omp_free)', '__malloc__'))  # GCC's own form
    return folder


def groups(paths, sources, together):
    """Lists of sources that can be read as one: of one command but for names of files, one folder and kind, and no name twice."""
    alike = {}
    for path in sorted(paths): alike.setdefault((path.suffix, *(a for a in sources[path] if not a.endswith((path.name, path.name + '.o')))), []).append(path)
    return [members for paths in alike.values() for members in read_together.groups(paths, together)]


def as_one(members, build):
    """A text of several sources, and the line after which each begins."""
    folder = build / 'together'
    folder.mkdir(exist_ok=True)
    joined = folder / f'{hashlib.sha256(str(members).encode()).hexdigest()[:16]}{members[0].suffix}'
    begins, lines = [], []
    for path in members:
        begins.append(len(lines))
        lines += path.read_text().splitlines()
    joined.write_text('\n'.join(lines) + '\n')
    return joined, begins


def found_in(output, joined, members, begins):
    """The members that errors in the joined text lie in; all of them where an error lies in none."""
    errors = [line for line in output.splitlines() if ' error: ' in line]
    places = [re.match(re.escape(str(joined)) + r':(\d+):', line) for line in errors]
    if not all(places): return set(members)
    return {members[max(i for i, begin in enumerate(begins) if begin < int(place[1]))] for place in places}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build', type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--together', type=int, default=12)
    parser.add_argument('--clang-tidy', default='clang-tidy-19')
    parser.add_argument('files', nargs='*', type=lambda p: pathlib.Path(p).resolve())
    options = parser.parse_intermixed_args()
    sources = commands(options.build)
    if unknown := [f for f in options.files if f not in sources]: sys.exit(f'not compiled by this build: {", ".join(map(str, unknown))}')
    version = subprocess.run([options.clang_tidy, '--version'], capture_output=True, check=True).stdout
    common = version + (ROOT / '.clang-tidy').read_bytes() + pathlib.Path(__file__).read_bytes()
    headers = host_headers(options.build, next(iter(sources.values()))[0])
    clean = options.build / 'clean'
    clean.mkdir(exist_ok=True)
    keys = {path: digest(path, sources[path], common) for path in options.files or sorted(sources)}
    waiting = [path for path, key in keys.items() if not (clean / key).exists()]
    print(f'clang-tidy: {len(waiting)} of {len(keys)} files, {options.jobs} at a time; the others are as they were when they were clean', flush=True)

    def tidy(path, arguments, *more):
        # Compiler warnings are GCC's business.
        return subprocess.run([options.clang_tidy, '--quiet', '--warnings-as-errors=*', f'--extra-arg=-isystem{headers}', '--extra-arg=-Wno-everything',
                               '--extra-arg-before=--driver-mode=g++', *more, str(path), '--', *arguments[1:]], cwd=options.build, capture_output=True, text=True)

    def clean_together(members):
        """Those of the sources that have nothing to be found, as far as one look at all of them tells; the others are to be looked at alone."""
        while len(members) > 1:
            joined, begins = as_one(members, options.build)
            arguments = [str(joined) if a == str(members[0]) else a for a in sources[members[0]]] + ['-iquote', str(members[0].parent)]
            errors = tidy(joined, arguments, '--checks=-*,misc-static-assert').stdout  # is it C++ at all, read as one?
            if 'clang-diagnostic-error' not in errors:
                return set(members) - found_in(tidy(joined, arguments).stdout, joined, members, begins)
            members = [path for path in members if path not in (found_in(errors, joined, members, begins) or members)]
        return set()

    def look(members):
        """[(source, what was found, or '')] and seconds."""
        began, spotless = time.monotonic(), clean_together(members)
        rows = [(path, '') for path in members if path in spotless]
        for path in members:
            if path in spotless: continue
            done = tidy(path, sources[path])
            rows.append((path, '' if done.returncode == 0 else done.stdout or done.stderr))
        for path, text in rows:
            if not text: (clean / keys[path]).touch()
        return rows, time.monotonic() - began

    began, found = time.monotonic(), 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        looked = 0
        for rows, seconds in pool.map(look, groups(waiting, sources, options.together)):
            looked += len(rows)
            print(f'[{looked}/{len(waiting)}] {", ".join(str(path.relative_to(ROOT)) for path, _ in rows)} {seconds:.1f} s', flush=True)
            for _, text in rows:
                if not text: continue
                found += 1
                print(text.replace(f'{ROOT}/', ''), flush=True)
    for stale in {p.name for p in clean.iterdir()} - set(keys.values()) if not options.files else (): (clean / stale).unlink()
    print(f'clang-tidy: {found} of {len(keys)} files with findings, {time.monotonic() - began:.0f} s')
    sys.exit(1 if found else 0)


if __name__ == '__main__': main()
