"""cmake/tidy.py looks at a file again when it, a header that it reaches or its command has changed, and at each file once."""
import json, pathlib, sys, tempfile, unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'cmake'))
import tidy


class Tidy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        self.build = self.root / 'build'
        self.build.mkdir()
        root, tidy.ROOT = tidy.ROOT, self.root
        self.addCleanup(setattr, tidy, 'ROOT', root)
        for name, text in {'a.cpp': '#include "h/a.h"\n', 'k.cu': '', 'h/a.h': '#include "b.h"\n#include <vector>\n', 'h/b.h': '', 'h/c.h': ''}.items(): self.write(name, text)

    def write(self, name, text):
        (self.root / name).parent.mkdir(exist_ok=True)
        (self.root / name).write_text(text)
        for cached in (tidy.text_of, tidy.included): cached.cache_clear()

    def key(self, *arguments): return tidy.digest(self.root / 'a.cpp', ['c++', *arguments], b'')

    def test_digest(self):
        begin = self.key()
        self.write('h/c.h', '// nobody includes it')
        self.assertEqual(self.key(), begin)
        self.write('h/b.h', '// through another header')
        through = self.key()
        self.assertNotEqual(through, begin)
        self.assertNotEqual(self.key('-DX'), through)
        self.write('a.cpp', '#include "h/a.h"\n\n')
        self.assertNotEqual(self.key(), through)

    def test_each_file_once(self):
        rows = [('a.cpp', 'c++ -DLEHR_SIMT -c a.cpp'), ('a.cpp', 'c++ -c a.cpp'), ('k.cu', '/x/nvcc -c k.cu'), ('k.cu', 'c++ -DLEHR_SIMT -x c++ -c k.cu'), ('build/g.cpp', 'c++ -c g.cpp')]
        (self.build / 'compile_commands.json').write_text(json.dumps([{'file': str(self.root / file), 'command': command} for file, command in rows]))
        found = tidy.commands(self.build)
        self.assertEqual(sorted(path.name for path in found), ['a.cpp', 'k.cu'])
        self.assertNotIn('-DLEHR_SIMT', found[self.root / 'a.cpp'])
        self.assertEqual(found[self.root / 'k.cu'][0], 'c++')


if __name__ == '__main__': unittest.main()
