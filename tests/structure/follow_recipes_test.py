"""What follow_recipes.py must not let pass: pages that do not fit, cases that are not there, builds and tests that fail."""
import os
import pathlib
import tempfile
import unittest
from unittest import mock

import follow_recipes

PAGE = "# Words\n\n`a/new.h`, new:\n\n```cpp\nint a;\n```\n\n`a/list.cpp`, after `first`:\n\n```cpp\nsecond,\n```\n\n`a/list.cpp`, before `first`:\n\n```cpp\nzeroth,\n```\n"
LIST = "begin\nfirst,\nend\n"
SUMMARY = "[doctest] test cases: {} | {} passed | {} failed | 7 skipped"


class FollowRecipes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "a").mkdir()
        (self.root / "a/list.cpp").write_text(LIST)
        self.page = self.root / "page.md"
        self.page.write_text(PAGE)

    def follow(self, do=False):
        return list(follow_recipes.follow(self.page, self.root, do))

    def program(self, name, text):
        path = self.root / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path

    def test_steps_are_done(self):
        self.assertEqual(self.follow(), [])
        self.assertEqual((self.root / "a/list.cpp").read_text(), LIST)
        self.assertEqual(self.follow(do=True), [])
        self.assertEqual((self.root / "a/list.cpp").read_text(), "begin\nzeroth,\nfirst,\nsecond,\nend\n")
        self.assertEqual((self.root / "a/new.h").read_text(), "int a;\n")

    def test_a_page_that_no_longer_fits(self):
        for name, text, wrong in (("list.cpp", "begin\nend\n", 2), ("list.cpp", LIST + "first,\n", 2), ("new.h", "", 1)):
            with self.subTest(name=name, text=text):
                self.setUp()
                (self.root / "a" / name).write_text(text)
                self.assertEqual(len(self.follow()), wrong)
        (self.root / "a/list.cpp").unlink()
        self.assertEqual(len(self.follow()), 3)

    def test_a_page_without_steps(self):
        self.page.write_text(PAGE.replace("`, ", "` "))
        with self.assertRaises(SystemExit):
            self.follow()

    def test_a_case_that_is_not_there_or_fails(self):
        for cases, code, passed in ((SUMMARY.format(1, 1, 0), 0, True), (SUMMARY.format(0, 0, 0), 0, False), (SUMMARY.format(1, 0, 1), 1, False)):
            with self.subTest(cases=cases), mock.patch("builtins.print"):
                program = self.program("test_a", f"echo '{cases}'; exit {code}\n")
                self.assertEqual(follow_recipes.ran(program, "name"), passed)

    def test_a_step_of_the_build_that_fails(self):
        tree = self.root / "tree"
        for folder in ("tests/structure", "build/release/tests"):
            (tree / folder).mkdir(parents=True)
        (tree / "tests/structure/experiments_smoke.py").write_text("import sys\nsys.exit(sys.argv[2:] != ['9-ok'])\n")
        self.page.write_text(PAGE + '.name = "9-ok"\n')
        (self.root / "bin").mkdir()
        path = {"PATH": f"{self.root / 'bin'}:{os.environ['PATH']}"}

        def checked(failing):
            self.program("bin/cmake", f"case \"$*\" in {failing}) exit 1;; esac\n")
            self.program("bin/ctest", f"case ctest in {failing}) exit 1;; esac\n")
            self.program("tree/build/release/tests/test_tune", f"case test_tune in {failing}) exit 1;; esac\necho '{SUMMARY.format(1, 1, 0)}'\n")
            with mock.patch.dict(os.environ, path), mock.patch("builtins.print"):
                return follow_recipes.check(tree, [self.page])

        self.assertTrue(checked("nothing"))
        for failing in ("--preset*", "--build*", "ctest", "test_tune"):
            with self.subTest(failing=failing):
                self.assertFalse(checked(failing))
        self.page.write_text(PAGE + '.name = "9-broken"\n')
        self.assertFalse(checked("nothing"))


if __name__ == "__main__":
    unittest.main()
