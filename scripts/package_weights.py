# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Put a pre-training run's checkpoint into the package, at half the size.

python scripts/package_weights.py runs/rooms/checkpoint.safetensors
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from fewpoints.models.nets import default_weights
from fewpoints.models.nets.checkpoint import load_network, save_network


def main(checkpoint: Path) -> None:
    """Write the packaged file and say what it is."""
    loaded = load_network(checkpoint, arch=default_weights.DEFAULT_ARCH)
    target = Path(default_weights.__file__).parent / "weights" / "default.safetensors"
    provenance = dict(loaded.meta.provenance)
    config = dict(provenance.get("config", {}))
    if config.get("start"):
        config["start"] = Path(config["start"]).name  # Where it lay is nobody's business.
    meta = replace(loaded.meta, provenance={**provenance, "config": config})
    digest = save_network(target, loaded.network, meta, half=True)
    megabytes = target.stat().st_size / 2**20
    sys.stdout.write(f"{target}: {megabytes:.1f} MiB, sha256 {digest}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
