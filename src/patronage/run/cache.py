"""Where compiled programs are kept between runs, so that only the first run waits for them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

VARIABLE = "PATRONAGE_CACHE"
_SETTING = "jax_compilation_cache_dir"


def find_folder() -> Path | None:
    """The cache folder: $PATRONAGE_CACHE, else $XDG_CACHE_HOME/patronage, else ~/.cache/patronage.

    None where PATRONAGE_CACHE is set to nothing, or where nothing can be written there.
    """
    named = os.environ.get(VARIABLE)
    if named is not None and not named.strip():
        return None
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(named) if named else Path(base) / "patronage"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):  # RuntimeError: no home
        return None


def use_cache() -> Path | None:
    """Let jax keep compiled programs in the cache folder; a folder set for jax itself stays.

    Returns the folder in use, None for none.
    """
    import jax

    if kept := getattr(jax.config, _SETTING):
        return Path(kept)
    folder = find_folder()
    if folder is not None:
        jax.config.update(_SETTING, str(folder))
        # The many small programs of a run are quicker to compile than to read back.
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
    return folder


def folder_in_use() -> Path | None:
    """The folder in which jax keeps compiled programs, if it keeps any."""
    import jax

    kept = getattr(jax.config, _SETTING)
    return Path(kept) if kept else None
