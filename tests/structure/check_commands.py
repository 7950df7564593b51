#!/usr/bin/env python3
"""check_commands.py LEHR: what is written about the command is true. One line a violation; exit 1 where there is any.

  contract  every command of the contract exists, or stands in the section "Not in this version yet" of the help
  missing   a command in that section says so and exits 2
  stale     a command or flag that apps/not_yet.cpp lists does not exist
  texts     a command line in README.md, CONTRIBUTING.md or docs/ names commands and flags that exist
"""
import pathlib
import re
import shlex
import subprocess
import sys

CONTRACT = """demo; experiment list; experiment show; experiment run; fit; evaluate; predict; summary; find-lr; schedule; replay; tune; worker;
cross-validate; auto; report; runs list; runs compare; lab; data list; data inspect; data make; data fetch; data split; data suspects; weights;
bench kernels; bench step; bench data; bench overhead; devices; help"""
MISSING = "Not in this version yet"
PLACEHOLDERS = ("-", "[", "…", "SUBCOMMAND", "NAME")
PROGRAM = re.compile(r"(?:\S*/)?lehr")
NOT_YET = re.compile(r'^ *Line\{"([^"]+)", "([^"]+)"\},', re.MULTILINE)


class Program:
    def __init__(self, lehr):
        self.lehr = lehr
        self.known = {}  # ("data", "make") -> (its flags, its commands, those that are missing)

    def help(self, path):
        if path not in self.known:
            text = subprocess.run([self.lehr, *path, "--help"], capture_output=True, text=True, check=True).stdout
            commands, missing, section = set(), set(), ""
            for line in text.splitlines():
                if line and not line.startswith(" "):
                    section = line.rstrip(":")
                elif entry := re.match(r"  ([a-z][\w-]*)\s", line + " "):
                    if section == "Subcommands":
                        commands.add(entry[1])
                    if section == MISSING:
                        missing.add(entry[1])
            self.known[path] = (set(re.findall(r"(?<![\w-])--[a-z][\w-]*", text)), commands, missing)
        return self.known[path]

    def follow(self, words):
        """The path that these words name, and the word where it ends in what is no command."""
        path = ()
        for word in words:
            _, commands, missing = self.help(path)
            if word in commands:
                path += (word,)
            elif (commands or missing) and not word.startswith(PLACEHOLDERS):
                return path, word
            else:
                break
        return path, None


def command_lines(text):
    """Lines of code blocks and pieces of inline code that begin with the program's name."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    for line in lines + re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)):
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            continue
        if words and PROGRAM.fullmatch(words[0]) and len(words) > 1:
            yield words[1:]


def violations(program, root):
    for entry in CONTRACT.replace("\n", " ").split(";"):
        words = tuple(entry.split())
        _, commands, missing = program.help(words[:-1])
        if words[-1] in missing:
            done = subprocess.run([program.lehr, *words, "--some", "flag"], capture_output=True, text=True)
            if done.returncode != 2 or "not in this version" not in done.stderr:
                yield f"missing: lehr {entry.strip()} exits {done.returncode}: {done.stderr.strip()}"
        elif words[-1] not in commands:
            yield f"contract: lehr {entry.strip()} is neither there nor among what is not in this version yet"
    not_yet = root / "apps/not_yet.cpp"
    for command, words in NOT_YET.findall(not_yet.read_text(encoding="utf-8")) if not_yet.exists() else []:
        path = tuple(command.split())
        flags, commands, _ = program.help(path if words.startswith("--") else path[:-1])
        if words in flags or (not words.startswith("--") and path[-1] in commands):
            yield f"stale: lehr {command}{' ' + words if words in flags else ''} exists, and apps/not_yet.cpp lists it"
    for path in [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").rglob("*.md"))]:
        for words in command_lines(path.read_text(encoding="utf-8")) if path.exists() else []:
            where, unknown = program.follow(words)
            if unknown:
                yield f"texts: {path.relative_to(root)} speaks of lehr {' '.join((*where, unknown))}"
            flags = program.help(where)[0]
            for word in words:
                if word.startswith("--") and word.split("=")[0] not in flags:
                    yield f"texts: {path.relative_to(root)} speaks of lehr {' '.join(where)} {word}"


def main():
    found = list(violations(Program(sys.argv[1]), pathlib.Path(__file__).resolve().parents[2]))
    print("\n".join(found) if found else "commands are as they are written about")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
