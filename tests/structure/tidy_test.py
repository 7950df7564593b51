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
        return self.root / name

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

    def test_read_together(self):
        texts = {'x/a.cpp': 'struct Row {\n};\nint f(int x) { return x; }\n', 'x/b.cpp': 'int f(double x) {\n  return 1;\n}\n', 'x/c.cpp': 'struct Row final {};\n',
                 'x/d.cpp': 'int f(int y) { return y; }\n', 'y/e.cpp': '\n', 'x/f.cu': '\n', 'x/g.cpp': '\n'}
        for name, text in texts.items(): self.write(name, text)
        sources = {self.root / name: ['c++', '-DG' if name == 'x/g.cpp' else '-O1', str(self.root / name)] for name in texts}
        found = [[path.name for path in members] for members in tidy.groups(list(sources), sources, 12)]
        self.assertEqual(found, [['a.cpp', 'b.cpp'], ['c.cpp', 'd.cpp'], ['e.cpp'], ['f.cu'], ['g.cpp']])
        self.assertEqual(len(tidy.groups(list(sources), sources, 1)), len(sources))

    def test_found_in(self):
        members = [self.write('x/a.cpp', 'one\ntwo\n'), self.write('x/b.cpp', 'three\n')]
        joined, begins = tidy.as_one(members, self.build)
        self.assertEqual(joined.read_text(), 'one\ntwo\nthree\n')
        look = lambda line: tidy.found_in(f'{joined}:{line}:1: error: x [y]\n  text\n', joined, members, begins)
        self.assertEqual([look(1), look(2), look(3)], [{members[0]}, {members[0]}, {members[1]}])
        self.assertEqual(tidy.found_in('h.h:1:1: error: x [y]', joined, members, begins), set(members))
        self.assertEqual(tidy.found_in('', joined, members, begins), set())


if __name__ == '__main__': unittest.main()
