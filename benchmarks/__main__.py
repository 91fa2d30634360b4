"""Measure and print the table: `python -m benchmarks [--quick] [NAME ...]`."""

from __future__ import annotations

import argparse
import importlib
import sys
import time

from benchmarks.measure import Row, machine

NAMES = (
    "paint",
    "tabs",
    "resident",
    "throughput",
    "screen",
    "alarms",
    "windows",
    "size",
    "export",
    "log",
    "bulky",
    "memory",
    "deadlink",
    "ssh",
    "forwarding",
    "publishing",
    "sinksaway",
    "fleet",
)


def main() -> int:
    """Return 0 when every number is within its limit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(NAMES)} (all)")
    parser.add_argument("--quick", action="store_true", help="less of everything: a look, not a proof")
    given = parser.parse_args()
    unknown = set(given.names) - set(NAMES)
    if unknown:
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    for name in given.names or NAMES:
        began = time.monotonic()
        try:
            rows += importlib.import_module(f"benchmarks.{name}").measure(given.quick)
        except Exception as error:
            # The others are worth printing all the same.
            print(f"{name}: {error}"[:2000], file=sys.stderr, flush=True)
            rows.append(Row(name, f"failed: {type(error).__name__}", "", False))
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(machine() + (" (quick: a look, not a proof)" if given.quick else ""))
    table = [("what", "measured", "must be", ""), *((r.what, r.measured, r.limit, word(r)) for r in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    for row in table:
        print("  ".join(f"{cell:<{width}}" for cell, width in zip(row, [*widths, 0], strict=True)).rstrip())
    return 0 if all(row.ok for row in rows) else 1


def word(row: Row) -> str:
    """Return the verdict."""
    return "ok" if row.ok else "NOT OK"


if __name__ == "__main__":
    sys.exit(main())
