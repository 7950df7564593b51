"""Each rule of check_commands.py is broken on purpose, with a small program that answers --help as CLI11 does."""
import os
import pathlib
import tempfile
import unittest

import check_commands

HELP = """usage
Options:
  -h,--help                   Print this help message and exit
  --version                   which

Subcommands:
{commands}
{missing}"""
FIT = """train
Options:
  --epochs INT=10             how often
"""


class CheckCommands(unittest.TestCase):
    def found(self, text="", without="", missing=True, exit_code=2, not_yet=""):
        present = {}
        for entry in check_commands.CONTRACT.replace("\n", " ").split(";"):
            first, *rest = entry.split()
            present.setdefault(first, []).extend(rest)
        present.pop(without, None)
        lacking = present.pop("tune")
        self.assertEqual(lacking, [])
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            top = HELP.format(commands="\n".join(f"  {name}   words" for name in present),
                              missing=f"{check_commands.MISSING}:\n  tune   words\n" if missing else "")
            (root / "help-").write_text(top)
            for name, inner in present.items():
                lines = "\n".join(f"  {word}   words" for word in inner)
                (root / f"help-{name}").write_text(FIT + (f"\nSubcommands:\n{lines}\n" if inner else ""))
                for word in inner:
                    (root / f"help-{name}-{word}").write_text(FIT)
            program = root / "lehr"
            program.write_text(f"""#!/bin/sh
if [ "$1" = tune ]; then echo "lehr tune: is not in this version yet" >&2; exit {exit_code}; fi
name=; for word in "$@"; do [ "$word" = --help ] || name="$name-$word"; done; cat {folder}/help-"${{name#-}}"
""")
            program.chmod(0o755)
            (root / "README.md").write_text(text)
            (root / "apps").mkdir()
            (root / "apps/not_yet.cpp").write_text("constexpr std::array lines{\n" + not_yet + "};\n")
            return list(check_commands.violations(check_commands.Program(os.fspath(program)), root))

    def test_what_is_true(self):
        self.assertEqual(self.found("```\nlehr fit --epochs 3  # train\nmake --nothing\n```\nand `lehr data make` or `lehr --version`\n"), [])

    def test_a_command_that_is_neither_there_nor_missing(self):
        self.assertEqual(len(self.found(without="devices")), 1)
        self.assertEqual(len(self.found(missing=False)), 1)

    def test_a_missing_command_that_does_not_say_so(self):
        self.assertEqual(len(self.found(exit_code=0)), 1)

    def test_what_exists_and_is_listed_as_missing(self):
        self.assertEqual(self.found(not_yet='    Line{"tune", "words"},\n    Line{"fit", "--exclude"},\n    Line{"data tidy", "words"},\n'), [])
        for line in ('Line{"fit", "words"}', 'Line{"data make", "words"}', 'Line{"fit", "--epochs"}', 'Line{"data make", "--epochs"}'):
            with self.subTest(line=line):
                found = self.found(not_yet=f"    {line},\n")
                self.assertEqual([text.split(":")[0] for text in found], ["stale"], found)

    def test_texts(self):
        for text in ("`lehr fitt`", "`lehr data mak`", "```\nbuild/release/lehr tune --epochs 3\n```", "`lehr fit --epoch 3`", "`lehr data make --epoch=3`", "`lehr --verbose`"):
            with self.subTest(text=text):
                self.assertEqual(len([line for line in self.found(text) if line.startswith("texts: README.md")]), 1 + text.count("tune"))


if __name__ == "__main__":
    unittest.main()
