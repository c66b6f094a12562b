"""The server: Python's own, bound to this machine, for one person.

A page can start what the command line can. So requests from elsewhere are refused: the socket
listens on the loopback address, the Host header must be local (a foreign name that resolves to this
machine is not), and a form must carry the token of the server's own pages.
"""

from __future__ import annotations

import mimetypes
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from patronage.errors import PatronageError, RunError
from patronage.serve import pages
from patronage.serve.jobs import Jobs
from patronage.serve.tables import Tables

LOCAL = ("127.0.0.1", "localhost", "[::1]")
MOST_FORM = 100_000  # bytes


class Server(ThreadingHTTPServer):
    """Serves forms, jobs and results below `root` on a port of this machine; 0 for any free one.

    Errors: RunError for a port that cannot be had.
    """

    daemon_threads = True

    def __init__(self, root: str | Path, port: int = 8000) -> None:
        self.jobs, self.tables = Jobs(Path(root).resolve()), Tables()
        self.token = secrets.token_urlsafe(16)
        try:
            super().__init__((LOCAL[0], port), Handler)
        except (OSError, OverflowError) as error:
            raise RunError(f"the port cannot be had: {error}", where=f"port {port}") from None

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{LOCAL[0]}:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        """Home, a job, a game, or a file below the root."""
        if not self._is_local():
            return
        path, jobs = unquote(urlsplit(self.path).path), self.server.jobs
        kind, _, rest = path.strip("/").partition("/")
        if path == "/":
            from patronage.serve import table_pages

            play = table_pages.begin(self.server.tables, self.server.token)
            self._send(pages.home(jobs, play, self.server.token))
        elif kind == "job" and (job := next((j for j in jobs.all if str(j.number) == rest), None)):
            self._send(pages.show_job(job, jobs.root, self.server.token))
        elif kind == "play" and (text := self._show_table(rest)):
            self._send(*text)
        elif kind == "files" and (file := self._find(rest)):
            self._send(file.read_bytes(), mimetypes.guess_type(file.name)[0] or "text/plain")
        else:
            self._send(pages.show_fault(f"nothing at {path}"), status=HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Start or stop a verb, or play a turn, from a form."""
        if not self._is_local():
            return
        size = int(self.headers.get("Content-Length") or 0)
        if not 0 <= size <= MOST_FORM:
            self._send(pages.show_fault("too large"), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        form = parse_qs(self.rfile.read(size).decode("utf-8", "replace"))
        token = form.pop("token", [""])[0]
        if not secrets.compare_digest(token.encode(), self.server.token.encode()):
            self._send(pages.show_fault("no form of this server"), status=HTTPStatus.FORBIDDEN)
            return
        try:
            place = self._act(unquote(urlsplit(self.path).path).strip("/"), form)
        except PatronageError as error:
            self._send(pages.show_fault(str(error)), status=HTTPStatus.BAD_REQUEST)
            return
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", place)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _act(self, path: str, form: dict[str, list[str]]) -> str:
        """Do what a form asks; returns the page that follows.

        Errors: PatronageError for what is not possible.
        """
        kind, _, rest = path.partition("/")
        jobs, tables = self.server.jobs, self.server.tables
        places = form.pop("place", [])
        options = {name: values[0] for name, values in form.items()}
        if kind == "start":
            return f"/job/{jobs.start(rest, places, options).number}"
        if kind == "stop":
            jobs.stop(rest)
            return f"/job/{rest}"
        if path == "play":
            return f"/play/{tables.begin(places[0] if places else '', options)}"
        if kind == "play" and rest in tables.all:
            tables.play(rest, options)
            return f"/play/{rest}"
        raise RunError("nothing here", where=f"/{path}")

    def _show_table(self, place: str) -> tuple[str, str] | None:
        """A game, or its moves as a script: text and kind."""
        from patronage.serve import table_pages

        number, _, file = place.partition("/")
        if number not in self.server.tables.all or file not in ("", "moves.txt"):
            return None
        table = self.server.tables.all[number]
        if file:
            return table.game.script(), "text/plain"
        return table_pages.show(table, number, self.server.token), "text/html"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged: the jobs are shown in the browser."""

    def _is_local(self) -> bool:
        name = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if name not in LOCAL:
            self._send(pages.show_fault("not from here"), status=HTTPStatus.FORBIDDEN)
        return name in LOCAL

    def _find(self, place: str) -> Path | None:
        """A file below the root, and nothing above it."""
        root = self.server.jobs.root
        file = (root / place).resolve()
        return file if file.is_relative_to(root) and file.is_file() else None

    def _send(
        self, body: str | bytes, kind: str = "text/html", status: HTTPStatus = HTTPStatus.OK
    ) -> None:
        data = body.encode("utf-8") if isinstance(body, str) else body
        self.send_response(status)
        text = kind.startswith("text/")
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if text else kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(data)
