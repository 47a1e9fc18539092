"""A real v0.1 registry on loopback: python registry.py DUMP.json [PORT [STYLE]]; prints its port.

Serves the entries of a dump in pages of at most 100, by offset cursors. Styles: current; legacy
(`next_cursor`); endless (the same cursor for ever);
delta (heeds `updated_since` and `include_deleted`, which the others ignore); STATUS@N (answers the Nth request, from 1,
with that status, and is a delta else); refuses-NAME (400 to requests with that parameter, as older
registries, and is a delta else). Ignores `version`, as some registries do.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


def serve(all_entries: list, port: int = 0, style: str = "current") -> ThreadingHTTPServer:
    """Return a server that has not been started; `style` legacy answers in snake_case."""

    class Registry(BaseHTTPRequestHandler):
        requests: list[str] = []  # noqa: RUF012 - one list a server on purpose

        def do_GET(self) -> None:
            self.requests.append(self.path)
            parts = urlsplit(self.path)
            query = parse_qs(parts.query)
            if (refused := self.refused(query)) is not None:
                return self.answer(refused, {"title": "Refused"})
            if not parts.path.endswith("/v0.1/servers"):
                return self.answer(404, {"title": "Not Found", "status": 404})
            limit = int(query.get("limit", ["30"])[0])
            if not 1 <= limit <= 100:
                return self.answer(422, {"title": "Unprocessable Entity", "status": 422})
            entries = list(all_entries)
            heeds = style not in ("current", "legacy", "endless")
            if "include_deleted" not in query and heeds:
                entries = [e for e in entries if not is_withdrawn(e)]
            if "updated_since" in query and heeds:
                since = query["updated_since"][0]
                entries = [e for e in entries if updated(e) >= since]
            start = int(query.get("cursor", ["0"])[0].rpartition("@")[2])
            page = entries[start : start + limit]
            end = start + limit
            cursor = f"{style}@{end}" if end < len(entries) else None
            if style == "legacy":
                return self.answer(200, {"servers": page, "metadata": {"next_cursor": cursor}})
            if style == "endless":
                return self.answer(200, {"servers": page, "metadata": {"nextCursor": "again@0"}})
            meta = {"count": len(page)} | ({"nextCursor": cursor} if cursor else {})
            return self.answer(200, {"servers": page, "metadata": meta})

        def refused(self, query: dict) -> int | None:
            status, at, number = style.partition("@")
            if at and int(number) == len(self.requests):
                return int(status)
            return 400 if style.removeprefix("refuses-") in query else None

        def answer(self, status: int, body: dict) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing: the test says what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Registry)
    server.daemon_threads = True
    return server


def updated(entry: dict) -> str:
    """Return when an entry changed; one that does not say always has."""
    notes = entry.get("_meta", {}).values()
    return next((str(n["updatedAt"]) for n in notes if "updatedAt" in n), "9999")


def is_withdrawn(entry: dict) -> bool:
    """Say whether an entry is of a server that was taken back."""
    return any(notes.get("status") == "deleted" for notes in entry.get("_meta", {}).values())


if __name__ == "__main__":
    dump = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["servers"]
    port, style = (*sys.argv[2:], *("0", "current")[len(sys.argv) - 2 :])
    running = serve(dump, int(port), style)
    print(running.server_address[1], flush=True)
    running.serve_forever()
