# SPDX-License-Identifier: MIT
"""What stands in a broker's place and is none."""
import socket
import threading

CONNACK_GOOD = bytes((0x20, 3, 0, 0, 0))
CONNACK_UNAVAILABLE = bytes((0x20, 3, 0, 0x88, 0))


class FakeBroker:
    """
    Listens where the broker did. answer: what a CONNECT gets (None = never a word); then what comes is swallowed if stays, else the
    connection ends. .connects counts those of kneadd, the witness apart.
    """

    def __init__(self, port, answer=None, stays=True):
        self.answer, self.stays = answer, stays
        self.connects, self.open = 0, []
        self.server = socket.create_server(("127.0.0.1", port), backlog=64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            self.open.append(client)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            first = client.recv(4096)
            self.connects += b"kneadd" in first
            if self.answer is not None and b"witness" not in first:
                client.sendall(self.answer)
                if not self.stays:
                    client.close()
                    return
            while client.recv(65536):
                pass
        except OSError:
            pass

    def stop(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        for client in self.open:
            try:
                client.shutdown(socket.SHUT_RDWR)  # a mere close() would wait for the thread that reads
            except OSError:
                pass
            client.close()
