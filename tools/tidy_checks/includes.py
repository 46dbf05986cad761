"""Every header includes what it names, itself or by a project header below it: nearly all that compiling each
header alone finds, without a compiler. What C gives is looked at in part."""
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from . import standard
from .arrows import INCLUDE
from .declarations import Declarations, Name, declarations_of
from .files import Tree
from .functions import blank, matching
from .headers import closure, included

# A chain of names, with what stands before it where that tells where it is looked up.
CHAIN = re.compile(r"(?:(->|(?<![\w>])::|>::|(?<!\.)\.(?!\.)|\bfriend (?:class|struct)\b)\s*)?"
                   r"\b([A-Za-z_]\w*(?:::[A-Za-z_]\w*)*)")
# Lower-case names that are declared: behind a type, or captured.
LOWER = re.compile(r"(?:\b(\w+)\s+|[>&*\]]\s*|[\[,]\s*&?)([a-z_]\w*)\s*(?=[;={(,)\[\]]|:(?!:)|\.\.\.)")
NO_TYPES = {"return", "throw", "else", "case", "new", "delete", "co_return", "co_await", "co_yield", "goto"}
TEMPLATE = re.compile(r"(?:\btemplate ?|\])(?=<)")
PARAMETER = re.compile(r"[\w>.]\s+([A-Z]\w*)\s*(?=[,>=])")
LOCAL_TYPE = re.compile(r"\b(?:using (?:\w+::)*(?=\w+\s*[;=])|(?:struct|class|enum) (?=\w+\s*[{:]))(\w+)")
# Uses of a type for which a forward declaration is not enough; @ is the type.
WHOLE = (r"\b(?:public|private|protected) (?:\w+::)*@\b|(?<!class )(?<!struct )\b@(?:::|\{| \w+(?:;| =|\{))"
         r"|\boptional<(?:\w+::)*@>")

# Names of other libraries and of the system -> the beginnings of the includes of which one must be there.
LIBRARIES = {re.compile(names): beginnings for names, beginnings in {
    r"caf::actor$": ("caf/actor.hpp", "caf/fwd.hpp", "caf/event_based_actor.hpp"),
    r"caf::(?:anon_)?(?:delayed_)?send$": ("caf/send.hpp",),
    r"caf::scheduler::": ("caf/scheduler/",),
    r"caf::": ("caf/",),
    r"nlohmann::": ("nlohmann/",),
    r"fmt::": ("fmt/", "spdlog/"),
    r"spdlog::": ("spdlog/",),
    r"benchmark::": ("benchmark/",),
    r"boost::": ("boost/",),
    r"testing::|(?:EXPECT|ASSERT|GTEST)_|(?:TEST(?:_[FP])?|ADD_FAILURE|FAIL|SUCCEED|SCOPED_TRACE)$":
        ("gtest/", "gmock/"),
    r"luaL?_|LUA_": ("lua.hpp", "lua5.1/"),
    r"io_uring(?:_|$)": ("liburing",),
    r"(?:errno|E(?!POLL)[A-Z]{3,})$": ("cerrno", "errno.h"),
    r"SIG[A-Z]{3,}$": ("csignal", "signal.h"),
    r"EPOLL|epoll_event$|::epoll_": ("sys/epoll.h",),
    r"POLL[A-Z]+$|pollfd$|::poll$": ("poll.h",),
    r"::(?:close|dup2?|fork|getpid|pipe2?|read|unlink|write)$": ("unistd.h",),
    r"::(?:accept4?|bind|connect|getsockopt|listen|recv|recvmsg|send|sendmsg|setsockopt|shutdown|socket)$"
    r"|sockaddr(?:_storage)?$|(?:AF|MSG|SOCK|SOL)_[A-Z]+$": ("sys/socket.h",),
    r"iovec$": ("sys/uio.h", "sys/socket.h"),
    r"(?:off|pid|ssize)_t$": ("sys/types.h", "unistd.h", "sys/socket.h"),
}.items()}
STANDARD = standard.givers()


@dataclass
class Header:
    code: str
    declared: Declarations
    lower: set[str]  # lower-case names that it declares, members and parameters too
    local: set[str]  # types of its own: parameters of templates, those in functions
    angled: set[str]  # what it includes of others


@dataclass
class Reach:
    """What a header sees: its own and that of all project headers below it."""
    names: set[Name] = field(default_factory=set)
    whole: set[Name] = field(default_factory=set)  # those that are defined
    namespaces: set[str] = field(default_factory=set)
    joined: set[tuple[str, str]] = field(default_factory=set)
    loose: set[str] = field(default_factory=set)  # what is found without its namespace
    angled: set[str] = field(default_factory=set)

    def add(self, header: Header) -> None:
        declared = header.declared
        self.names |= declared.defined | declared.forward
        self.whole |= declared.defined
        self.namespaces |= declared.namespaces
        self.joined |= declared.joined
        self.loose |= declared.nested | declared.enumerators | declared.macros | header.lower
        self.angled |= header.angled


class Project:
    """All headers, and which of them give a name."""

    def __init__(self, tree: Tree):
        self.tree = tree
        self.headers = {path: read(tree.read(path)) for path in tree.headers()}
        self.namespaces: set[str] = set()
        self.givers: dict[Name, set[str]] = {}  # those with its definition
        self.loose_givers: dict[str, set[str]] = {}
        for path, header in self.headers.items():
            declared = header.declared
            self.namespaces |= declared.namespaces
            for name in declared.defined:
                self.givers.setdefault(name, set()).add(path)
            types = {name for _, name in declared.defined if name[0].isupper()}
            for name in types | declared.nested | declared.macros:
                self.loose_givers.setdefault(name, set()).add(path)

    def reach(self, path: str) -> Reach:
        reach = Reach()
        for part in closure(self.tree, path, set()):
            if part in self.headers:
                reach.add(self.headers[part])
        return reach


def read(text: str) -> Header:
    code = blank(text)
    includes = (INCLUDE.match(line) for line in text.split("\n"))
    parameters = (code[m.end():matching(code, m.end(), "<>") + 1] for m in TEMPLATE.finditer(code))
    return Header(code=code, declared=declarations_of(text, code),
                  lower={m[2] for m in LOWER.finditer(code) if m[1] not in NO_TYPES},
                  local=set(LOCAL_TYPE.findall(code)).union(*map(PARAMETER.findall, parameters)),
                  angled={m[2] for m in includes if m and m[1] == "<"})


def needs(name: str, headers: set[str], marks: str) -> str:
    return f"{name} needs " + " or ".join(f"{marks[0]}{header}{marks[1]}" for header in sorted(headers))


def standard_problem(parts: list[str], reach: Reach) -> str:
    name, rest = parts[0], parts[1:]
    while name in standard.INNER and rest:
        name += "::" + rest.pop(0)
    if name in standard.INNER:
        return ""  # a namespace as such
    if name not in STANDARD:
        return f"std::{name} is not in tools/tidy_checks/standard.py: add it there"
    if STANDARD[name] & reach.angled:
        return ""
    return needs(f"std::{name}", {header for header in STANDARD[name] if name in standard.NAMES[header].split()}, "<>")


def project_problem(project: Project, path: str, parts: list[str], reach: Reach) -> str:
    own = project.headers[path]
    space = ""
    while len(parts) > 1 and parts[0] in project.namespaces:
        space = parts.pop(0)
    name = parts[0]
    if space and space not in reach.namespaces:
        return f"nothing that is included declares namespace {space}"
    if space:
        spaces = {space}
    elif name in reach.loose or name in own.local:
        return ""
    else:
        opened = own.declared.namespaces
        spaces = {""} | opened | {used for by, used in reach.joined if by in opened}
    candidates = {(space, name) for space in spaces}
    givers = set().union(*(project.givers.get(candidate, set()) for candidate in candidates))
    if candidates & reach.names:
        is_whole = candidates & reach.whole or not re.search(WHOLE.replace("@", name), own.code)
        return "" if is_whole or not givers else needs(f"the definition of {name}", givers, '""')
    if not givers and not space:
        givers = project.loose_givers.get(name, set())
    return needs(name, givers, '""') if givers else ""


def problem_of(project: Project, path: str, chain: str, reach: Reach) -> str:
    """Of a name as it is written; "::" in front tells names of the system that others have, too."""
    parts = chain.split("::")
    if parts[0] == "std":
        return standard_problem(parts[1:], reach) if len(parts) > 1 else ""
    if parts[0] not in reach.namespaces | reach.loose:
        for names, beginnings in LIBRARIES.items():
            if names.match(chain):
                found = any(header.startswith(beginnings) for header in reach.angled)
                return "" if found else needs(chain, set(beginnings), "<>")
    return project_problem(project, path, parts, reach) if parts[0] else ""


def problems_of(project: Project, path: str) -> Iterator[str]:
    for number, target in included(project.tree, path):
        if target not in project.tree.names:
            yield f'{path}:{number}: there is no "{target}"'
    reach, code = project.reach(path), project.headers[path].code
    seen: set[str] = set()
    for match in CHAIN.finditer(code):
        chain = "::" + match[2] if match[1] == "::" and "::" not in match[2] else match[2]
        if match[1] not in (None, "::") or chain in seen:
            continue
        seen.add(chain)
        problem = problem_of(project, path, chain, reach)
        if problem and problem not in seen:
            seen.add(problem)
            line = code.count("\n", 0, match.start(2)) + 1
            yield f"{path}:{line}: {problem}"


def check(tree: Tree) -> list[str]:
    project = Project(tree)
    return [problem for path in tree.headers() for problem in problems_of(project, path)]
