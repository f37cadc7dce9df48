"""What the settings ask for, opened and checked: network, images, and where the work is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.atlas.schema import SkippedFile
from generator.compute.run.checkpoints import Checkpoints
from generator.compute.run.device import pick_device
from generator.compute.run.identity import Identity, differences, digest, identity_of, work_of
from generator.compute.run.workspace import Workspace
from generator.compute.search.loop import extent_of
from generator.compute.search.state import SearchState
from generator.config import Settings
from generator.errors import AtlasError, ConfigError, ImagesError
from generator.images.captions import display_path
from generator.images.decode import FORMAT_NAMES
from generator.images.sets.image_set import ImageSet
from generator.images.sets.sources import open_images
from generator.network.watched import WatchedNetwork
from generator.network.zoo import load as zoo
from generator.network.zoo.loaded import LoadedNetwork
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
    def open(
        cls, settings: Settings, local: int | None = None, loaded: LoadedNetwork | None = None
    ) -> Job:
        """Load and check all that the settings name; nothing is written.

        `local` is the number of this process among those on this machine; `loaded` takes the place
        of the network that the settings name. Raises GalleryError.
        """
        if settings.images is None:
            raise ConfigError("no images: name a folder with --images DIR, or `fetch sample` first")
        device = pick_device(settings.device, local)
        workspace = Workspace(settings.atlas)
        ours = (settings.atlas, workspace.folder, settings.site)  # their pictures are no input
        images = open_images(settings.images, leave_out=ours, icc=settings.icc)
        network = zoo.load(settings, device, loaded)
        images = images.in_channels(network.channels)
        identity = identity_of(settings, network, images)
        return cls(settings, network, untrained(network), images, workspace, identity)

    @property
    def work(self) -> Identity:
        """Return what unfinished work rests on."""
        return work_of(self.identity)

    @property
    def checkpoints(self) -> Checkpoints:
        """Return what searches for this atlas have recorded."""
        return self._checkpoints(self.workspace)

    def checkpoints_in(self, folder: Path) -> Checkpoints:
        """Return what was recorded in a workspace that was copied from elsewhere.

        Raises AtlasError where there is none, or it is of something else.
        """
        workspace = Workspace(folder.resolve().with_suffix(""))
        found = workspace.unfinished() if workspace.folder == folder.resolve() else None
        if found is None:
            raise AtlasError(f"{folder}: holds no search; name a folder ATLAS.work")
        if found != self.work:
            differ = differences(found, self.work)
            raise AtlasError(f"{folder}: holds a search of something else ({differ})")
        return self._checkpoints(workspace)

    def _checkpoints(self, workspace: Workspace) -> Checkpoints:
        extent = extent_of(self.settings, self.network, self.images)
        return Checkpoints(workspace.search, digest(self.work), extent)

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
