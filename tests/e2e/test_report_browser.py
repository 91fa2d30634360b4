"""The report in a browser: opened, and printed, by a Chromium that has no network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.helpers.reports import NOW, eventful
from xovac_tui.api.loader import load_contract
from xovac_tui.report.writing import write_report

CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name)) is not None
    ),
    None,
)
PDFTOTEXT = shutil.which("pdftotext")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")]


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    path = eventful(folder / "r.sqlite3")
    out = folder / "r1.html"
    contract = load_contract((), simulator=True)
    write_report(path, 1, out, chamber='lab "1"', contract=contract, zone=None, now=NOW)
    return out


def chromium(html: Path, *options: str) -> str:
    """Run Chromium on a page, and return what it said on both streams."""
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--no-pdf-header-footer", "--enable-logging=stderr",
            f"--user-data-dir={html.parent / 'profile'}",
            # Nothing answers there: whatever the page would fetch fails, and is reported.
            "--proxy-server=http://127.0.0.1:9", *options, html.as_uri(),
        ],
        capture_output=True, text=True, timeout=90, check=False, env={**os.environ, "HOME": str(html.parent)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_a_browser_shows_it_and_finds_nothing_wrong(html: Path) -> None:
    said = chromium(html, "--dump-dom")
    assert "<title>Board X &lt;b&gt;, r1 of lab " in said
    assert ": PASS</title>" in said
    assert said.count("<svg") == 4
    assert "<script" not in said
    assert "CONSOLE" not in said
    assert "Failed to load" not in said


def test_it_prints_to_pages_with_numbers(html: Path) -> None:
    pdf = html.with_suffix(".pdf")
    chromium(html, f"--print-to-pdf={pdf}")
    data = pdf.read_bytes()
    assert data.startswith(b"%PDF-")
    if PDFTOTEXT is None:
        pytest.skip("printed; no pdftotext to read it with")
    done = subprocess.run([PDFTOTEXT, "-layout", pdf, "-"], capture_output=True, check=True, timeout=60)
    pages = done.stdout.decode().rstrip("\f").split("\f")
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        assert f"page {number} of {len(pages)}" in page
        assert 'r1 of lab "1"' in page
    text = " ".join(" ".join(pages).split())
    for said in ("PASS", "Temperature, °C", "Test part", "Cold dwell at −5 °C", "SHA-256 of the data"):
        assert said in text, said
    # The head of a table stands on every page that it goes on to.
    figures = [page for page in pages if re.search(r"TEC ext 1 .*°C", page)]
    assert len(figures) > 1
    assert all(re.search(r"Channel +Unit +Lowest", page) for page in figures)


def test_what_is_smuggled_into_the_page_neither_runs_nor_is_fetched(html: Path) -> None:
    # Whatever gets past the cleaning of text one day, a browser must not obey it.
    smuggled = (
        "<script>document.title = 'ran'</script><img src=x onerror=\"document.title = 'ran'\">"
        "<img src='http://127.0.0.1:9/seen.png'><iframe src='http://127.0.0.1:9/'></iframe>"
        "<link rel=stylesheet href='http://127.0.0.1:9/a.css'><object data='http://127.0.0.1:9/a'></object>"
        "<svg onload=\"document.title = 'ran'\"><image href='http://127.0.0.1:9/b.png'/></svg>"
    )
    page = html.with_name("smuggled.html")
    page.write_text(
        html.read_text(encoding="utf-8").replace("</body>", smuggled + "</body>"), encoding="utf-8"
    )
    said = chromium(page, "--dump-dom")
    assert "<title>Board X &lt;b&gt;, r1 of lab " in said
    assert said.count("violates the following Content Security Policy directive") >= 5
    assert "ERR_PROXY" not in said


def test_the_page_looks_as_it_would_without_a_policy(html: Path) -> None:
    shots = []
    for name, text in (
        ("with", html.read_text(encoding="utf-8")),
        ("without", re.sub(r"<meta http-equiv.*?>", "", html.read_text(encoding="utf-8"))),
    ):
        page = html.with_name(f"{name}.html")
        page.write_text(text, encoding="utf-8")
        chromium(page, f"--screenshot={page.with_suffix('.png')}", "--window-size=900,2000")
        shots.append(page.with_suffix(".png").read_bytes())
    assert shots[0] == shots[1]
