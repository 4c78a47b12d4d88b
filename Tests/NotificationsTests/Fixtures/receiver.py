"""An HTTP server that behaves well or badly, by path. Each request becomes a JSON line of the log.

usage: receiver.py PORT PORTFILE LOG     PORT 0: a free one, told in PORTFILE

/ok 200   /fail/N 500 for the first N requests, then 200   /refuse/N the same with 404   /delay/N 200 after N seconds
/status/N that status   /retry-after/N 429 with N seconds   /retry-date/N 503 with a date in N seconds
/hang no answer   /elsewhere, /here redirects to another host, to /ok   /moved 302   /huge 1 GB   /slow a byte a second
/robot/N a chat robot's answer with errcode N   /lark/N the same with Feishu's names
"""
import email.utils
import http.server
import json
import sys
import threading
import time

counts = {}
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        entry = {
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode("utf-8", "replace"),
            "at": time.time(),
        }
        path = self.path.split("?")[0]
        with lock:
            counts[path] = counts.get(path, 0) + 1
            count = counts[path]
            with open(sys.argv[3], "a") as log:
                log.write(json.dumps(entry) + "\n")
        parts = path.strip("/").split("/")
        number = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
        kind = parts[0]
        if kind == "fail":
            self.answer(500 if count <= number else 200)
        elif kind == "refuse":
            self.answer(404 if count <= number else 200)
        elif kind == "delay":
            time.sleep(number)
            self.answer(200)
        elif kind == "status":
            self.answer(number)
        elif kind == "retry-after":
            self.answer(429, {"Retry-After": str(number)})
        elif kind == "elsewhere":
            self.answer(307, {"Location": "http://localhost:%d/ok" % self.server.server_port})
        elif kind == "here":
            self.answer(307, {"Location": "/ok"})
        elif kind == "moved":
            self.answer(302, {"Location": "/ok"})
        elif kind == "robot":
            self.answer(200, {}, json.dumps({"errcode": number, "errmsg": "ok" if number == 0 else "refused"}))
        elif kind == "lark":
            self.answer(200, {}, json.dumps({"code": number, "msg": "success" if number == 0 else "refused"}))
        elif kind == "retry-date":
            self.answer(503, {"Retry-After": email.utils.formatdate(time.time() + number, usegmt=True)})
        elif kind == "hang":
            time.sleep(30)
        elif kind in ("huge", "slow"):
            self.send_response(200)
            self.send_header("Content-Length", str(1 << 30))
            self.end_headers()
            try:
                for _ in range(1 << 14):
                    self.wfile.write(b"x" * (1 if kind == "slow" else 1 << 16))
                    self.wfile.flush()
                    if kind == "slow":
                        time.sleep(1)
            except OSError:
                pass
            self.close_connection = True
        else:
            self.answer(200)

    def answer(self, status, headers={}, text=""):
        data = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.daemon_threads = True
with open(sys.argv[2], "w") as file:
    file.write("%d\n" % server.server_port)
server.serve_forever()
