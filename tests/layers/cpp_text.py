"""C++ source as text: code without comments, and comments without code. For the checks of this folder."""
import re

# A string must be known to be one, because it may hold what looks like a comment.
TOKEN = re.compile(r"""
    (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<literal>R"(?P<mark>[^()\s\\]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+')
""", re.X | re.S)


def comments(text):
    """Yields (line number, whether only the comment is on its line, text) for each line of each comment."""
    for match in TOKEN.finditer(text):
        if match["comment"] is None:
            continue
        start = text.rfind("\n", 0, match.start()) + 1
        number = text.count("\n", 0, match.start()) + 1
        alone = not text[start:match.start()].strip()
        for offset, line in enumerate(match["comment"].removesuffix("*/").split("\n")):
            yield number + offset, alone or offset > 0, re.sub(r"^\s*(//|/\*|\*)?\s?", "", line, count=1)


def code(text):
    """The text without comments, the contents of literals, and preprocessor lines. Line numbers stay as they are."""
    def blank(match):
        return ('""' if match["literal"] else " ") + "\n" * match[0].count("\n")

    text = TOKEN.sub(blank, text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda match: "\n" * match[0].count("\n"), text, flags=re.M)
