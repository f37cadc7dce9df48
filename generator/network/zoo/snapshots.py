"""Snapshots of a network's training: the same network with the weights that it had then."""

from __future__ import annotations

from generator.config import Settings
from generator.errors import GalleryError, NetworkError
from generator.network.watched import WatchedNetwork
from generator.network.zoo.load import load
from generator.network.zoo.loaded import Snapshot


def snapshots_of(settings: Settings, network: WatchedNetwork) -> tuple[Snapshot, ...]:
    """Return those that the settings name, else those that came with the network."""
    named = tuple(Snapshot(title, file) for title, file in settings.snapshots.items())
    return named or network.history


def load_snapshot(
    settings: Settings, network: WatchedNetwork, snapshot: Snapshot
) -> WatchedNetwork:
    """Return the network of the settings with a snapshot's weights, on the same device.

    They are loaded as the setting `weights` is. Raises NetworkError, naming the snapshot, where
    that fails, or where its layers are not those of `network`.
    """
    try:
        found = load(settings.model_copy(update={"weights": snapshot.file}), network.device)
    except GalleryError as problem:
        raise NetworkError(f"snapshot {snapshot.title!r}: {problem}") from problem
    if found.layers != network.layers:
        raise NetworkError(
            f"snapshot {snapshot.title!r}: its layers are not those of {network.name}; "
            "name snapshots of this network's own training"
        )
    return found.with_same_trace(name=f"{network.name}, snapshot {snapshot.title!r}")
