"""The files that tidy looks at."""
import functools
import subprocess
from pathlib import Path

SOURCE_SUFFIXES = (".cpp", ".hpp")
BINARY_SUFFIXES = (".rdb", ".aof", ".png", ".gz", ".bin")


class Tree:
    """All files of a checkout: those of git and those not ignored by it."""

    def __init__(self, root: Path):
        self.root = root

    @functools.cached_property
    def paths(self) -> list[str]:
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=self.root, capture_output=True, text=True)
        if listing.returncode == 0:
            names = listing.stdout.split("\0")
        else:  # an unpacked archive
            names = [str(p.relative_to(self.root)) for p in self.root.rglob("*") if p.is_file()]
            names = [n for n in names if not n.startswith(("build/", ".git/"))]
        return sorted({n for n in names if n and (self.root / n).is_file()})

    @functools.cached_property
    def names(self) -> frozenset[str]:
        return frozenset(self.paths)

    def sources(self) -> list[str]:
        return [p for p in self.paths if p.endswith(SOURCE_SUFFIXES)]

    def headers(self) -> list[str]:
        return [p for p in self.paths if p.endswith(".hpp")]

    def texts(self) -> list[str]:
        return [p for p in self.paths if not p.endswith(BINARY_SUFFIXES) and not self.is_corpus(p)]

    @staticmethod
    def is_corpus(path: str) -> bool:
        return path.startswith("tests/fuzz/") and not path.endswith(SOURCE_SUFFIXES + (".txt", ".md"))

    @functools.lru_cache(maxsize=None)
    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8", errors="surrogateescape")
