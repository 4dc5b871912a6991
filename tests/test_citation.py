import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_citation_and_the_addresses_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    fields = dict(re.findall(r"^([a-z-]+): (.+)$", citation, re.MULTILINE))
    assert (fields["title"], fields["version"]) == (project["name"], project["version"])
    assert fields["license"] == project["license"]
    assert fields["repository-code"] == project["urls"]["Repository"]
    assert all(address.startswith("https://") for address in project["urls"].values())
