"""Every header compiles on its own. Results are remembered by content, under build/tidy."""
import concurrent.futures
import functools
import hashlib
import os
import subprocess
from collections.abc import Mapping

from .arrows import INCLUDE
from .files import Tree

COMMAND = ["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wno-unused", "-I.",
           '-DRESPAWN_VERSION="0"', "-x", "c++", "-"]


def wanted(options: list[str], variables: Mapping[str, str]) -> bool:
    """It takes minutes where nothing is remembered, so the usual run of the tests goes without (includes.py)."""
    return "--quick" not in options or "RESPAWN_LONG" in variables


def environment() -> dict[str, str]:
    """Where Lua's headers are: Debian keeps them in a folder of their own."""
    run = subprocess.run(["pkg-config", "--cflags-only-I", "lua5.1"], capture_output=True, text=True)
    return os.environ | {"CPLUS_INCLUDE_PATH": run.stdout.strip().removeprefix("-I")}


@functools.lru_cache(maxsize=None)
def included(tree: Tree, path: str) -> list[tuple[int, str]]:
    """The quoted includes of a file and their lines, by the path from the top folder where it is there."""
    found = []
    for number, line in enumerate(tree.read(path).split("\n"), 1):
        match = INCLUDE.match(line)
        if match and match[1] == '"':
            beside = "/".join(path.split("/")[:-1] + [match[2]])
            found.append((number, beside if beside in tree.names else match[2]))
    return found


def closure(tree: Tree, path: str, seen: set[str]) -> set[str]:
    """The header and all project headers below it."""
    if path in seen or path not in tree.names:
        return seen
    seen.add(path)
    for _, target in included(tree, path):
        closure(tree, target, seen)
    return seen


def key_of(tree: Tree, path: str) -> str:
    digest = hashlib.sha256(" ".join(COMMAND).encode())
    for part in sorted(closure(tree, path, set())):
        digest.update(f"{part}\0{tree.read(part)}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def compile_alone(tree: Tree, path: str, env: dict[str, str]) -> str:
    run = subprocess.run(COMMAND, cwd=tree.root, env=env, input=f'#include "{path}"\n', capture_output=True, text=True)
    if run.returncode == 0:
        return ""
    reason = next((line for line in run.stderr.split("\n") if "error:" in line), run.stderr[:200])
    return f"{path}:1: does not compile alone: {reason}"


def check(tree: Tree) -> list[str]:
    memory = tree.root / "build" / "tidy"
    memory.mkdir(parents=True, exist_ok=True)
    work = {path: memory / key_of(tree, path) for path in tree.headers()}
    work = {path: mark for path, mark in work.items() if not mark.exists()}
    env = environment()
    problems = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, problem in zip(work, pool.map(lambda p: compile_alone(tree, p, env), work)):
            if problem:
                problems.append(problem)
            else:
                work[path].touch()
    return problems
