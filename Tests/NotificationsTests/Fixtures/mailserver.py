"""An SMTP server with STARTTLS and AUTH PLAIN. Each message becomes a JSON line of the log.

usage: mailserver.py PORTFILE LOG CERTIFICATE KEY [--plain]     --plain: without STARTTLS

Mail for refused@... gets 550, for busy@... 451.
"""
import base64
import json
import socketserver
import ssl
import sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[3], sys.argv[4])
offers_tls = "--plain" not in sys.argv


class Handler(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write((line + "\r\n").encode())
        self.wfile.flush()

    def handle(self):
        tls, user, sender, to = False, None, None, []
        self.say("220 test ESMTP")
        while True:
            line = self.rfile.readline()
            if not line:
                return
            words = line.decode("utf-8", "replace").strip()
            verb = words.split(" ")[0].upper()
            if verb == "EHLO":
                self.say("250-test")
                if offers_tls and not tls:
                    self.say("250-STARTTLS")
                if tls:
                    self.say("250-AUTH PLAIN")
                self.say("250 8BITMIME")
            elif verb == "STARTTLS" and offers_tls:
                self.say("220 go on")
                self.connection = context.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb")
                tls = True
            elif verb == "AUTH":
                code = words.split(" ")[2] if len(words.split(" ")) > 2 else None
                if code is None:
                    self.say("334 ")
                    code = self.rfile.readline().decode().strip()
                _, user, password = base64.b64decode(code).decode().split("\0")
                self.say("235 welcome" if password == "geheim" else "535 no")
            elif verb == "MAIL":
                sender = words
                self.say("250 ok")
            elif verb == "RCPT":
                if "refused@" in words:
                    self.say("550 no such user")
                elif "busy@" in words:
                    self.say("451 later")
                else:
                    to.append(words)
                    self.say("250 ok")
            elif verb == "DATA":
                if not to:
                    self.say("554 nobody")
                    continue
                self.say("354 go on")
                lines = []
                while True:
                    line = self.rfile.readline().decode()
                    if line == ".\r\n" or not line:
                        break
                    lines.append(line[1:] if line.startswith("..") else line)
                with open(sys.argv[2], "a") as log:
                    log.write(json.dumps(
                        {"tls": tls, "user": user, "from": sender, "to": to, "message": "".join(lines)}) + "\n")
                to = []
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("502 what?")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
with open(sys.argv[1], "w") as file:
    file.write("%d\n" % server.server_address[1])
server.serve_forever()
