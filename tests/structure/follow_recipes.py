#!/usr/bin/env python3
"""follow_recipes.py [--build FOLDER]: the pages of docs/recipes/ are true.

A page's steps are lines that end in a colon, each followed by a code block:
    `path`, new:               the block is that file
    `path`, after `line`:      the block goes behind the one line that has these words, or with "before" in front of it
Without --build every step must fit the tree: new files are new, lines are there once. With it, all steps of all pages are done in a copy of
the tree under FOLDER, which is then built and tested: the new kernel, layer, optimizer, callback, oracle and experiment must pass what those here
pass. The flags are those of `make test`, so that ccache knows most files already.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
STEP = re.compile(r"^`(?P<path>[\w./-]+)`, (?:new|(?P<side>after|before) `(?P<anchor>[^`\n]+)`):\n\n```\w*\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
TARGETS = ["test_kernels", "test_simt", "test_layers", "test_optim", "test_tune", "lehr"]
CHECKS = "^(structure|kernels|layers|optim|commands)$"
TUNE_CASES = ("callbacks: each one of the catalogue*", "every oracle*")


def steps(page):
    found = list(STEP.finditer(page.read_text(encoding="utf-8")))
    if not found:
        sys.exit(f"{page.name} has no step that could be followed")
    return found


def follow(page, tree, do):
    """The violations of a page; with `do` its steps are done in the tree."""
    for step in steps(page):
        path, anchor = tree / step["path"], step["anchor"]
        if anchor is None:
            if path.exists():
                yield f"{page.name}: {step['path']} is no new file"
            elif do:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(step["code"], encoding="utf-8")
            continue
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        at = [number for number, line in enumerate(lines) if anchor in line]
        if len(at) != 1:
            yield f"{page.name}: {step['path']} has {len(at)} lines with {anchor!r}"
        elif do:
            lines.insert(at[0] + (step["side"] == "after"), step["code"])
            path.write_text("".join(lines), encoding="utf-8")


def ran(program, case):
    """A doctest case, by its name: it is there and passes. Without the first, a name that nothing has would pass."""
    print("$", program, case, flush=True)
    done = subprocess.run([program, "--no-colors=true", f"--test-case={case}"], capture_output=True, text=True)
    passed = done.returncode == 0 and re.search(r"test cases:\s+1 \|\s+1 passed", done.stdout) is not None
    if not passed:
        print(done.stdout, done.stderr, sep="\n")
    return passed


def check(tree, pages):
    """Builds and tests the tree in which the pages have been followed."""
    binary = tree / "build/release"
    environment = {**os.environ, "CCACHE_BASEDIR": str(tree), "CCACHE_NOHASHDIR": "1"}

    def run(*command):
        print("$", " ".join(map(str, command)), flush=True)
        return subprocess.run(command, cwd=tree, env=environment).returncode == 0

    texts = [page.read_text(encoding="utf-8") for page in pages]
    families = [name for text in texts for name in re.findall(r'TEST_CASE\("(families: \w+)"\)', text)]
    names = [name for text in texts for name in re.findall(r'\.name = "(\d[\w.-]+)"', text)]
    return (
        run("cmake", "--preset", "release")
        and run("cmake", "--build", binary, "--target", *TARGETS)
        and run("ctest", "--test-dir", binary, "-R", CHECKS, "--output-on-failure", "--no-tests=error")
        and all(ran(binary / "tests/simt/test_simt", name) for name in families)
        and all(ran(binary / "tests/test_tune", name) for name in TUNE_CASES)
        and (not names or run(sys.executable, "-B", tree / "tests/structure/experiments_smoke.py", binary / "lehr", *names))
    )


def build(folder, pages):
    tree = pathlib.Path(folder).resolve() / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns("build", "runs", ".git", "__pycache__", ".cache"))
    wrong = [line for page in pages for line in follow(page, tree, do=True)]
    if wrong:
        return wrong
    if not check(tree, pages):
        return ["following the recipes gives a tree that does not build or does not pass"]
    shutil.rmtree(tree)
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", help="follow them in a copy of the tree under this folder")
    parser.add_argument("--page", action="append", help="only docs/recipes/PAGE.md")
    options = parser.parse_args()
    pages = sorted(ROOT.glob("docs/recipes/*.md"))
    pages = [page for page in pages if not options.page or page.stem in options.page]
    missing = [] if options.page else [name for name in ("kernel", "layer", "optimizer", "callback", "oracle", "experiment") if name not in [page.stem for page in pages]]
    wrong = [f"docs/recipes/{name}.md is missing" for name in missing]
    wrong += build(options.build, pages) if options.build else [line for page in pages for line in follow(page, ROOT, do=False)]
    print("\n".join(wrong) if wrong else f"{len(pages)} recipes can be followed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
