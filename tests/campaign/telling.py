"""What a campaign counts and says."""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from collections import Counter
from pathlib import Path


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Tally:
    """The figures of one campaign: rounds, counts by name, violations, and measured times by name."""

    def __init__(self, name: str, seed: int, keep: Path | None = None) -> None:
        self.name = name
        self._keep = keep
        self.seed = seed
        self.rounds = 0
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []
        self.times_s: dict[str, list[float]] = {}
        self._begun = time.monotonic()

    def wrong(self, where: str, told: list[str], folder: Path | None = None) -> None:
        """Note violations and say each at once, with where they happened; keep a copy of the folder if so asked."""
        if told and folder is not None and self._keep is not None:
            shutil.copytree(
                folder, self._keep / f"{self.name}-{len(self.violations)}", ignore=shutil.ignore_patterns("*.sock")
            )
        for one in told:
            self.violations.append(f"{where}: {one}")
            say(f"  VIOLATION {where}: {one}")

    def took(self, what: str, seconds: float) -> None:
        self.times_s.setdefault(what, []).append(seconds)

    def line(self, more: str = "") -> None:
        say(f"{self.name} {self.rounds:5} rounds, {len(self.violations)} violations, {self._took_s():.0f} s  {more}")

    def end(self) -> int:
        """Say the whole; return the exit code."""
        say(
            f"{self.name}: seed {self.seed}, {self.rounds} rounds, {len(self.violations)} violations, "
            f"{self._took_s():.0f} s"
        )
        say("  " + ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items())))
        for what, times in sorted(self.times_s.items()):
            say(f"  {what}: median {statistics.median(times):.1f} s, most {max(times):.1f} s, of {len(times)}")
        return 1 if self.violations else 0

    def _took_s(self) -> float:
        return time.monotonic() - self._begun
