"""The browser's side: forms start the command line, and only this machine is served."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from patronage.errors import RunError
from patronage.serve.server import Server

Answer = tuple[int, str, str]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "secret.txt").write_text("not for you")
    made = Server(tmp_path / "root", 0)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    made.jobs.stop()


def ask(server: Server, method: str, path: str, body: str = "", **headers: str) -> Answer:
    """Status, page, and where it leads."""
    link = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    link.request(method, path, body or None, headers)
    answer = link.getresponse()
    return answer.status, answer.read().decode(), answer.getheader("Location") or ""


def post(server: Server, verb: str, **fields: str) -> Answer:
    return ask(server, "POST", f"/start/{verb}", urlencode({"token": server.token, **fields}))


def wait(server: Server, page: str) -> str:
    for _ in range(1800):  # a run compiles first
        _, text, _ = ask(server, "GET", page)
        if "<b>running</b>" not in text:
            return text
        time.sleep(0.1)
    raise AssertionError("the job does not end")


def test_home_has_a_form_for_each_verb(server: Server) -> None:
    status, text, _ = ask(server, "GET", "/")
    assert status == 200
    for verb in ("validate", "run", "claims", "branch", "explain", "sensitivity", "sources",
                 "diff", "new", "fit", "forecast", "score", "data%20import"):  # fmt: skip
        assert f'action="/start/{verb}"' in text
    assert 'action="/play"' in text
    # what nothing is there for yet
    for verb in ("card", "export", "compare"):
        assert f'action="/start/{verb}"' not in text
    assert '<option value="cuba">' in text


def test_a_form_starts_the_command_and_shows_what_it_says(server: Server) -> None:
    status, _, page = post(server, "validate", place="tiny")
    assert (status, page) == (303, "/job/1")
    text = wait(server, page)
    assert "<b>done</b>" in text
    assert "tiny is valid: 4 states" in text
    _, _, page = post(server, "validate", place="tinny")
    text = wait(server, page)
    assert "<b>failed</b>" in text
    assert "did you mean: tiny?" in text


@pytest.mark.slow
def test_a_run_shows_its_report(server: Server) -> None:
    _, _, page = post(server, "run", place="tiny", members="2")
    text = wait(server, page)
    assert "<b>done</b>" in text
    assert 'href="/files/001-run/out/report/report.html"' in text
    status, text, _ = ask(server, "GET", "/files/001-run/out/report/report.html")
    assert status == 200
    assert "What happened, by period" in text
    assert "001-run/out" in ask(server, "GET", "/")[1]


@pytest.mark.parametrize(
    ("verb", "fields", "words"),
    [
        ("rm", {"place": "tiny"}, "no such verb"),
        ("run", {"place": "--help"}, "which?"),
        ("run", {"place": "tiny", "out": "/tmp/x"}, "no such option"),
        ("compare", {"place": "../other"}, "no such run"),
    ],
)
def test_what_no_form_offers_is_refused(
    server: Server, verb: str, fields: dict[str, str], words: str
) -> None:
    status, text, _ = post(server, verb, **fields)
    assert status == 400
    assert words in text
    assert not server.jobs.all


def test_a_panel_a_scenario_and_what_follows_from_them(server: Server) -> None:
    """What one form has made, the next offers."""
    root = server.jobs.root
    for place in ("001-data-import/panel/codes.parquet", "002-new/scenario/scenario.yaml",
                  "003-forecast/out/forecast.parquet", "004-run/out/manifest.jsonl"):  # fmt: skip
        (root / place).parent.mkdir(parents=True)
        (root / place).touch()
    (root / "004-run/empty").mkdir()
    _, text, _ = ask(server, "GET", "/")
    for place in ("001-data-import/panel", "002-new/scenario", "003-forecast/out/forecast.parquet"):
        assert f'<option value="{root / place}">' in text
    assert "<option>004-run/out</option>" in text
    assert 'action="/start/card"' in text
    # a verb of two words, and one whose result is a file
    _, _, page = post(server, "data%20import", place=str(root / "004-run/empty"))
    assert "the folder holds no file" in wait(server, page)
    _, _, page = post(server, "forecast", place=str(root / "nowhere"), origin="1985")
    assert "there is no panel here" in wait(server, page)
    assert post(server, "forecast", place="x")[0] == 400  # without an origin


def test_a_job_is_stopped(server: Server) -> None:
    _, _, page = post(server, "run", place="cuba", members="100000", until="1991-12")
    assert "<button>stop</button>" in ask(server, "GET", page)[1]
    body = urlencode({"token": server.token})
    assert ask(server, "POST", "/stop/1", body)[2] == page
    assert "<b>failed</b>" in wait(server, page)


def test_a_game_that_cannot_begin(server: Server) -> None:
    for wrong, said in (
        ({"turn": "x"}, "is no number"),
        ({"turn": "0"}, "0 is out of range"),
        ({"rate": "1"}, "no such option"),
        ({"place": " "}, "which?"),
        ({"as": "ARK"}, "did you mean: ARC"),
    ):
        fields = {"token": server.token, "place": "tiny", "as": "ARC", **wrong}
        status, text, _ = ask(server, "POST", "/play", urlencode(fields))
        assert (status, said in text) == (400, True)
    assert ask(server, "GET", "/play/1")[0] == 404


@pytest.mark.slow
def test_a_game_is_played(server: Server) -> None:
    def send(path: str, **fields: str) -> Answer:
        return ask(server, "POST", path, urlencode({"token": server.token, **fields}))

    begun = {"place": "tiny", "as": "ARC", "until": "1950-12", "turn": "6"}
    status, _, page = send("/play", **begun)
    assert (status, page) == (303, "/play/1")
    text = ask(server, "GET", page)[1]
    assert "<option>credit</option>" in text
    assert "what happened" not in text.lower()
    send(page, **{"ARC:CYL": "credit", "ARC:CYL:size": "300", "ARC:BOR": ""})
    text = ask(server, "GET", page)[1]
    assert "ARC → CYL  credit  × 2" in text
    assert ask(server, "GET", f"{page}/moves.txt")[1] == "1950-02 ARC credit CYL 300\n"
    assert "ARC in Arcadia" in ask(server, "GET", "/")[1]
    status, text, _ = send(page, **{"ARC:CYL": "recognise"})
    assert (status, "not possible now" in text) == (400, True)
    send(page)
    assert "The game is over" in ask(server, "GET", page)[1]


def test_others_are_refused(server: Server) -> None:
    assert ask(server, "GET", "/", Host="evil.example:80")[0] == 403
    body = urlencode({"token": "guess", "place": "tiny"})
    assert ask(server, "POST", "/start/validate", body)[0] == 403
    for path in ("/files/../secret.txt", "/files/%2e%2e/secret.txt", "/files//etc/passwd", "/x"):
        status, text, _ = ask(server, "GET", path)
        assert status == 404
        assert "not for you" not in text


def test_a_port_that_is_taken_is_said(server: Server, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="the port cannot be had"):
        Server(tmp_path, server.server_port)
