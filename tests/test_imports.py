"""Who may import whom. One way leads through the house, and nothing walks back."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

PACKAGE = ROOT / "generator"

# Rooms of which none looks into another; only the pipeline brings them together.
APART = ("generator.compute.search", "generator.compute.stimuli", "generator.compute.project")
WITHOUT_TORCH = ("torch", "torchvision", "generator.compute", "generator.network")

# Module prefix → prefixes that it must not import.
RULES: dict[str, tuple[str, ...]] = {
    "generator.errors": ("generator.",),
    "generator.names": ("generator.", "torch"),
    "generator.atlas": (*WITHOUT_TORCH, "generator.images", "generator.render"),
    "generator.render": (*WITHOUT_TORCH, "generator.images", "generator.training"),
    "generator.images": ("generator.compute", "generator.render", "generator.training"),
    # Image sets of all forms but torchvision's, which `sources` imports when it is asked for.
    **{
        f"generator.images.sets.{path.stem}": ("torch", "torchvision", "generator.network")
        for path in (PACKAGE / "images" / "sets").glob("*.py")
        if path.stem not in {"__init__", "torchvision"}
    },
    "generator.network": (
        "generator.compute",
        "generator.render",
        "generator.images",
        "generator.training",
        "generator.atlas",
    ),
    "generator.network.cone.geometry": ("torch", "generator."),
    "generator.compute": ("generator.render", "generator.training", "generator.cli"),
    # Only the pipeline touches the store.
    **{
        f"generator.compute.{path.stem}": ("generator.atlas.store",)
        for path in (PACKAGE / "compute").iterdir()
        if path.stem not in {"__init__", "__pycache__", "pipeline"}
    },
    "generator.training": ("generator.render", "generator.compute", "generator.atlas"),
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


def within(name: str, prefix: str) -> bool:
    """Whether a module is the prefix or below it; "a." means below it only."""
    return (
        name.startswith(prefix) if prefix.endswith(".") else (name + ".").startswith(f"{prefix}.")
    )


def breaches(root: Path) -> list[str]:
    """Imports under a package folder that break a rule."""
    found = []
    for path in sorted(root.rglob("*.py")):
        module = module_name(path, root)
        imported = imports_of(path)
        for prefix, forbidden in RULES.items():
            if within(module, prefix):
                found += [
                    f"{module} imports {name}"
                    for name in sorted(imported)
                    for other in forbidden
                    if within(name, other)
                ]
        for room in (room for room in APART if within(module, room)):
            found += [
                f"{module} imports {name}"
                for name in sorted(imported)
                for other in APART
                if other != room and within(name, other)
            ]
    return found


def test_every_module_keeps_the_direction() -> None:
    """No room reaches back, none of those apart reaches sideways."""
    assert breaches(PACKAGE) == []


@pytest.mark.parametrize(
    ("file", "line", "told"),
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
    ],
)
def test_the_guard_can_fail(tmp_path: Path, file: str, line: str, told: str) -> None:
    """A forbidden import is found, also inside a function."""
    path = tmp_path / "generator" / file
    path.parent.mkdir(parents=True)
    path.write_text(line + "\n")
    assert told in breaches(tmp_path / "generator")


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
