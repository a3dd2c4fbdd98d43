"""Classifies every picture that appears in a folder, such as one that a camera or scp writes to; Ctrl-C ends it.

    python3 watch_folder.py NAME.oar FOLDER [--interval SECONDS] [--once]

A line for each picture: its name, the likeliest class and its probability, separated by tabs. A picture is taken when
its size has not changed from one look at the folder to the next, so that none is read half-written.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import oarlock
from oarlock.images import SUFFIXES


def finished_pictures(folder: Path, seen: dict[Path, tuple[int, int]], done: set[Path]) -> Iterator[Path]:
    """Pictures of the folder unchanged since the last call; ``seen`` and ``done`` are kept between calls."""
    there = set()
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES:
            continue
        try:
            stat = path.stat()
        except FileNotFoundError:  # Renamed or deleted meanwhile.
            continue
        there.add(path)
        state = (stat.st_size, stat.st_mtime_ns)
        if seen.get(path) != state:
            seen[path] = state
            done.discard(path)
        elif path not in done:
            done.add(path)
            yield path
    # What is gone may come back as another picture, and memory must not grow with the number of pictures.
    for path in seen.keys() - there:
        del seen[path]
        done.discard(path)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Classifies every picture that appears in a folder.")
    parser.add_argument("bundle")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between two looks at the folder")
    parser.add_argument("--once", action="store_true", help="end when the pictures that are there have been classified")
    options = parser.parse_args()
    if not options.folder.is_dir():
        parser.error(f"{options.folder}: is no folder")
    seen: dict[Path, tuple[int, int]] = {}
    done: set[Path] = set()
    with oarlock.Classifier.open(options.bundle) as classifier:
        while True:
            for answer in classifier.stream(finished_pictures(options.folder, seen, done), top=1):
                if answer.error is not None:
                    print(f"{answer.item.name}: {answer.error}", file=sys.stderr)
                    continue
                [best] = answer.best
                print(answer.item.name, best.label or best.class_id, f"{best.score:.3f}", sep="\t", flush=True)
            if options.once and seen.keys() == done:
                return 0
            time.sleep(options.interval)


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except (oarlock.OarlockError, OSError) as error:
        raise SystemExit(f"watch_folder.py: {error}") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
