"""The report in a real browser: it opens from a file, fetches nothing, and shows what was built."""

import io
import re
from pathlib import Path

import numpy as np
import pytest

from hr_pipeline.cli import main
from hr_pipeline.lake.store import Lake
from hr_pipeline_tests.browser.chromium import Seen, find, look_at
from hr_pipeline_tests.building import build_arguments, one_line

WIDE, NARROW = 1200, 400
SECTIONS = "[...document.querySelectorAll('section')].map(s => s.id)"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PICTURES = "[...document.images].map(i => i.complete && i.naturalWidth > 100 && !!i.alt)"
BROKEN_LINKS = (
    "[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))"
    ".filter(h => !document.querySelector(h))"
)
CELLS = (
    "[...document.querySelectorAll('#statistics tr')]"
    ".map(r => [...r.cells].map(c => c.textContent.trim()))"
)

needs_browser = pytest.mark.skipif(find() is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("report") / "lake"
    command, _, *options = build_arguments(root)
    assert main([command, "quality", *options]) == 0
    return root


@pytest.fixture(scope="module")
def page(lake: Path) -> Path:
    path = lake.parent / "report.html"
    assert main(["report", "--lake", str(lake), "--out", str(path)]) == 0
    return path


def seen(page: Path, folder: Path, expressions: list[str], width: int = WIDE) -> Seen:
    return look_at(page, folder / "profile", expressions, width, 900)


@needs_browser
def test_the_page_opens_without_a_server(page: Path, tmp_path: Path) -> None:
    found = seen(page, tmp_path, [SECTIONS, PICTURES, BROKEN_LINKS, OVERFLOW])
    sections, pictures, broken_links, overflow = found.answers
    wanted = ["integrity", "statistics", "splits", "shortcuts", "ladder", "judges", "diversity"]
    assert sections == ["claims", *wanted, "bias", "taxonomy", "lineage"]
    assert len(pictures) >= 8 and all(pictures)
    assert broken_links == [] and overflow <= 0
    assert found.complaints == []
    own = page.as_uri()
    assert not [url for url in found.requests if url != own and not url.startswith("data:")]


@needs_browser
def test_a_telephone_shows_it_too(page: Path, tmp_path: Path) -> None:
    assert seen(page, tmp_path, [OVERFLOW], NARROW).answers[0] <= 0


@needs_browser
def test_the_screenshot_shows_banner_words_and_plots(page: Path, tmp_path: Path) -> None:
    from PIL import Image

    where = "(() => {const b = document.querySelector('%s').getBoundingClientRect();"
    box = where + "return [b.left, b.top, b.right, b.bottom].map(Math.round)})()"
    found = seen(page, tmp_path, [box % ".notice", box % "figure img", box % "header"])
    shot = Image.open(io.BytesIO(found.screenshot)).convert("RGB")
    banner, plot, header = (shot.crop(tuple(corners)) for corners in found.answers)
    assert shot.height > 3_000
    assert _share(banner, (255, 243, 205)) > 0.5, "the notice is not on its yellow ground"
    assert _share(plot, (31, 119, 180)) > 0.02, "no blue bars in the first plot"
    assert 0.005 < _share(header, (29, 35, 48)) < 0.5, "no dark words on the header"


def _share(image: "Image.Image", colour: tuple[int, int, int]) -> float:  # noqa: F821
    """Share of the pixels that are about this colour."""
    return float((np.abs(np.asarray(image, int) - colour).max(axis=2) < 24).mean())


@needs_browser
def test_the_page_shows_the_stored_figures(lake: Path, page: Path, tmp_path: Path) -> None:
    (cells,) = seen(page, tmp_path, [CELLS]).answers
    shown = {row[0]: row[1:] for row in cells if len(row) == 5}
    for row in Lake(lake).table("quality/statistics").to_pylist():
        if row["place"] == "Table 3" and row["ours"] is not None:
            ours, _, paper, unit = shown[row["item"]]
            assert float(ours.replace(",", "")) == pytest.approx(row["ours"], abs=0.006)
            assert bool(paper) == (row["paper"] is not None) and unit == row["unit"]


def test_the_file_beside_the_snapshot_is_the_page(lake: Path, page: Path) -> None:
    kept = Lake(lake).path("quality/report").parent / "report.html"
    assert kept.read_bytes() == page.read_bytes()
    assert re.search(r"not a benchmark", page.read_text(encoding="utf-8"))


def test_a_report_needs_a_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--lake", str(tmp_path / "lake")]) == 2
    assert "hr-pipeline build quality" in one_line(capsys)


def test_a_report_is_a_file(
    lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("", ".", str(tmp_path)):
        assert main(["report", "--lake", str(lake), "--out", folder]) == 2
        assert "is a folder; name a file for --out" in one_line(capsys)
    assert not [*tmp_path.iterdir()]
