#include "engine/data/cifar_pickle.h"

#include <algorithm>
#include <map>
#include <memory>

#include "engine/data/byte_reader.h"

// Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py. Python 2's pickles use the BINSTRING ones, Python 3's the
// BINBYTES and FRAME ones.
namespace lehr {

namespace {

struct Value {
  enum class Kind { other, mark, number, bytes, list };
  Kind kind = Kind::other;
  std::int64_t number = 0;
  int depth = 0;  ///< of what is nested inside
  std::span<const std::byte> bytes = {};
  std::vector<Value> items = {};  ///< of a list, tuple or dictionary (key, value, key, value ...) or the parts of an object
};
using Pointer = std::shared_ptr<Value>;

class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& file) : in_(bytes, file) {}

  Value run() {
    while (true) {
      const auto opcode = in_.little<std::uint8_t>();
      if (opcode == '.') return *pop();
      if (!push_literal(opcode) && !change_stack(opcode))
        in_.fail("is no CIFAR batch", "plain lists, strings and an array", "pickle opcode " + std::to_string(opcode));
    }
  }

 private:
  void push(Value value) {
    for (const Value& item : value.items) grow(value, item);
    push_as_is(std::move(value));
  }
  void push_as_is(Value value) { stack_.push_back(std::make_shared<Value>(std::move(value))); }
  /// A batch nests four deep. Without a limit a few kilobytes could nest deeper than the call stack.
  void grow(Value& outer, const Value& inner) {
    outer.depth = std::max(outer.depth, inner.depth + 1);
    if (outer.depth > 12) in_.fail("its pickle is nested too deeply for a CIFAR batch");
  }
  void push_number(std::int64_t number) { push({.kind = Value::Kind::number, .number = number}); }
  void push_bytes(std::uint64_t size) { push({.kind = Value::Kind::bytes, .bytes = in_.take(size)}); }
  Pointer pop() {
    if (stack_.empty()) in_.fail("its pickle is damaged");
    Pointer top = std::move(stack_.back());
    stack_.pop_back();
    return top;
  }
  Pointer& top() {
    if (stack_.empty()) in_.fail("its pickle is damaged");
    return stack_.back();
  }
  std::vector<Value> pop_to_mark() {
    std::vector<Value> items;
    for (Pointer item = pop(); item->kind != Value::Kind::mark; item = pop()) items.push_back(*item);
    std::reverse(items.begin(), items.end());
    return items;
  }
  void tuple(std::size_t count) {
    Value value{.kind = Value::Kind::list};
    for (std::size_t i = 0; i < count; ++i) value.items.insert(value.items.begin(), *pop());
    push(std::move(value));
  }
  void append(std::vector<Value> items) {
    Value& to = *top();
    for (Value& item : items) {
      grow(to, item);
      to.items.push_back(std::move(item));
    }
  }
  void skip_line() {
    while (in_.little<std::uint8_t>() != '\n') {
    }
  }
  void remember(std::uint32_t id) { memo_[id] = top(); }
  void recall(std::uint32_t id) {
    const auto at = memo_.find(id);
    // Only leaves are used twice in a batch; lists in lists of themselves would double with every byte.
    if (at == memo_.end() || !at->second->items.empty()) in_.fail("its pickle is damaged");
    stack_.push_back(at->second);
  }

  bool push_literal(std::uint8_t opcode) {
    switch (opcode) {
      case 'K':
        push_number(in_.little<std::uint8_t>());
        return true;
      case 'M':
        push_number(in_.little<std::uint16_t>());
        return true;
      case 'J':
        push_number(in_.little<std::int32_t>());
        return true;
      case 'U':  // SHORT_BINSTRING, SHORT_BINBYTES, SHORT_BINUNICODE
      case 'C':
      case 0x8c:
        push_bytes(in_.little<std::uint8_t>());
        return true;
      case 'T':  // BINSTRING, BINBYTES, BINUNICODE
      case 'B':
      case 'X':
        push_bytes(in_.little<std::uint32_t>());
        return true;
      case 0x8e:  // BINBYTES8
        push_bytes(in_.little<std::uint64_t>());
        return true;
      case 'N':
      case 0x88:
      case 0x89:
        push({});
        return true;
      case '}':
      case ']':
      case ')':
        push({.kind = Value::Kind::list});
        return true;
      case '(':
        push({.kind = Value::Kind::mark});
        return true;
      default:
        return false;
    }
  }

  bool change_stack(std::uint8_t opcode) {
    switch (opcode) {
      case 0x80:  // PROTO
        in_.take(1);
        return true;
      case 0x95:  // FRAME
        in_.take(8);
        return true;
      case 'c':  // GLOBAL: the names of a module and of what is in it; not looked up
        skip_line();
        skip_line();
        push({});
        return true;
      case 0x93:  // STACK_GLOBAL
        pop();
        pop();
        push({});
        return true;
      case 'q':
        remember(in_.little<std::uint8_t>());
        return true;
      case 'r':
        remember(in_.little<std::uint32_t>());
        return true;
      case 0x94:
        remember(static_cast<std::uint32_t>(memo_.size()));
        return true;
      case 'h':
        recall(in_.little<std::uint8_t>());
        return true;
      case 'j':
        recall(in_.little<std::uint32_t>());
        return true;
      case 0x85:
      case 0x86:
      case 0x87:
        tuple(opcode - 0x84U);
        return true;
      case 't':
        push({.kind = Value::Kind::list, .items = pop_to_mark()});
        return true;
      case 'R':  // REDUCE: what would be called stays a list of its arguments
      case 'b':  // BUILD: and its state is one more
        return reduce();
      case 'a':
        append({*pop()});
        return true;
      case 's': {
        const Pointer value = pop(), key = pop();
        append({*key, *value});
        return true;
      }
      case 'e':
      case 'u':
        append(pop_to_mark());
        return true;
      default:
        return false;
    }
  }

  bool reduce() {
    const Pointer arguments = pop();
    const Pointer callee = pop();
    Value object{.kind = Value::Kind::list, .items = std::move(callee->items)};
    object.items.push_back(*arguments);
    push(std::move(object));
    return true;
  }

  ByteReader in_;
  std::vector<Pointer> stack_;
  std::map<std::uint32_t, Pointer> memo_;
};

std::string text(const Value& value) { return {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()}; }

/// The longest string anywhere below: of an array, its elements.
std::span<const std::byte> longest_bytes(const Value& value, int depth = 0) {
  std::span<const std::byte> best = value.bytes;
  if (depth < 8)
    for (const Value& item : value.items)
      if (const auto found = longest_bytes(item, depth + 1); found.size() > best.size()) best = found;
  return best;
}

}  // namespace

CifarBatch parse_cifar_pickle(std::span<const std::byte> bytes, const std::string& file) {
  const Value batch = Machine(bytes, file).run();
  CifarBatch out;
  for (std::size_t i = 0; i + 1 < batch.items.size(); i += 2) {
    const std::string key = text(batch.items[i]);
    const Value& value = batch.items[i + 1];
    if (key == "data") out.data = longest_bytes(value);
    if (key == "labels")
      for (const Value& label : value.items) out.labels.push_back(label.number);
  }
  if (out.data.empty() || out.labels.empty() || out.data.size() != out.labels.size() * 3072)
    throw Error({.category = Category::data,
                 .where = file,
                 .what = "is no CIFAR batch",
                 .expected = "data of 3072 bytes for each of its labels",
                 .got = std::to_string(out.data.size()) + " bytes and " + std::to_string(out.labels.size()) + " labels"});
  return out;
}

}  // namespace lehr
