"""What an atlas's bytes depend on, so that nothing of two computations is ever mixed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from generator import __version__
from generator.atlas.schema import SCHEMA
from generator.config import Settings
from generator.files import hash_file
from generator.images.sets.image_set import ImageSet
from generator.network.watched import WatchedNetwork

Identity = dict[str, Any]  # by what people call it; as JSON holds it

CREDITS = "credits"
CHOICE = "how the layers were chosen"
COUNT, CONTENT = "images", "content of the images"


def identity_of(settings: Settings, network: WatchedNetwork, images: ImageSet) -> Identity:
    """Return everything that the atlas's bytes depend on."""
    credit = images.credits()
    layers = network.layers
    return {
        "version": __version__,
        "schema": SCHEMA,
        "network": network.name,
        "weights": network.weights_sha256,
        "what the network does": network.computation,
        "input size": network.input_size.plain,
        "mean": list(network.mean),
        "std": list(network.std),
        "layers": [f"{layer.name}={layer.module}" for layer in layers],
        CHOICE: network.choice,
        "filters": [layer.filters for layer in layers],
        "kernels while it learned": [
            [snapshot.title, hash_file(snapshot.file)] for snapshot in network.history
        ],
        "rule": network.rule.name,
        "image set": images.name,
        COUNT: len(images),
        CONTENT: images.signature(),
        CREDITS: credit.model_dump() if credit else None,
        "colours": "sRGB by ICC" if settings.icc else "as they are",
        "batch": settings.batch,
        "device": network.device.type,
        "field that patches show": settings.field,
        "one image per label": settings.one_per_label,
        "stimuli": settings.stimuli,
    }


def work_of(identity: Identity) -> Identity:
    """Return what unfinished work rests on: all but what is only copied into the atlas."""
    return {name: value for name, value in identity.items() if name not in (CREDITS, CHOICE)}


def is_older(old: Identity, new: Identity) -> bool:
    """Say whether an identity is that of an older schema than another."""
    return bool(old.get("schema", 0) < new["schema"])


def digest(identity: Identity) -> str:
    """Return sha256 of an identity, in hexadecimal."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def differences(old: Identity, new: Identity) -> str:
    """Say in one line what differs between two identities."""
    differ = []
    for name in dict.fromkeys([*new, *old]):
        before, now = old.get(name), new.get(name)
        if before == now:
            continue
        if name == COUNT:
            differ.append(f"images changed: {before} -> {now} files")
        elif name != CONTENT:
            differ.append(f"{name}: {_short(before)} -> {_short(now)}")
        elif old.get(COUNT) == new.get(COUNT):
            differ.append("images: their content changed")
    return "; ".join(differ)


def _short(value: object) -> str:
    """Return a value for people; a hash by its first digits."""
    if isinstance(value, str) and len(value) == 64:
        return value[:8]
    return value if isinstance(value, str) else json.dumps(value)
