"""Limits on length, with the exceptions of today: tools/tidy.ratchet may only shrink."""
from .files import Tree
from .functions import Function

FUNCTION_LINES_MAX = 60
PARAMETERS_MAX = 5
FILE_LINES_MAX = 500
RATCHET = "tools/tidy.ratchet"
HEAD = """\
# Functions and files past tools/tidy's limits, with today's number. A number may only fall and a line
# only go: tools/tidy --shrink rewrites this file. Form: kind place number
"""


def exceeding(tree: Tree, functions: list[Function]) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(kind, place) -> (number, limit, line)."""
    found = {}

    def note(kind: str, place: str, number: int, limit: int, line: int) -> None:
        if number > limit and number > found.get((kind, place), (0, 0, 0))[0]:
            found[kind, place] = (number, limit, line)

    for f in functions:
        note("function-lines", f"{f.path}:{f.name}", f.lines, FUNCTION_LINES_MAX, f.line)
        note("parameters", f"{f.path}:{f.name}", f.parameters, PARAMETERS_MAX, f.line)
    for path in tree.sources():
        note("file-lines", path, tree.read(path).count("\n"), FILE_LINES_MAX, 1)
    return found


def listed(tree: Tree) -> dict[tuple[str, str], int]:
    entries = {}
    if RATCHET in tree.paths:
        for line in tree.read(RATCHET).split("\n"):
            if line.strip() and not line.startswith("#"):
                kind, place, number = line.split()
                entries[kind, place] = int(number)
    return entries


def check(tree: Tree, functions: list[Function], shrink: bool) -> list[str]:
    now, before, problems = exceeding(tree, functions), listed(tree), []
    for (kind, place), (number, limit, line) in now.items():
        bound = before.get((kind, place), limit)
        if number > bound:
            path, _, name = place.partition(":")
            problems.append(f"{path}:{line}: {name or 'the file'} has {number} {kind.split('-')[-1]}, "
                            f"at most {bound}")
    smaller = {key: min(now[key][0], number) for key, number in before.items() if key in now}
    if shrink:
        lines = [f"{kind} {place} {number}\n" for (kind, place), number in sorted(smaller.items())]
        (tree.root / RATCHET).write_text(HEAD + "".join(lines))
    elif smaller != before:
        problems.append(f"{RATCHET}:1: can shrink; run tools/tidy --shrink and commit it")
    return problems
