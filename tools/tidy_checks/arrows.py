"""Who may include whom: the table of docs/architecture.md."""
import re

from .files import Tree

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')

# Folder -> project folders that it may include, besides itself.
FOLDERS = {
    "base": set(),
    "protocol": {"base"},
    "keyspace": {"base"},
    "config": {"base"},
    "persistence": {"keyspace", "protocol", "base"},
    "access": {"base"},
    "engine": {"access", "persistence", "keyspace", "protocol", "config", "base"},
    "scripting": {"protocol", "base"},
    "commands": {"engine", "scripting", "access", "persistence", "keyspace", "protocol", "config", "base"},
    "supervision": {"base"},
    "net": {"base"},
    "actors": {"engine", "keyspace", "protocol", "config", "persistence", "supervision", "net", "base"},
}
FOLDERS["server"] = set(FOLDERS) | {"server"}
FOLDERS["examples"] = FOLDERS["bench"] = FOLDERS["server"]

# Within a folder: room -> rooms that it may include, besides itself and the folder's own files. The
# rooms of a folder that is named here with "*" are siblings: each sees the shared ones only.
ROOMS = {
    "scripting": {"libraries": set()},
    "engine": {"table": set(), "clients": {"table"}, "run": {"table", "clients"}},
    "commands": {"shared": set(), "*": {"shared"}},
}

# Library (prefix of an include) -> folders whose files may include it.
LIBRARIES = {
    "caf/": {"supervision", "net", "actors", "server", "examples", "bench"},
    "nlohmann/": {"config", "server"},
    "spdlog/": {"server"},
    "fmt/": {"server"},
    "httplib.h": {"examples"},
    "liburing": {"net"},
    "boost/": {"base"},
    "liblzf/": {"persistence"},
    "lua.hpp": {"scripting"},
    "lua5.1/": {"scripting"},
    "msgpack": {"scripting"},
    "openssl/": {"base", "net"},
    "gtest/": set(),
    "gmock/": set(),
    "benchmark/": {"bench"},
}
# Libraries whose definitions belong in .cpp files only (a ..._fwd.hpp may be anywhere): includers must not compile them.
HIDDEN = {"nlohmann/", "openssl/"}

# Tests of the whole program see it from outside: helpers and base only.
OUTSIDE_TESTS = {"support", "integration", "differential", "stress"}


def allowed_folders(path: str) -> set[str]:
    parts = path.split("/")
    if parts[0] != "tests":
        return FOLDERS.get(parts[0], set(FOLDERS)) | {parts[0]}
    if parts[1] in OUTSIDE_TESTS:
        return {"base", "protocol", "tests"}
    if parts[1:3] == ["unit", "engine"]:
        return FOLDERS["commands"] | {"commands", "tests"}  # something to run
    if parts[1] == "unit":
        return FOLDERS.get(parts[2], set(FOLDERS)) | {parts[2], "tests"}
    return set(FOLDERS) | {"tests"}


def room_of(path: str) -> str:
    """The folder within a top folder, "" for a file that lies in the top folder itself."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else ""


def same_house(path: str, target: str) -> bool:
    """Whether a file may include another of its own top folder."""
    rooms = ROOMS.get(path.split("/")[0])
    here, there = room_of(path), room_of(target)
    if rooms is None or here == there or "" in (here, there):
        return True
    return there in rooms.get(here, rooms.get("*", set()))


def may_use(path: str, library: str, target: str) -> bool:
    parts = path.split("/")
    if parts[0] == "tests":
        if library in ("gtest/", "gmock/"):
            return True
        if parts[1] == "unit":
            return parts[2] in LIBRARIES[library]
        return parts[1] not in OUTSIDE_TESTS
    if library in HIDDEN and path.endswith(".hpp") and not target.endswith("_fwd.hpp"):
        return False
    return parts[0] in LIBRARIES[library]


def check(tree: Tree) -> list[str]:
    problems = []
    project = {p.split("/")[0] for p in tree.sources()}
    for path in tree.sources():
        folders = allowed_folders(path)
        for number, line in enumerate(tree.read(path).split("\n"), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            where, target = f"{path}:{number}:", match[2]
            folder = target.split("/")[0]
            if match[1] == '"':
                beside = "/".join(path.split("/")[:-1] + [target])
                if path.startswith("tests/") and beside in tree.paths:
                    continue  # a helper of this folder's tests
                if "/" not in target or ".." in target.split("/"):
                    problems.append(f'{where} include "{target}" by its path from the top folder')
                elif folder not in folders:
                    problems.append(f"{where} {'/'.join(path.split('/')[:-1])} may not include {folder}/")
                elif folder == path.split("/")[0] and not same_house(path, target):
                    problems.append(f"{where} {folder}/{room_of(path)} may not include {folder}/{room_of(target)}")
            elif folder in project and target.endswith(".hpp"):
                problems.append(f'{where} own headers are included as "{target}"')
            for library in LIBRARIES:
                if match[1] == "<" and target.startswith(library) and not may_use(path, library, target):
                    problems.append(f"{where} <{target}> has no place here")
    return problems
