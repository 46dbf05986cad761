"""Finds what a header declares: a scanner for clang-formatted code, not a parser."""
import re
from dataclasses import dataclass, field

from .functions import CONTAINER, is_function, without_templates

BRACKET = re.compile(r"[{}();]")
NAMESPACE = re.compile(r"^(?:inline\s+)?namespace\b\s*([\w:]*)")
EXTERN = re.compile(r"^extern\s*$")  # "C", blanked
TYPE = re.compile(r"^(?:typedef\s+)?(?:class|struct|union|enum(?:\s+(?:class|struct))?)\s+"
                  r"(?:alignas\s*\([^)]*\)\s*)?(\w+)(?!\w|\s*<)")
UNSCOPED = re.compile(r"^enum\s+(?!class\b|struct\b)")
ENUMERATOR = re.compile(r"(?:^|,)\s*(\w+)")
USING = re.compile(r"^using\s+(namespace\s+)?(?:\w+::)*(\w+)")
CONCEPT = re.compile(r"^concept\s+(\w+)")
FUNCTION = re.compile(r"(\w+)\s*$")
VARIABLE = re.compile(r"(\w+)\s*(?:=|\{|\[|$)")
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.M)

Name = tuple[str, str]  # the innermost namespace and what it holds


@dataclass
class Declarations:
    namespaces: set[str] = field(default_factory=set)
    defined: set[Name] = field(default_factory=set)
    forward: set[Name] = field(default_factory=set)
    nested: set[str] = field(default_factory=set)  # types within classes
    enumerators: set[str] = field(default_factory=set)
    joined: set[tuple[str, str]] = field(default_factory=set)  # (namespace, one that it uses as its own)
    macros: set[str] = field(default_factory=set)


@dataclass
class Scope:
    name: str  # of the innermost namespace
    is_class: bool


def pairs_of(code: str) -> dict[int, int]:
    """The place of each opening bracket -> of the one that closes it."""
    found, open_ones = {}, []
    for match in BRACKET.finditer(code):
        if match[0] in "{(":
            open_ones.append(match.start())
        elif match[0] in "})" and open_ones:
            found[open_ones.pop()] = match.start()
    return found


def declare(head: str, scope: Scope, body: str | None, found: Declarations) -> None:
    """Notes what one declaration declares; `body` is the block behind it, if one is."""
    if using := USING.match(head):
        if using[1]:
            found.joined.add((scope.name, using[2]))
        elif scope.is_class:
            found.nested.add(using[2])
        else:
            found.defined.add((scope.name, using[2]))
    elif name := TYPE.match(head):
        values = set(ENUMERATOR.findall(body or "")) if head.startswith("enum") else set()
        found.enumerators |= values
        if scope.is_class:
            found.nested.add(name[1])
        else:
            (found.forward if body is None else found.defined).add((scope.name, name[1]))
            if UNSCOPED.match(head):
                found.defined |= {(scope.name, value) for value in values}
    elif head and not scope.is_class and not CONTAINER.match(head) and not head.startswith("static_assert"):
        name = CONCEPT.match(head) or (
            FUNCTION.search(head[:head.index("(")]) if is_function(head) else VARIABLE.search(head))
        if name:
            found.defined.add((scope.name, name[1]))


def declarations_of(text: str, code: str) -> Declarations:
    """Of a header's text; `code` is the same, blanked."""
    found = Declarations(macros=set(MACRO.findall(text)))
    pairs, scopes = pairs_of(code), [Scope("", False)]
    start = i = 0
    while match := BRACKET.search(code, i):
        at, i = match.start(), match.end()
        if match[0] == "(":
            i = pairs.get(at, at) + 1
        elif match[0] == ";":
            declare(without_templates(code[start:at]), scopes[-1], None, found)
            start = i
        elif match[0] == "}":
            if len(scopes) > 1:
                scopes.pop()
            start = i
        elif match[0] == "{":
            head, close = without_templates(code[start:at]), pairs.get(at, len(code) - 1)
            namespace = NAMESPACE.match(head)
            if namespace or EXTERN.match(head):
                names = namespace[1].split("::") if namespace and namespace[1] else [scopes[-1].name]
                found.namespaces |= set(names) - {""}
                scopes.append(Scope(names[-1], False))
                start = i
            elif CONTAINER.match(head):
                declare(head, scopes[-1], code[i:close], found)
                if head.startswith("enum"):
                    start = i = close + 1
                else:
                    scopes.append(Scope(scopes[-1].name, True))
                    start = i
            elif is_function(head) and code[close + 1:close + 200].lstrip()[:1] not in (",", "{"):
                declare(head, scopes[-1], code[i:close], found)
                start = i = close + 1
            else:
                i = close + 1  # an initializer: the declaration goes on behind it
    return found
