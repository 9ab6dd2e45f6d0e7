"""The documentation says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.generate import FOLDER, PAGES

ROOT = FOLDER.parent
PAGES_WITH_LINKS = [*ROOT.glob("*.md"), *FOLDER.rglob("*.md")]


@pytest.mark.parametrize("page", PAGES)
def test_generated_pages_are_up_to_date(page: str) -> None:
    assert (FOLDER / page).read_text(encoding="utf-8") == PAGES[page](), "run `make docs`"


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_the_readme_opens_with_the_two_commands(name: str) -> None:
    head = (ROOT / name).read_text(encoding="utf-8").splitlines()[:6]
    assert any(line.startswith("make up") for line in head)
    assert any(line.startswith("make test") for line in head)


@pytest.mark.parametrize("page", PAGES_WITH_LINKS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_variable_of_the_code_is_documented() -> None:
    documented = (FOLDER / "settings.md").read_text(encoding="utf-8")
    for name in ("HAB_HOME", "DATABASE_URL", "REDIS_URL", "BACKEND_URL", "MAX_UPLOAD_MB", "QUEUE_LIMIT", "LOG_LEVEL"):
        assert f"`{name}`" in documented
