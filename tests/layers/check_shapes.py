#!/usr/bin/env python3
"""Three rules about classes, read from the C++ under include/ and src/.

1. A class has one source: no x_part.cpp beside x.hpp defines a method of a class of x.hpp.
2. A class has at most three booleans of state (`bool name_` or `std::atomic<bool> name_`, not constant): use an enum with named states.
   The plain structs of values, whose members have no underscore, are no state.
3. No class is a friend of another unit's. A unit is x.hpp and x.cpp.

Usage: check_shapes.py ROOT          exits with 1 and names each violation
       check_shapes.py --self-test   exits with 1 unless exactly the violations of a bad tree are reported
"""
import os
import re
import sys
import tempfile

from cpp_text import code

BOOLEANS_MAX = 3
SCOPE = re.compile(r"(?:(?:public|private|protected)\s*:\s*)*(class|struct|union)\s+(?:\[\[.*?\]\]\s*|alignas\s*\(.*?\)\s*)*"
                   r"([A-Za-z_]\w*(?:::\w+)*)[^()]*$", re.S)
NAMESPACE = re.compile(r"(?:inline\s+)?namespace\b[\w\s:]*$|extern\s*\"\"\s*$")
BOOLEAN = re.compile(r"(?:(?:public|private|protected)\s*:\s*)*(?:mutable\s+|volatile\s+)*"
                     r"(?:bool|(?:std\s*::\s*)?atomic\s*<\s*bool\s*>|(?:std\s*::\s*)?atomic_bool)\s+(\w+_\b.*)", re.S)
CONTINUES = re.compile(r"\s*[;,.()?+\-*/&|<>=]")
FRIEND = re.compile(r"\bfriend\s+(?:class|struct)\s+([\w:]+)\s*;")
METHOD = re.compile(r"^(?:[A-Za-z_][\w:<>,&*\s\[\]()]*?[\s&*])?((?:\w+::)+)(?:~?\w+|operator[^\w\s]*)\s*\(", re.M)


def without_templates(text):
    """Without `template <..>`, whose parameters look like classes."""
    while match := re.search(r"\btemplate\s*<", text):
        depth, end = 1, match.end()
        while depth and end < len(text):
            depth += {"<": 1, ">": -1}.get(text[end], 0)
            end += 1
        text = text[:match.start()] + re.sub(r"[^\n]", " ", text[match.start():end]) + text[end:]
    return text


class Class:
    def __init__(self, name, line):
        self.name, self.line, self.booleans = name, line, []


def booleans_in(statement):
    match = BOOLEAN.fullmatch(statement.strip())
    if not match:
        return []
    declared = re.sub(r"\{.*?\}|\(.*?\)", "", match[1], flags=re.S)
    return re.findall(r"(?:^|,)\s*(\w+_)\b", declared)


def classes_of(text):
    """Every class that the code defines, nested ones named with their own name only."""
    text, found, scopes, start = without_templates(code(text)), [], [], 0
    for match in re.finditer(r"[{};]", text):
        mark, statement = match[0], text[start:match.start()]
        if mark == "{":
            head = SCOPE.match(statement.strip())
            if head:
                scopes.append(Class(head[2].split("::")[-1], text.count("\n", 0, match.start()) + 1))
                found.append(scopes[-1])
                start = match.end()
            else:
                scopes.append(None if NAMESPACE.match(statement.strip()) else start)
                start = match.end()
        elif mark == "}":
            before = scopes.pop() if scopes else None
            # An initializer in braces belongs to the statement around it; a body ends one.
            initializer = isinstance(before, int) and CONTINUES.match(text, match.end())
            start = before if initializer else match.end()
        else:
            if scopes and isinstance(scopes[-1], Class):
                scopes[-1].booleans += booleans_in(statement)
            start = match.end()
    return found


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def header_of(root, path):
    """The header of a source, in its folder or among the public ones; a header is its own. None if there is none."""
    if path.endswith(".hpp"):
        return path
    layer, name = os.path.split(os.path.relpath(path.removesuffix(".cpp") + ".hpp", "src"))
    places = (os.path.join("src", layer, name), os.path.join("include", "microframe", layer, name), os.path.join("include", "microframe", name))
    return next((place for place in places if os.path.exists(os.path.join(root, place))), None)


def unit_files(root, path):
    header = header_of(root, path) or path
    source = path if path.endswith(".cpp") else path.removesuffix(".hpp") + ".cpp"
    return [os.path.join(root, file) for file in {header, source} if os.path.exists(os.path.join(root, file))]


def check_methods(root, path, text):
    folder, name = os.path.split(path.removesuffix(".cpp"))
    parts = name.split("_")
    for count in range(1, len(parts)):
        header = header_of(root, os.path.join(folder, "_".join(parts[:count]) + ".cpp"))
        if not header:
            continue
        theirs = {each.name for each in classes_of(read(os.path.join(root, header)))}
        stripped = without_templates(code(text))
        for match in METHOD.finditer(stripped):
            owners = theirs & set(match[1].split("::"))
            if owners:
                yield line_of(stripped, match.start(1)), f"defines a method of {sorted(owners)[0]}, a class of {header}"
                break


def check_file(root, path):
    text = read(os.path.join(root, path))
    for each in classes_of(text):
        if len(each.booleans) > BOOLEANS_MAX:
            yield each.line, f"{each.name} has {len(each.booleans)} booleans of state: {', '.join(each.booleans)}"
    stripped = code(text)
    friends = list(FRIEND.finditer(stripped))
    if friends:
        ours = {each.name for file in unit_files(root, path) for each in classes_of(read(file))}
        for match in friends:
            if match[1].split("::")[-1] not in ours:
                yield line_of(stripped, match.start()), f"{match[1]}, a class of another unit, is a friend"
    if path.endswith(".cpp"):
        yield from check_methods(root, path, text)


def check_tree(root):
    problems = []
    for top in ("include", "src"):
        for folder, _, names in sorted(os.walk(os.path.join(root, top))):
            for name in sorted(names):
                if name.endswith((".hpp", ".cpp")):
                    path = os.path.relpath(os.path.join(folder, name), root)
                    problems += [(path, *problem) for problem in check_file(root, path)]
    return problems


# Every line that ends in BAD must be reported, and no other.
BAD = "  // bad"
TREE = {
    "src/ws/door.hpp": f"""namespace ws {{
class Door : public Wall<bool> {{{BAD}
  friend class Guest;{BAD}
  friend class Hinge;
  friend struct Lock;
  class Hinge {{}};
  bool open_ = false;
  bool locked_{{false}}, bolted_{{true}};
  std::atomic<bool> watched_{{false}};
  void knock() {{ bool hard_ = true; }}
}};
class Window {{
  bool is_open() const {{ return open_; }}
  bool open_ = false;
  static constexpr bool clear_ = true;
  const bool wide_;
  bool& shared_;
  // bool a_; bool b_;
  struct Frame {{
    bool old_ = false;
    bool wooden_ = false;
  }};
  mutable bool dusty_ : 1;
  bool cracked_;
}};
struct Options {{
  bool a = false;
  bool b, c, d;
  std::function<void()> done = [] {{}};
}};
template <class T, class U = List<T>>
class Gate {{{BAD}
  template <class F> void each(F f) {{ bool x_; bool y_; bool z_; bool w_; }}
  bool a_; bool b_;
 private:
  bool c_ = X{{1}}.y;
  std::atomic_bool d_;
}};
enum class Colour : bool {{ red, blue }};
}}
""",
    "src/ws/door.cpp": "namespace ws {\nclass Lock {};\nvoid Door::knock() {}\n}\n",
    "src/ws/door_paint.cpp": f"namespace ws {{\nvoid Paint::dry() {{}}\nstd::vector<int> Door::colours() const {{{BAD}\n  return Door::all();\n}}\n}}\n",
    "src/ws/door_bell.hpp": "class Bell {};\n",
    "src/ws/door_bell.cpp": 'Bell::Bell() { Door::ring("Door::x()"); }\nint Bell::ring(Door::Colour colour) {}\n',
    "include/microframe/ws/window_box.hpp": "struct Box { struct Soil { void dig(); }; };\n",
    "src/ws/window_box_soil.cpp": f"int x;\nvoid Box::Soil::dig() {{}}{BAD}\n",
}


def self_test():
    with tempfile.TemporaryDirectory() as root:
        for path, text in TREE.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        reported = {(path, number) for path, number, _ in check_tree(root)}
    bad = {(path, number) for path, text in TREE.items() for number, line in enumerate(text.split("\n"), 1) if line.endswith(BAD)}
    return [(*place, "not reported") for place in sorted(bad - reported)] + \
           [(*place, "reported, but correct") for place in sorted(reported - bad)]


def main():
    problems = self_test() if sys.argv[1:] == ["--self-test"] else check_tree(sys.argv[1])
    for path, line, problem in problems:
        print(f"{path}:{line}: {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
