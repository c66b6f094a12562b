"""All benchmarks, one after the other, and their tables on one page.

    python benchmarks/bench.py [--out FOLDER] [--only NAME …]

Each script can be run on its own; those that are not there are left out. The page is bench.md in
the folder, beside a .json and a .md of every script that writes them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
#: script -> arguments; OUT stands for the folder of the results
SCRIPTS: dict[str, list[str]] = {
    "cuba_month": ["--disk", "--out", "OUT"],
    "roofline": ["--out", "OUT"],
    "scaling": ["--json", "OUT/scaling.json"],
    "first_result": ["--json", "OUT/first_result.json"],
    "large_world": ["--json", "OUT/large_world.json"],
    "eum_literal": [],
}


def run_script(name: str, out: Path) -> str | None:
    """What a script prints, as it prints it; None where it is missing or fails."""
    script = HERE / f"{name}.py"
    if not script.exists():
        return None
    print(f"\n== {name}", flush=True)
    given = [word.replace("OUT", str(out)) for word in SCRIPTS[name]]
    lines: list[str] = []
    with subprocess.Popen(
        [sys.executable, str(script), *given], stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        print(f"{name} failed ({process.returncode})", file=sys.stderr)
        return None
    return "".join(lines)


def main() -> None:
    """Run what is asked for and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/benchmarks"))
    parser.add_argument("--only", nargs="+", choices=list(SCRIPTS), default=list(SCRIPTS))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    printed = {name: run_script(name, given.out) for name in given.only}
    parts = [f"## {name}\n\n{text}" for name, text in printed.items() if text]
    (given.out / "bench.md").write_text("\n".join(parts), encoding="utf-8")
    failed = [n for n, text in printed.items() if text is None and (HERE / f"{n}.py").exists()]
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
