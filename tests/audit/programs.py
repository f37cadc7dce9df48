"""The programs that the audit runs: where they are, and what they answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from generator.errors import GalleryError
from tests.audit.figures import AuditError, Report
from tests.browser.conftest import NAMES, QUIET

MODULES = Path(__file__).parent / "node_modules"
CHECKER = Path("vnu-jar", "build", "dist", "vnu.jar")
LIGHTHOUSE = Path("lighthouse", "cli", "index.js")
# From file:// the checker takes every file for another site's, and warns about each.
NOT_MEANT = ".*Content Security Policy.*"


class MissingProgram(GalleryError):
    """A program or package that the audit needs is not installed."""


@dataclass(frozen=True)
class Programs:
    """Where everything is that the audit runs."""

    java: str
    node: str
    chromium: str
    checker: Path
    lighthouse: Path


def find_programs(modules: Path = MODULES) -> Programs:
    """Find every program. Raises MissingProgram, which names all that are missing."""
    java, node = shutil.which("java"), shutil.which("node")
    chromium = next((found for name in NAMES if (found := shutil.which(name))), None)
    checker, lighthouse = modules / CHECKER, modules / LIGHTHOUSE
    if java and node and chromium and checker.is_file() and lighthouse.is_file():
        return Programs(java, node, chromium, checker, lighthouse)
    wanted = {
        "Java 17 or newer (on Debian the package default-jre-headless)": java,
        "Node.js and npm (nodejs npm)": node and shutil.which("npm"),
        "Chromium (chromium)": chromium,
    }
    missing = [name for name, found in wanted.items() if not found]
    if missing:
        raise MissingProgram(f"the audit needs {', '.join(missing)}; install what is named")
    raise MissingProgram(f"{modules}: Lighthouse or vnu-jar is missing; run `make audit`")


def check_html(programs: Programs, site: Path) -> Report:
    """Return the Nu Html Checker's report on every HTML file of a site."""
    options = ["--stdout", "--format", "json", "--exit-zero-always", "--skip-non-html"]
    options += ["--filterpattern", NOT_MEANT]
    return _answer([programs.java, "-jar", str(programs.checker), *options, str(site)])


def run_lighthouse(programs: Programs, address: str) -> Report:
    """Return Lighthouse's report on one address, as from a phone on a slow connection."""
    command = [programs.node, str(programs.lighthouse), address]
    command += ["--quiet", "--output=json", "--output-path=stdout", "--no-enable-error-reporting"]
    command += [f"--chrome-flags=--headless=new --disable-dev-shm-usage {' '.join(QUIET)}"]
    return _answer(command, CHROME_PATH=programs.chromium)


def _answer(command: list[str], **environment: str) -> Report:
    """Run a program that prints JSON. Raises AuditError where it does not."""
    ran = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    try:
        report: Report = json.loads(ran.stdout)
    except json.JSONDecodeError as problem:
        said = ran.stderr.strip() or ran.stdout.strip() or "nothing"
        raise AuditError(
            f"{Path(command[0]).name} ended with status {ran.returncode} and gave no report; "
            f"it said: {said[-1000:]}"
        ) from problem
    return report
