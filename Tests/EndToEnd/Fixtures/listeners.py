"""Opens many live streams at once and waits until each has told of an alarm: PORT TOKEN COUNT."""
import selectors
import socket
import sys
import time
import resource

port, token, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
request = (
    f"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
).encode()
selector = selectors.DefaultSelector()
text = {}
for _ in range(count):
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(request)
    connection.setblocking(False)
    selector.register(connection, selectors.EVENT_READ)
    text[connection] = b""

listening, heard, end = set(), {}, time.time() + 120
while len(heard) < count and time.time() < end:
    for key, _ in selector.select(1):
        connection = key.fileobj
        data = connection.recv(65536)
        if not data:
            sys.exit(f"a stream ended: {text[connection][-300:]}")
        received = text[connection] + data
        text[connection] = received[-100:]
        if connection not in listening and b"event: status" in received:
            listening.add(connection)
            if len(listening) == count:
                print(f"listening {count}", flush=True)
        if connection not in heard and b"event: alarm" in received:
            heard[connection] = time.time()
if len(heard) < count:
    sys.exit(f"only {len(heard)} of {count} heard of the alarm, {len(listening)} listened")
print(f"heard {count} spread {max(heard.values()) - min(heard.values()):.3f} s")
