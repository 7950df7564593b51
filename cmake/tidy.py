#!/usr/bin/env python3
"""clang-tidy over every source file that a configured build knows, each once; what was clean and has not changed since is not looked at again.

usage: tidy.py BUILD_FOLDER [--jobs N] [--clang-tidy PROGRAM] [FILE...]
Nothing is compiled: commands come from BUILD_FOLDER/compile_commands.json. BUILD_FOLDER/clean/ has an empty file for each source that was clean,
named by a digest of its command, its text, every header of the tree that it reaches, .clang-tidy, this script and the program's version. Ends
with 1 where anything was found.
"""
import argparse, concurrent.futures, functools, hashlib, json, os, pathlib, re, shlex, subprocess, sys, time

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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build', type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
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

    def look(path):
        began = time.monotonic()
        # Compiler warnings are GCC's business.
        done = subprocess.run([options.clang_tidy, '--quiet', '--warnings-as-errors=*', f'--extra-arg=-isystem{headers}', '--extra-arg=-Wno-everything',
                               '--extra-arg-before=--driver-mode=g++', str(path), '--', *sources[path][1:]], cwd=options.build, capture_output=True, text=True)
        if done.returncode == 0: (clean / keys[path]).touch()
        return path, done, time.monotonic() - began

    began, found = time.monotonic(), 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for i, (path, done, seconds) in enumerate(pool.map(look, waiting), 1):
            name = path.relative_to(ROOT)
            print(f'[{i}/{len(waiting)}] {name} {seconds:.1f} s', flush=True)
            if done.returncode != 0:
                found += 1
                print((done.stdout or done.stderr).replace(f'{ROOT}/', ''), flush=True)
    for stale in {p.name for p in clean.iterdir()} - set(keys.values()) if not options.files else (): (clean / stale).unlink()
    print(f'clang-tidy: {found} of {len(keys)} files with findings, {time.monotonic() - began:.0f} s')
    sys.exit(1 if found else 0)


if __name__ == '__main__': main()
