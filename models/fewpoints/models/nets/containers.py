# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reading weight files that nobody vouches for: safetensors and torch's own containers.

Nothing in a file is ever executed: torch containers go through `weights_only`, and the few NumPy
values that the original training scripts stored beside the weights are replaced by inert objects
rather than built. Every way a file can be wrong ends in one sentence, a `CheckpointUnreadable`.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import struct
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from fewpoints.models.nets.errors import CheckpointUnreadable

Container = Literal["safetensors", "torch"]

_MAX_HEADER_BYTES = 8 << 20
_STATE_KEYS = ("state_dict", "model_state_dict", "model")

# What pickles of NumPy scalars name (best scores and the like), across NumPy versions.
_NUMPY_NAMES = (
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.ndarray",
    "numpy.dtype",
    "_codecs.encode",
    *(
        f"numpy.dtypes.{name}DType"
        for name in ("Float64", "Float32", "Int64", "Int32", "UInt8", "Bool")
    ),
)


def read_container(path: Path) -> Container:
    """Return what kind of file this is, by its first bytes.

    Raises:
        CheckpointUnreadable: missing, empty, or of no known kind.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise CheckpointUnreadable(f"{path.name} is not a file. Give a checkpoint file.")
        with path.open("rb") as file:
            head = file.read(9)
    except FileNotFoundError:
        raise CheckpointUnreadable(
            f"There is no checkpoint {path.name} at the given place. Check the path."
        ) from None
    except OSError as error:
        raise CheckpointUnreadable(f"{path.name} cannot be read: {error.strerror}.") from None
    if size == 0:
        raise CheckpointUnreadable(f"{path.name} is empty. Copy or download it again.")
    if head.startswith(b"PK\x03\x04"):
        return "torch"
    # Before the pickle's 0x80, which is also how a header of 128 bytes begins.
    if len(head) == 9 and head[8:9] == b"{":
        (header_bytes,) = struct.unpack("<Q", head[:8])
        if header_bytes > _MAX_HEADER_BYTES:
            raise CheckpointUnreadable(
                f"{path.name} announces a header of {header_bytes} bytes; no checkpoint needs that"
                " much, so the file is damaged or not a checkpoint."
            )
        if header_bytes + 8 > size:
            raise CheckpointUnreadable(
                f"{path.name} ends at byte {size}, inside its header. Copy or download it again."
            )
        return "safetensors"
    if head[:1] == b"\x80":
        return "torch"
    raise CheckpointUnreadable(
        f"{path.name} is neither a safetensors file nor a PyTorch checkpoint (.pth, .tar)."
    )


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors and the metadata strings of a safetensors file.

    Raises:
        CheckpointUnreadable: damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = dict(file.metadata() or {})
            return {key: file.get_tensor(key) for key in file.keys()}, metadata  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, RuntimeError, OverflowError) as error:
        raise CheckpointUnreadable(
            f"{path.name} is damaged or cut short ({_first_line(error)})."
            " Copy or download it again."
        ) from None


def write_safetensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> str:
    """Write a file that is either complete or not there at all; return its sha256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        plain = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
        save_file(plain, temporary, metadata=metadata)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        digest = sha256_of(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return digest


def read_torch(path: Path) -> dict[str, Tensor]:
    """Return the state dict inside a torch container, with its keys as stored.

    Raises:
        CheckpointUnreadable: damaged, holds code or objects, or holds no state dict.
    """
    zipped = zipfile.is_zipfile(path)
    if zipped:
        _check_zip(path)
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(_inert_numpy()):
            warnings.simplefilter("ignore")
            # mmap checks that every tensor lies inside the file, and reads only what is used.
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except pickle.UnpicklingError as error:
        named = _refused_global(str(error))
        if named is None:
            raise _damaged(path, error) from None
        raise CheckpointUnreadable(
            f"{path.name} holds Python objects ({named}) besides weights and was not loaded."
            " Save only the state dict, or use a checkpoint you trust in the original layout."
        ) from None
    except MemoryError:
        raise CheckpointUnreadable(
            f"{path.name} asks for more memory than this machine has; it is probably damaged."
        ) from None
    except Exception as error:  # torch.load of hostile bytes raises nearly every type there is
        raise _damaged(path, error) from None
    return _state_dict(path, content)


def sha256_of(path: Path) -> str:
    """Return the hexadecimal sha256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def parse_json_object(path: Path, text: str) -> dict[str, Any]:  # JSON: any value until checked
    """Return a JSON object from a file's metadata.

    Raises:
        CheckpointUnreadable: it is not a JSON object.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise CheckpointUnreadable(f"The metadata in {path.name} are damaged.")
    return value


def _check_zip(path: Path) -> None:
    """Refuse archives that grow when read: torch stores records uncompressed."""
    try:
        with zipfile.ZipFile(path) as archive:
            packed = [
                info.filename
                for info in archive.infolist()
                if info.compress_type != zipfile.ZIP_STORED
            ]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _damaged(path, error) from None
    if packed:
        raise CheckpointUnreadable(
            f"{path.name} is a compressed archive, not a PyTorch checkpoint. Unpack it first."
        )


def _state_dict(path: Path, content: object) -> dict[str, Tensor]:
    if isinstance(content, Mapping):
        inner = next(
            (content[key] for key in _STATE_KEYS if isinstance(content.get(key), Mapping)), content
        )
        state = {
            key: value
            for key, value in inner.items()
            if isinstance(key, str)
            and isinstance(value, Tensor)
            and value.layout is torch.strided
            and value.device.type == "cpu"
        }
        if state:
            return state
    raise CheckpointUnreadable(
        f"{path.name} holds no weights: expected a dict with a state_dict, as CSC and PointContrast"
        " save it."
    )


class _Inert:
    """Stands in for a NumPy value: takes anything, keeps nothing."""

    def __new__(cls, *_: object) -> _Inert:
        return super().__new__(cls)

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


def _inert_numpy() -> list[Any]:  # what safe_globals takes
    """Return one inert class per NumPy name, told apart by module and qualified name only."""
    stand_ins = []
    for name in _NUMPY_NAMES:
        module, _, qualname = name.rpartition(".")
        stand_ins.append(
            type(qualname, (_Inert,), {"__module__": module, "__qualname__": qualname})
        )
    return stand_ins


def _refused_global(message: str) -> str | None:
    """Return the name that `weights_only` refused, from torch's message."""
    for marker in ("GLOBAL ", "Unsupported global: GLOBAL ", "Trying to call reduce for "):
        _, found, rest = message.partition(marker)
        if found:
            return rest.split()[0].strip("`'\",.")
    return None


def _damaged(path: Path, error: Exception) -> CheckpointUnreadable:
    return CheckpointUnreadable(
        f"{path.name} is damaged, cut short or not a checkpoint ({type(error).__name__})."
        " Copy or download it again."
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:160]
