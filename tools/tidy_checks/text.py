"""What every file's text must and must not contain."""
import re
import shutil
import subprocess

from .files import Tree

LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|work|Users)/\w")
TABS_WANTED = ("Makefile", ".tsv")


def check(tree: Tree) -> list[str]:
    problems = []
    for path in tree.texts():
        for number, line in enumerate(tree.read(path).split("\n"), 1):
            where = f"{path}:{number}:"
            if "\t" in line and not path.endswith(TABS_WANTED):
                problems.append(f"{where} a tab")
            if line.endswith((" ", "\r")):
                problems.append(f"{where} blank at the end of the line")
            if LATER.search(line):
                problems.append(f"{where} a note for later: do it, or open an issue")
            if MACHINE_PATH.search(line):
                problems.append(f"{where} a path of one machine")
    for path in tree.headers():
        problems += check_header(path, tree.read(path).split("\n"))
    return problems


def check_header(path: str, lines: list[str]) -> list[str]:
    problems = []
    if not lines[0].startswith("// "):
        problems.append(f"{path}:1: the first line must be a comment that says the header's purpose")
    code = [line for line in lines if line.strip() and not line.startswith("//")]
    if not code or code[0] != "#pragma once":
        problems.append(f"{path}:1: #pragma once must come before all other code")
    return problems


def check_format(tree: Tree) -> list[str]:
    """clang-format's opinion; none where it is not installed."""
    if not shutil.which("clang-format"):
        return []
    run = subprocess.run(["clang-format", "--dry-run", "--ferror-limit=1", *tree.sources()],
                         cwd=tree.root, capture_output=True, text=True)
    hits = re.findall(r"^(\S+?):(\d+):\d+: \w+: code should be clang-formatted", run.stderr, re.M)
    first = {}
    for path, line in hits:
        first.setdefault(path, line)
    return [f"{path}:{line}: not as clang-format wants it (clang-format -i {path})"
            for path, line in first.items()]
