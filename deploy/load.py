#!/usr/bin/env python3
"""Sends a fixed number of requests to a gateway at an even rate, and counts the answers.

    POLYHOST_API_KEY=KEY load.py URL [--reads N] [--uploads N] [--seconds S] [--upload-seconds S]

Reads and uploads are spread evenly over --seconds. The body of each upload takes --upload-seconds. Each request is sent
once: nothing is repeated. The exit code is 1 unless every read gets 200 and every upload 201.

Uploads go to the accounts at both simulated sites in turn. The gateways must share the session at streamplay.online:
otherwise the login of one ends the uploads of the other.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections import Counter
from urllib.parse import urlsplit

UPLOADS = ["/v1/accounts/pstream-demo/files", "/v1/accounts/streamplay-demo/files"]
READS = [
    "/v1/accounts/pstream-demo/folders/root/items",
    "/v1/accounts/streamplay-demo/folders/root/items",
    "/v1/accounts/pstream-demo",
    "/v1/accounts/streamplay-demo",
    "/v1/accounts",
    "/v1/me",
]
CONNECTIONS = 32  # for reads
PIECES = 16  # of an upload
PIECE = bytes(range(256)) * 64
ANSWER_SECONDS = 60
SHOWN = 8  # failures


class Connection:
    """An HTTP/1.1 connection that is opened when it is needed, and kept while both sides agree."""

    def __init__(self, server, key):
        self.server, self.key = server, key
        self.reader = self.writer = None

    async def request(self, method, path, body=(), pause=0.0):
        """Sends a request and returns the status and the body of its answer."""
        if self.writer is None or self.reader.at_eof():
            self.close()
            self.reader, self.writer = await asyncio.open_connection(self.server.hostname, self.server.port)
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.server.netloc}\r\nAuthorization: Bearer {self.key}\r\n"
        if body:
            head += f"Content-Length: {sum(map(len, body))}\r\nContent-Type: application/octet-stream\r\n"
        self.writer.write(head.encode() + b"\r\n")
        for piece in body:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(pause)
        return await self.answer()

    async def answer(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if "chunked" in fields.get("transfer-encoding", ""):
            body = b""
            while size := int(await self.reader.readline(), 16):
                body += await self.reader.readexactly(size)
                await self.reader.readexactly(2)
            await self.reader.readline()
        else:
            body = await self.reader.readexactly(int(fields.get("content-length", 0)))
        if fields.get("connection", "").lower() == "close":
            self.close()
        return int(first.split()[1]), body

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


class Load:
    """The counts of one run."""

    def __init__(self, server, key, options):
        self.server, self.key, self.options = server, key, options
        self.began = time.monotonic()
        self.counts, self.failures, self.slowest = Counter(), [], Counter()

    async def at(self, index, count):
        """Waits until request `index` of `count` is due."""
        due = self.began + self.options.seconds * index / count
        await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def send(self, connection, kind, expected, method, path, body=(), pause=0.0):
        began = time.monotonic()
        limit = ANSWER_SECONDS + pause * len(body)
        try:
            status, answer = await asyncio.wait_for(connection.request(method, path, body, pause), limit)
            failure = None if status == expected else answer[:300].decode(errors="replace")
        except (OSError, EOFError, ValueError) as error:
            connection.close()
            status, failure = type(error).__name__, str(error)
        took = time.monotonic() - began
        self.counts[kind, status] += 1
        self.slowest[kind] = max(self.slowest[kind], took)
        if failure is not None:
            self.failures.append(f"{began - self.began:.1f} s: {method} {path}: {status} after {took:.1f} s: {failure}")

    async def reads(self, worker):
        connection = Connection(self.server, self.key)
        for index in range(worker, self.options.reads, CONNECTIONS):
            await self.at(index, self.options.reads)
            await self.send(connection, "read", 200, "GET", READS[index % len(READS)])
        connection.close()

    async def upload(self, index):
        await self.at(index, self.options.uploads)
        connection = Connection(self.server, self.key)
        pause = self.options.upload_seconds / PIECES
        path = f"{UPLOADS[index % len(UPLOADS)]}?name=load-{index}.bin"
        await self.send(connection, "upload", 201, "POST", path, [PIECE] * PIECES, pause)
        connection.close()

    async def run(self):
        await asyncio.gather(
            *(self.reads(worker) for worker in range(CONNECTIONS)),
            *(self.upload(index) for index in range(self.options.uploads)),
        )

    def report(self):
        total = sum(self.counts.values())
        print(f"{total} requests in {time.monotonic() - self.began:.1f} s")
        for (kind, status), count in sorted(self.counts.items(), key=str):
            print(f"  {kind:8} {status!s:>24} {count:>8}")
        print("  slowest " + json.dumps({kind: round(took, 2) for kind, took in self.slowest.items()}))
        for failure in self.failures[:SHOWN]:
            print(f"  failed after {failure}")
        complete = total == self.options.reads + self.options.uploads
        return 0 if complete and not self.failures else 1


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("url", type=urlsplit)
    parser.add_argument("--reads", type=int, default=19_800)
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--upload-seconds", type=float, default=4)
    options = parser.parse_args()
    load = Load(options.url, os.environ["POLYHOST_API_KEY"], options)
    asyncio.run(load.run())
    return load.report()


if __name__ == "__main__":
    sys.exit(main())
