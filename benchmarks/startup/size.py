"""What an installation takes: the packages that an extra needs, and the size of their files."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS: dict[str, frozenset[str]] = {
    "hab-client": frozenset(),
    "hab-client[server]": frozenset({"server"}),
    "hab-client[ui]": frozenset({"ui"}),
    "hab-client[all]": frozenset({"all"}),
}


def closure(name: str, extras: frozenset[str]) -> set[str]:
    """Returns a package and all that it needs on this machine, by canonical name; what is not installed is left out."""
    found: dict[str, frozenset[str]] = {}
    waiting = [(name, extras)]
    while waiting:
        given, wanted = waiting.pop()
        package = canonicalize_name(given)
        if package in found and wanted <= found[package]:
            continue
        try:
            requirements = distribution(package).requires or []
        except PackageNotFoundError:  # only where an extra is not installed here
            continue
        found[package] = found.get(package, frozenset()) | wanted
        needed = [each for each in map(Requirement, requirements) if _applies(each, found[package])]
        waiting += [(each.name, frozenset(each.extras)) for each in needed]
    return set(found)


def installed_bytes(package: str) -> int:
    """Returns the size of a package's files; of one that is installed in place, next to nothing."""
    files = [file.locate() for file in distribution(package).files or ()]
    return sum(path.stat().st_size for path in files if path.is_file())


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    """Whether a requirement holds here for one of the extras, or without any."""
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))
