"""Who may import whom. One way leads through the house, and nothing walks back."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

PACKAGE = ROOT / "generator"

# Rooms that do not import each other; only what stands above them brings them together. A study may
# be built on those of `compute`.
APART = (
    "generator.compute.(search|stimuli|project)",
    "generator.studies.(?!study|Study|subject|classifier|labels|likeness|search)[^.]+",
)
TORCH = "torch|torchvision"
WITH_ATLAS = "compute.(pipeline|studies)|render.(facts|site)|studies.(comparison|subject)"
WITH_TORCH = "api|bench|compute|images.(sets.torchvision|stream)|network|studies|training"
# Patterns: a module that begins with the first imports nothing that is, or is below, the second.
RULES = {
    "generator.(errors|names)": "generator",
    "generator.atlas": "generator.(compute|images|network|render|training)",
    "generator.render": "generator.(compute|images|network|training)",
    "generator.render.(?!site)": "generator.studies",
    "generator.images": "generator.(compute|render|training)",
    # Image sets of all forms but torchvision's, which `sources` imports when it is asked for.
    "generator.images.sets.(?!torchvision)": "generator.network",
    "generator.network": "generator.(atlas|compute|images|render|training)",
    "generator.network.cone.geometry": "torch|generator",
    "generator.compute": "generator.(cli|render|training)",
    "generator.compute.(search|stimuli|project)": "generator.studies",
    "generator.training": "generator.(atlas|compute|render)",
    "generator.studies.[^.]+.(record|view)": f"{TORCH}|generator.(compute|network|training)",
    f"generator.(?!{WITH_TORCH})": TORCH,
    f"generator.(?!api$|atlas|{WITH_ATLAS})": "generator.atlas.store",
}


def module_name(path: Path, root: Path) -> str:
    """Dotted name of a file below a package folder."""
    parts = [root.name, *path.relative_to(root).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Every module a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def breaks_a_rule(module: str, imported: str) -> bool:
    """Whether a module must not import another."""
    for apart in APART:
        room, other = (re.match(rf"({apart})(?![^.])", name) for name in (module, imported))
        if room and other and room[0] != other[0]:
            return True
    return any(
        re.match(begins, module) and re.match(rf"({forbidden})(?![^.])", imported)
        for begins, forbidden in RULES.items()
    )


def breaches(root: Path) -> list[str]:
    """Imports under a package folder that break a rule."""
    return [
        f"{module} imports {name}"
        for path in sorted(root.rglob("*.py"))
        for module in [module_name(path, root)]
        for name in sorted(imports_of(path))
        if breaks_a_rule(module, name)
    ]


def test_every_module_keeps_the_direction() -> None:
    """No room reaches back, none of those apart reaches sideways."""
    assert breaches(PACKAGE) == []


@pytest.mark.parametrize(
    ("file", "line", "breach"),
    [
        ("render/site/pages.py", "import torch", "generator.render.site.pages imports torch"),
        (
            "compute/search/topk.py",
            "from generator.compute.project.crops import crop",
            "generator.compute.search.topk imports generator.compute.project.crops",
        ),
        (
            "network/zoo/load.py",
            "def f():\n    import generator.render.site.build",
            "generator.network.zoo.load imports generator.render.site.build",
        ),
        (
            "compute/project/run.py",
            "from generator.studies.control import record",
            "generator.compute.project.run imports generator.studies.control",
        ),
        (
            "studies/control/measure.py",
            "from generator.studies import evolution",
            "generator.studies.control.measure imports generator.studies.evolution",
        ),
        ("studies/control/view.py", "import torch", "generator.studies.control.view imports torch"),
        (
            "compute/project/run.py",
            "from generator.atlas.store import AtlasWriter",
            "generator.compute.project.run imports generator.atlas.store",
        ),
        ("serve.py", "import torch", "generator.serve imports torch"),
        (
            "render/views/frame.py",
            "from generator.studies.live import view",
            "generator.render.views.frame imports generator.studies.live",
        ),
    ],
)
def test_the_guard_can_fail(tmp_path: Path, file: str, line: str, breach: str) -> None:
    """A forbidden import is found, also inside a function."""
    path = tmp_path / "generator" / file
    path.parent.mkdir(parents=True)
    path.write_text(line + "\n")
    assert breach in breaches(tmp_path / "generator")


@pytest.mark.parametrize(
    "module",
    [
        "generator.cli",
        "generator.render.site.build",
        "generator.config",
        "generator.atlas.store",
        "generator.images.sets.sources",
    ],
)
def test_torch_stays_out(module: str) -> None:
    """Help, rendering, reading an atlas and listing images load no torch."""
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


WITHOUT_FCNTL = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "fcntl":
            raise ModuleNotFoundError(name)

sys.modules.pop("fcntl", None)
sys.meta_path.insert(0, Missing())
import generator.cli, generator.files, generator.images.sets.sources, generator.render.site.build
import generator.serve
"""


def test_rendering_serving_and_locking_import_without_fcntl() -> None:
    """Windows has no such module."""
    subprocess.run([sys.executable, "-c", WITHOUT_FCNTL], cwd=PACKAGE.parent, check=True)
