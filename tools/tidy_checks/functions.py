"""Finds the functions of C++ sources and measures them: a scanner for clang-formatted code, not a parser."""
import functools
import re
from dataclasses import dataclass

from .files import Tree

RAW_STRING = re.compile(r'R"([^()\\ ]{0,16})\(')
CONTAINER = re.compile(r"^(?:inline\s+)?(?:namespace|extern)\b|^(?:class|struct|union|enum)\b")
TEMPLATE = re.compile(r"^template\s*<")
MACRO = re.compile(r"^[A-Z][A-Z0-9_]+\s*\(")
NAME = re.compile(r"([~\w:]+)\s*$")


@dataclass
class Function:
    path: str
    name: str
    line: int
    lines: int
    parameters: int


@functools.lru_cache(maxsize=None)
def blank(text: str) -> str:
    """The same text with comments, strings and preprocessor lines blanked; newlines stay."""
    out, i = [], 0

    def skip(end: int) -> int:
        out.append(re.sub(r"[^\n]", " ", text[i:end]))
        return end

    while i < len(text):
        two = text[i:i + 2]
        raw = RAW_STRING.match(text, i) if two[:1] == "R" else None
        if two == "//":
            end = text.find("\n", i)
            i = skip(len(text) if end < 0 else end)
        elif two == "/*":
            i = skip(text.index("*/", i) + 2)
        elif raw:
            i = skip(text.index(f'){raw[1]}"', i) + len(raw[1]) + 2)
        elif text[i] == '"' or (text[i] == "'" and not text[i - 1:i].isalnum()):
            end = i + 1
            while text[end] != text[i]:
                end += 2 if text[end] == "\\" else 1
            i = skip(end + 1)
        elif text[i] == "#" and not text[text.rfind("\n", 0, i) + 1:i].strip():
            end = text.find("\n", i)
            while end > 0 and text[end - 1] == "\\":
                end = text.find("\n", end + 1)
            i = skip(len(text) if end < 0 else end)
        else:
            out.append(text[i])
            i += 1
    return "".join(out)


def matching(code: str, at: int, pair: str) -> int:
    """The place of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(code)):
        if code[i] == pair[0]:
            depth += 1
        elif code[i] == pair[1]:
            depth -= 1
            if depth == 0:
                return i
    return len(code) - 1


def without_templates(head: str) -> str:
    """A declaration's head behind its template<...>, attributes, access labels and macros on lines of their own."""
    head = re.sub(r"\[\[.*?\]\]", " ", head, flags=re.S).strip()
    head = re.sub(r"^(?:public|private|protected)\s*:", "", head).strip()
    while TEMPLATE.match(head):
        head = head[matching(head, head.index("<"), "<>") + 1:].strip()
    while MACRO.match(head) and (rest := head[matching(head, head.index("("), "()") + 1:].strip()):
        head = rest
    return re.sub(r"^requires\b[^{;]*?\)\s*(?=\w)", "", head)


def parameters_of(head: str) -> int:
    start = head.index("(")
    if head[:start].rstrip().endswith("operator"):
        start = head.index("(", start + 1)
    inner = head[start + 1:matching(head, start, "()")].strip()
    if not inner or inner == "void":
        return 0
    # The configuration that CAF demands of an actor's constructor is no choice of its author.
    depth, count = 0, 0 if inner.startswith("caf::actor_config&") else 1
    for c in inner:
        depth += (c in "(<[{") - (c in ")>]}")
        count += c == "," and depth == 0
    return count


def is_function(head: str) -> bool:
    if "(" not in head or CONTAINER.match(head):
        return False
    before = head[:head.index("(")]
    return "=" not in before.replace("operator=", "").replace("==", "").replace("<=", "").replace(">=", "")


def functions_of(path: str, text: str) -> list[Function]:
    code = blank(text)
    found, i, head_start = [], 0, 0
    while i < len(code):
        c = code[i]
        if c == "(":
            i = matching(code, i, "()")
        elif c in ";}":
            head_start = i + 1
        elif c == "{":
            head = without_templates(code[head_start:i])
            close = matching(code, i, "{}")
            following = code[close + 1:close + 200].lstrip()[:1]
            if is_function(head) and not following in (",", "{"):
                name = NAME.search(head[:head.index("(")])
                found.append(Function(path, (name[1] if name else "?").strip(),
                                      code.count("\n", 0, i) + 1,
                                      code.count("\n", i, close) + 1, parameters_of(head)))
                head_start, i = close + 1, close
            elif CONTAINER.match(head) and not head.startswith("enum"):
                head_start = i + 1  # look inside
            else:
                i = close  # an initializer: the head goes on behind it
        i += 1
    return found


def sizes(tree: Tree) -> list[Function]:
    return [f for path in tree.sources() for f in functions_of(path, tree.read(path))]
