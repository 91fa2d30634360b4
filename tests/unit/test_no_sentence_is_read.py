"""No code reads English, but for what a library gives no code for: one named function each."""

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "xovac_tui"
PROSE = r'f?"[^"{}\\]*[A-Za-z]{2,} [a-z]{2,}[^"]*"'
METHODS = (
    r"(?:startswith|endswith|remove(?:pre|suf)fix|r?partition|r?split|replace|find|index|lower|capitalize)"
)
READS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:==|!=|(?<!for words )(?<!for _ )\bin) \(?{PROSE}",
        rf"{PROSE} (?:not )?in\b",
        r"\bin str\((?:error|why|cause)\)",
        rf"\bstr\((?:error|why|cause)\)\.{METHODS}",
        rf"\.{METHODS}\(\(?{PROSE}",
        rf'\b(?:why|reason|message|sentence|problem)\.{METHODS}\((?!"\\n"\))',
    )
)
TOKENS = (
    " in ",
    '= "',
    "with(",
    "fix(",
    "tition(",
    "split(",
    "replace(",
    "find(",
    "index(",
    "lower(",
    "lize(",
)
OF_LIBRARIES = {
    "errors.py: is_refused",
    "link/explain.py: _is_no_namespace",
    "recording/audit.py: _lacks_a_column",
}


def test_code_compares_codes_and_not_sentences() -> None:
    found = set()
    for path in PACKAGE.rglob("*.py"):
        function = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if begin := re.match(r"\s*(?:async )?def (\w+)", line):
                function = begin[1]
            # Most lines are passed over quickly.
            if not any(token in line for token in TOKENS) or line.lstrip().startswith(('"""', "#")):
                continue
            if any(read.search(line) for read in READS):
                found.add(f"{path.relative_to(PACKAGE).as_posix()}: {function}")
    assert found == OF_LIBRARIES
