#!/usr/bin/env python3
"""package_test.py PROGRAM: the tarball of cmake/package.sh is small, complete and relocatable, and docs/colab.md's cells run with it.

Every command runs without the environment's variables, and where this is root in a folder that holds nothing but the C library, a shell
and the package: a library that the package forgot is not found there. Exit code 77 (skipped) where patchelf is not installed.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What every Linux has: glibc, and for the shell lines a shell and its few friends.
TOOLS = ["bash", "tar", "xz", "ln", "ls", "gzip"]
GLIBC = re.compile(r"/(ld-linux[^/]*|lib(c|m|dl|pthread|rt|resolv)\.so[^/]*)$")


def fail(what):
    print("FAILED:", what)
    sys.exit(1)


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **more)
    if done.returncode != 0:
        fail(f"{command}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def libraries(path):
    listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
    return re.findall(r"(/[^ ]+) \(0x", listed)


def bare_root(folder):
    """A root file system with glibc and TOOLS, their libraries in a folder that only they search."""
    aside = folder / "tools"
    for tool in TOOLS:
        path = shutil.which(tool)
        real = folder / "bin" / tool
        real.parent.mkdir(parents=True, exist_ok=True)
        aside.mkdir(exist_ok=True)
        shutil.copy(os.path.realpath(path), real)
        for library in libraries(path):
            if GLIBC.search(library):
                place = folder / library.lstrip("/")
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(os.path.realpath(library), place)
            else:
                shutil.copy(os.path.realpath(library), aside / os.path.basename(library))
        run(["patchelf", "--force-rpath", "--set-rpath", "/tools", str(real)])  # and for the libraries of its libraries
    for name in ("libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2"):  # glibc's, which a tool may not have asked for
        source = pathlib.Path("/lib/x86_64-linux-gnu") / name
        place = folder / "lib/x86_64-linux-gnu" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.realpath(source), place)
    for name in ("proc", "tmp", "dev", "sys"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "bin/sh").symlink_to("bash")


class Place:
    """Where commands run: a chroot for root who may mount, else this machine with an empty environment."""

    def __init__(self, folder):
        (folder / "proc").mkdir(parents=True)
        mounts = subprocess.run(["mount", "--bind", "/proc", folder / "proc"], capture_output=True, check=False).returncode == 0
        if mounts:
            run(["umount", str(folder / "proc")])
        self.root = folder if mounts else None
        self.home = folder / "notebook"
        if self.root:
            bare_root(folder)
        self.home.mkdir(parents=True)

    def __enter__(self):
        if self.root:  # the loader asks /proc/self/exe where the program lies
            run(["mount", "--bind", "/proc", str(self.root / "proc")])
        return self

    def __exit__(self, *_):
        if self.root:
            run(["umount", str(self.root / "proc")])

    def shell(self, line):
        environment = {"PATH": "/bin" if self.root else "/usr/bin:/bin", "HOME": "/notebook" if self.root else str(self.home)}
        prefix = ["chroot", str(self.root), "/bin/bash", "-c", "cd /notebook; " + line] if self.root else ["bash", "-c", line]
        return run(prefix, env=environment | ({"PATH": "/bin:/usr/sbin"} if self.root else {}), cwd=self.home)


def shell_lines(page):
    """The lines of a page's cells that a notebook gives to a shell."""
    lines = [line[1:] for block in re.findall(r"^```\n(.*?)^```", page, re.M | re.S) for line in block.splitlines() if line.startswith("!")]
    cells = len(re.findall(r"^```\n", page, re.M)) // 2
    return cells, lines


def in_a_notebook(place, tarball):
    """The cells of docs/colab.md, one after the other, and what they leave."""
    shutil.copy(tarball, place.home)
    cells, lines = shell_lines((ROOT / "docs/colab.md").read_text(encoding="utf-8"))
    if cells != 3 or len(lines) < 4:
        fail(f"docs/colab.md: {cells} cells with {len(lines)} shell lines")
    for line in lines:
        out = place.shell(line)
        print("$", line, "\n" + out[-400:])
    run_folder = place.home / "runs/first"
    for file in ("config.toml", "history.csv", "curves.png", "last.weights.*"):
        if not list(run_folder.glob(file)):
            fail(f"cell 2 left no {file}")
    # Moved elsewhere it runs as well.
    shutil.move(next(place.home.glob("lehr-*-linux-*/")), place.home / "else where")
    if not place.shell("'else where/bin/lehr' --version").startswith("lehr "):
        fail("moved")


def main():
    program = os.path.abspath(sys.argv[1])
    if shutil.which("patchelf") is None:
        print("skipped: patchelf is not installed (cmake/install-packages.sh package)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        print(run([str(ROOT / "cmake/package.sh"), program, str(folder / "out")]).strip())
        (tarball,) = (folder / "out").iterdir()
        if tarball.stat().st_size >= 50_000_000:
            fail(f"{tarball.stat().st_size} bytes")
        with Place(folder / "machine") as place:
            in_a_notebook(place, tarball)
    print("package: holds what it needs, runs where it is unpacked, the three cells of docs/colab.md run")


if __name__ == "__main__":
    main()
