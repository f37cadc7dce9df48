"""What the settings ask for, opened and checked: network, images, and where the work is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.atlas.schema import SkippedFile
from generator.atlas.store import is_atlas
from generator.compute.run.checkpoints import Checkpoints
from generator.compute.run.device import pick_device
from generator.compute.run.identity import Identity, differences, digest, identity_of, work_of
from generator.compute.run.workspace import Workspace
from generator.compute.search.loop import extent_of
from generator.compute.search.state import Extent, SearchState
from generator.config import Settings
from generator.errors import AtlasError, ConfigError, ImagesError, OutputError
from generator.images.captions import display_path
from generator.images.decode import FORMAT_NAMES
from generator.images.sets.image_set import ImageSet
from generator.images.sets.sources import open_images
from generator.network.watched import WatchedNetwork
from generator.network.zoo import load as zoo
from generator.network.zoo.untrained import untrained


@dataclass(frozen=True)
class Job:
    """One atlas to be made."""

    settings: Settings
    network: WatchedNetwork  # on its device
    random: WatchedNetwork  # its shapes with random weights
    images: ImageSet
    workspace: Workspace
    identity: Identity

    @classmethod
    def open(cls, settings: Settings, local: int | None = None) -> Job:
        """Load and check all that the settings name; nothing is written.

        `local` is the number of this process among those on this machine. Raises GalleryError.
        """
        if settings.images is None:
            raise ConfigError("no images: name a folder with --images DIR, or `fetch sample` first")
        device = pick_device(settings.device, local)
        workspace = Workspace(settings.atlas)
        ours = (
            settings.atlas,
            workspace.folder,
            settings.site,
        )  # whose pictures are nobody's input
        images = open_images(settings.images, leave_out=ours)
        network = zoo.load(settings)
        network.model.to(device)
        _refuse_foreign(settings.atlas)
        identity = identity_of(settings, network, images)
        return cls(settings, network, untrained(network), images, workspace, identity)

    @property
    def extent(self) -> Extent:
        """Return how much there is to search."""
        return extent_of(self.settings, self.network, self.images)

    @property
    def work(self) -> Identity:
        """Return what unfinished work rests on."""
        return work_of(self.identity)

    @property
    def parts(self) -> Checkpoints:
        """Return what searches for this atlas have recorded."""
        return self._parts(self.workspace)

    def parts_of(self, folder: Path) -> Checkpoints:
        """Return what was recorded in a working folder that was copied from elsewhere.

        Raises AtlasError where there is none, or it is of something else.
        """
        workspace = Workspace(folder.resolve().with_suffix(""))
        found = workspace.unfinished() if workspace.folder == folder.resolve() else None
        if found is None:
            raise AtlasError(f"{folder}: holds no parts of a search; name a folder ATLAS.work")
        if found != self.work:
            told = differences(found, self.work)
            raise AtlasError(f"{folder}: holds parts of something else ({told})")
        return self._parts(workspace)

    def require_usable(self, found: SearchState) -> None:
        """Raise ImagesError where no image could be read, or one could not and settings mind."""
        skipped = list(found.skipped.values())
        if found.readable == 0:
            raise ImagesError(
                f"{display_path(str(self.settings.images))}: not one of its {len(self.images)} "
                f"images can be read, the first: {skipped[0].path} ({skipped[0].reason}); "
                f"give others ({FORMAT_NAMES})"
            )
        self.require_nothing_skipped(skipped)

    def require_nothing_skipped(self, skipped: Sequence[SkippedFile]) -> None:
        """Raise ImagesError where settings allow no unreadable image and there is one."""
        if self.settings.strict and skipped:
            raise ImagesError(
                f"{len(skipped)} images cannot be read, and --strict allows none; the first: "
                f"{skipped[0].path} ({skipped[0].reason}); mend them, and let --anew read all again"
            )

    def _parts(self, workspace: Workspace) -> Checkpoints:
        return Checkpoints(workspace.search, digest(self.work), self.extent)


def _refuse_foreign(atlas: Path) -> None:
    """Raise OutputError where the atlas's place holds something that is no atlas."""
    if not atlas.resolve().name:
        raise OutputError(f"{atlas}: cannot be an atlas's own folder; name another")
    if not atlas.exists():
        return
    if not atlas.is_dir():
        raise OutputError(f"{atlas}: is a file; name a folder for the atlas")
    if any(atlas.iterdir()) and not is_atlas(atlas):
        raise OutputError(f"{atlas}: is not empty and holds no atlas; name another folder")
