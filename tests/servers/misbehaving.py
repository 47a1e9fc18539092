"""A real HTTP server on loopback whose paths are named by what they do wrong.

Run as `python misbehaving.py [ADDRESS]`; prints its port and serves until killed. Standard
library only. With 0.0.0.0 every loopback address answers, so that each case can have its own.
"""

import gzip
import json
import sys
import time
import zlib
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GOOD = {"name": "get_colour", "description": "Get a colour.", "inputSchema": {"type": "object"}}
MB = 1024 * 1024
LOGIN = 'Bearer realm="x", scope="read", resource_metadata="https://example.com/.well-known/x"'


@cache
def bomb():
    """200 MB of nothing in 200 kB, as gzip."""
    packer = zlib.compressobj(wbits=31)
    return b"".join([*(packer.compress(bytes(MB)) for _ in range(200)), packer.flush()])


@cache
def double_bomb():
    return gzip.compress(bomb())


def named(*names):
    return [GOOD | {"name": name} for name in names]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path == "/sse-endless":
            self._head(200, "text/event-stream", chunked=True)
            self._drip(b": ping\n\n")
        elif self.path == "/sse-elsewhere":
            self._send(
                200, b"event: endpoint\ndata: https://example.com/post\n\n", "text/event-stream"
            )
        else:
            self._send(405, b"no", "text/plain")

    def do_DELETE(self):
        self._send(405, b"", "text/plain")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        message = json.loads(body)
        name = self.path.strip("/").replace("-", "_")
        getattr(self, "on_" + name, self.on_good)(message)

    def on_good(self, message, tools=None, extra=None):
        if "id" not in message:
            return self._send(202, b"", "application/json")
        if message["method"] == "initialize":
            return self._result(
                message,
                {
                    "protocolVersion": "2025-06-18",
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "x"},
                },
            )
        if message["method"] == "tools/list":
            return self._result(
                message, {"tools": tools if tools is not None else [GOOD]} | (extra or {})
            )
        return self._error(message, -32000, 400)

    def on_unauthorized(self, message):
        self.send_response(401)
        self.send_header("WWW-Authenticate", LOGIN)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def on_forbidden(self, message):
        self._send(403, b"", "text/plain")

    def on_busy(self, message):
        self.send_response(429)
        self.send_header("Retry-After", "3600")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def on_html(self, message):
        self._send(200, b"<html>hello</html>", "text/html")

    def on_broken_json(self, message):
        self._send(200, b'{"jsonrpc": "2.0", ', "application/json")

    def on_invalid_utf8(self, message):
        self._send(200, b'{"jsonrpc": "2.0", "id": 1, "result": "\xff\xfe"}', "application/json")

    def on_hang(self, message):
        time.sleep(60)

    def on_silent_discover(self, message):
        if message["method"] == "server/discover":
            time.sleep(60)
        self.on_good(message)

    def on_drop(self, message):
        self.connection.close()
        self.close_connection = True

    def on_huge(self, message):
        self._head(200, "application/json", chunked=True)
        for _ in range(200):
            self._chunk(b" " * MB)

    def on_gzip_bomb(self, message):
        self._encoded("gzip", bomb())

    def on_brotli_bomb(self, message):
        self._encoded("br", bytes.fromhex("5b ff ff 3f 00"))

    def on_double_bomb(self, message):
        self._encoded("gzip, gzip", double_bomb())

    def on_bad_gzip(self, message):
        self._encoded("gzip", b"this is no gzip")

    def _encoded(self, encoding, data):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def on_says_huge(self, message):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(1024 * MB))
        self.end_headers()
        self._drip(b" ")

    def on_endless_headers(self, message):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(1_000_000):
            self.wfile.write(b"X-%d: %s\r\n" % (number, b"a" * 100))

    def on_slow_headers(self, message):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(60):
            self.wfile.write(b"X-%d: a\r\n" % number)
            time.sleep(1)

    def on_no_http(self, message):
        self.wfile.write(b"220 mail.example ESMTP\r\n")
        self.close_connection = True

    def on_wrong_type(self, message):
        self._send(200, b'{"jsonrpc": "2.0", "id": 1, "result": {}}', "application/octet-stream")

    def on_other_json(self, message):
        self._send(200, b'{"status": "ok"}', "application/json")

    def on_server_error(self, message):
        self._send(500, b"boom", "text/plain")

    def on_sse_flood(self, message):
        self._head(200, "text/event-stream", chunked=True)
        for _ in range(100_000):
            self._chunk(b'data: {"jsonrpc": "2.0", "method": "notifications/message"}\n\n')

    def on_big_pages(self, message):
        text = "x" * (4 * MB)
        self.on_good(
            message,
            tools=[GOOD | {"_meta": text}],
            extra={"nextCursor": text[:9] + str(time.monotonic_ns())},
        )

    def on_changing_pages(self, message):
        cursor = message.get("params", {}).get("cursor")
        second = [GOOD | {"description": "Delete a colour."}, *named("b")]
        if cursor:
            return self.on_good(message, tools=second)
        return self.on_good(message, tools=named("get_colour", "a"), extra={"nextCursor": "2"})

    def on_duplicate_keys(self, message):
        if message.get("method") != "tools/list":
            return self.on_good(message)
        tool = '{"name":"first","name":"second","description":"a","description":"b"}'
        text = f'{{"jsonrpc":"2.0","id":{message["id"]},"result":{{"tools":[{tool}]}}}}'
        return self._send(200, text.encode(), "application/json")

    def on_lone_surrogates(self, message):
        self.on_good(message, tools=[{"name": "odd\ud800", "description": "\udfff"}])

    def on_slow(self, message):
        self._head(200, "application/json", chunked=True)
        self._drip(b" ")

    def on_sse_without_end(self, message):
        self._head(200, "text/event-stream", chunked=True)
        self._drip(b": ping\n\n")

    def on_basic_login(self, message):
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="intranet"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def on_empty_answer(self, message):
        self._send(200, b"", "application/json")

    def on_no_list(self, message):
        self.on_good(message, tools="none")

    def on_number_cursor(self, message):
        self.on_good(message, extra={"nextCursor": 7})

    def on_another_id(self, message):
        self.on_good(message | {"id": "another"} if "id" in message else message)

    def on_bad_session(self, message):
        if message.get("method") != "initialize":
            return self.on_good(message)
        body = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}}
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Mcp-Session-Id", "caf\xe9\x01")
        text = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": body}).encode()
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        return self.wfile.write(text)

    def on_wait_for_ever(self, message):
        self.send_response(503)
        self.send_header("Retry-After", "9" * 400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def on_to_private(self, message):
        self._redirect("http://10.0.0.1/mcp")

    def on_to_link_local(self, message):
        self._redirect("http://169.254.169.254/latest/meta-data/")

    def on_to_loopback(self, message):
        self._redirect("http://127.0.0.1:1/")

    def on_to_file(self, message):
        self._redirect("file:///etc/passwd")

    def on_to_itself(self, message):
        self._redirect("/to-itself")

    def _redirect(self, target):
        self.send_response(307)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def on_same_cursor(self, message):
        self.on_good(message, extra={"nextCursor": "again"})

    def on_empty_cursor(self, message):
        self.on_good(message, extra={"nextCursor": ""})

    def on_endless_pages(self, message):
        self.on_good(message, extra={"nextCursor": str(time.monotonic_ns())})

    def on_one_malformed(self, message):
        self.on_good(
            message,
            tools=[
                GOOD,
                {"description": "no name"},
                "text",
                None,
                {"name": "odd", "inputSchema": True},
            ],
        )

    def on_all_malformed(self, message):
        self.on_good(message, tools=[None, 5, {"description": "Delete everything"}])

    def on_many_tools(self, message):
        self.on_good(message, tools=[{"name": f"t{i}"} for i in range(100_000)])

    def on_deep_schema(self, message):
        deep = '{"a":' * 10_000 + "1" + "}" * 10_000
        if message.get("method") != "tools/list":
            return self.on_good(message)
        text = f'{{"jsonrpc":"2.0","id":{message["id"]},"result":{{"tools":[{{"name":"deep","inputSchema":{deep}}}]}}}}'
        return self._send(200, text.encode(), "application/json")

    def on_no_tools(self, message):
        if message.get("method") == "initialize":
            return self._result(message, {"protocolVersion": "2025-06-18", "capabilities": {}})
        return self.on_good(message)

    def on_priming_event(self, message):
        if "id" not in message or message["method"] == "server/discover":
            return self.on_good(message)
        result = (
            {"tools": [GOOD]}
            if message["method"] == "tools/list"
            else {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}}
        )
        text = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result})
        note = json.dumps({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
        return self._send(
            200,
            f"id: 0\ndata:\n\nevent: message\ndata: {note}\n\nevent: message\ndata: {text}\n\n".encode(),
            "text/event-stream",
        )

    def _result(self, message, result):
        self._send(
            200,
            json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode(),
            "application/json",
        )

    def _error(self, message, code, status):
        error = {
            "jsonrpc": "2.0",
            "id": message.get("id"),
            "error": {"code": code, "message": "no"},
        }
        self._send(status, json.dumps(error).encode(), "application/json")

    def _send(self, status, body, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _head(self, status, kind, *, chunked):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _drip(self, data):
        for _ in range(60):
            self._chunk(data)
            self.wfile.flush()
            time.sleep(1)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # all cases may knock at once

    def handle_error(self, request, client_address):
        pass  # a client that hangs up is the point


if __name__ == "__main__":
    server = Server((sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1", 0), Handler)
    double_bomb()  # made before anybody waits for it
    print(server.server_address[1], flush=True)
    sys.stdout.close()
    server.serve_forever()
