"""Each rule of check_tree.py is broken on purpose in a folder of its own, and must be seen."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import check_tree


class CheckTree(unittest.TestCase):
    def found(self, **texts):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {"kernels/view.h": "#pragma once\n", "tune/model.h": "#pragma once\n", **texts}.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return [line for line in check_tree.violations(folder)]

    def expect(self, rule, name, text, **others):
        found = self.found(**{name: text}, **others)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{name}: {rule}:"), found)

    def test_a_tree_that_keeps_the_rules(self):
        self.assertEqual(self.found(**{"apps/main.cpp": '#include "tune/model.h"\n#include "kernels/view.h"\n'}), [])

    def test_every_forbidden_arrow(self):
        order = ["kernels", "engine", "layers", "weights", "optim", "tune", "apps"]
        for low, folder in enumerate(order):
            for high in order[low + 1:]:
                with self.subTest(folder=folder, includes=high):
                    self.expect("arrows", f"{folder}/a.cpp", f'#include "{high}/b.h"\n', **{f"{high}/b.h": "#pragma once\n"})

    def test_optim_and_weights_do_not_know_each_other(self):
        self.expect("arrows", "optim/a.cpp", '#include "weights/b.h"\n', **{"weights/b.h": "#pragma once\n"})

    def test_backends_do_not_know_each_other(self):
        self.expect("arrows", "kernels/cuda/a.cpp", '#include "kernels/cpu/b.h"\n', **{"kernels/cpu/b.h": "#pragma once\n"})

    def test_nothing_above_knows_a_backend(self):
        self.expect("arrows", "engine/a.cpp", '#include "kernels/cpu/b.h"\n', **{"kernels/cpu/b.h": "#pragma once\n"})

    def test_tests_follow_the_arrows(self):
        self.expect("arrows", "tests/kernels/a.cpp", '#include "tune/model.h"\n')

    def test_includes_count_from_the_root(self):
        self.expect("paths", "kernels/a.cpp", '#include "view.h"\n')
        self.expect("paths", "kernels/cpu/a.cpp", '#include "../view.h"\n')

    def test_heavy_header_in_a_header(self):
        self.expect("heavy", "engine/a.h", "#pragma once\n#include <nlohmann/json.hpp>\n")
        self.assertEqual(self.found(**{"engine/a.cpp": "#include <nlohmann/json.hpp>\n"}), [])

    def test_pragma_once(self):
        self.expect("once", "engine/a.h", "struct A {};\n")

    def test_places(self):
        self.expect("places", "docs/a.md", "see /" + "root/notes\n")
        self.expect("places", "README.md", "see /" + "work/notes\n")

    def test_promises(self):
        self.expect("promises", "engine/a.cpp", "// TO" + "DO later\n")

    def test_length(self):
        self.expect("length", "engine/a.cpp", "int a;\n" * 451)
        self.expect("length", "tests/a.py", "a = 1\n" * 451)
        self.assertEqual(self.found(**{"engine/a.cpp": "int a;\n" * 450, "engine/font_data.cpp": "0,\n" * 900, "docs/a.md": "a\n" * 900}), [])

    def test_umbrella(self):
        """A layer in a catalogue, its header, and an umbrella that reaches it by way of another header, or does not."""
        tree = {
            "layers/catalogue.cpp": '#include "layers/shift.h"\nC::entry<Shift>(), C::entry<zoo::Net>({"net"})\n',
            "layers/shift.h": "#pragma once\nstruct Shift {\n};\n",
            "layers/zoo/net.h": "#pragma once\nnamespace zoo {\nstruct Net {\n};\n}\n",
            "layers/all.h": '#pragma once\n#include "layers/shift.h"\n',
        }
        whole = '#pragma once\n#include "layers/all.h"\n#include "layers/zoo/net.h"\n'
        self.assertEqual(self.found(**{"tune/lehr.h": whole}, **tree), [])
        self.expect("umbrella", "tune/lehr.h", whole.replace("all.h", "zoo/net.h"), **tree)
        self.expect("umbrella", "tune/lehr.h", whole, **{**tree, "layers/catalogue.cpp": "C::entry<Nowhere>()\n"})
        self.expect("umbrella", "tune/lehr.h", whole, **tree, **{"layers/metrics.h": "#pragma once\n"})
        self.expect("umbrella", "tune/lehr.h", whole, **tree, **{"tune/callbacks/a.h": "#pragma once\nstruct A {};\n", "tune/callbacks/catalogue.cpp": "C::entry<A>()\n"})

    def test_a_header_that_needs_another_first(self):
        """What the target headers_alone compiles for every header: the header twice, and nothing before it."""
        compiler = shutil.which("c++") or shutil.which("g++")
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "whole.h").write_text("#pragma once\n#include <vector>\ninline std::vector<int> a;\n")
            pathlib.Path(folder, "needy.h").write_text("#pragma once\ninline std::vector<int> a;\n")
            for header, compiles in (("whole.h", True), ("needy.h", False)):
                alone = f'#include "{header}"\n#include "{header}"\n'
                done = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-I", folder, "-x", "c++", "-"], input=alone, capture_output=True, text=True)
                self.assertEqual(done.returncode == 0, compiles, done.stderr)


if __name__ == "__main__":
    unittest.main()
