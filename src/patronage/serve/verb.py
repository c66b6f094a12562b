"""The verb `serve` of the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve(
    root: Annotated[Path, typer.Option(help="Folder for results.")] = Path("runs/browser"),
    port: Annotated[int, typer.Option(help="Port on this machine; 0 for a free one.")] = 8000,
    browse: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """The same in a browser, on this machine alone."""
    import webbrowser

    from patronage.serve.server import Server

    server = Server(root, port)
    typer.echo(f"{server.address}  (results in {root}; Ctrl-C stops)")
    if browse:
        webbrowser.open(server.address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        typer.echo("stopped")
    finally:
        server.server_close()
        server.jobs.stop()
