"""A socket that reads and writes in large pieces, for a library that wants small ones."""

from __future__ import annotations

import socket
import ssl
import time

_PIECE = 32_768
_LEAVE_S = 1.0
_QUICK_ACK = getattr(socket, "TCP_QUICKACK", None)
"""Linux only. A broker without TCP_NODELAY holds its next packet back until the last one is acknowledged, and
Linux delays acknowledgements unless told otherwise after each read."""
_AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BufferedSocket:
    """Bytes in and out over a socket that does not block. Errors of the socket appear in :meth:`recv`.

    error : what broke it, or None; backlog : bytes that wait to be sent
    """

    def __init__(self, raw: socket.socket) -> None:
        self._raw = raw
        self._incoming = b""
        self._taken = 0
        self._outgoing = bytearray()
        self._ended = False
        self.error: OSError | None = None

    @property
    def backlog(self) -> int:
        """Bytes that wait to be sent."""
        return len(self._outgoing)

    @property
    def unread(self) -> bool:
        """Whether :meth:`recv` has something to say, be it the end."""
        return self._taken < len(self._incoming) or self._ended or self.error is not None

    def pending(self) -> bool:
        """Whether more can be read although the operating system sees nothing: TLS decrypts whole records."""
        return isinstance(self._raw, ssl.SSLSocket) and self._raw.pending() > 0

    def fill(self) -> None:
        """Read what is there, up to one piece."""
        try:
            self._incoming = self._raw.recv(_PIECE)
            self._taken = 0
            self._ended = not self._incoming
            if _QUICK_ACK is not None:
                self._raw.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
        except _AGAIN:
            return
        except OSError as error:
            self.error = error

    def flush(self) -> None:
        """Send what the operating system takes."""
        while self._outgoing and self.error is None:
            try:
                sent = self._raw.send(self._outgoing)
            except _AGAIN:
                return
            except OSError as error:
                self.error = error
                return
            del self._outgoing[:sent]

    def leave(self) -> None:
        """Send the rest and wait, a second at most, until the other side has gone too: nothing sent is cut off."""
        deadline = time.monotonic() + _LEAVE_S
        try:
            self._raw.settimeout(_LEAVE_S)
            self._raw.sendall(self._outgoing)
            self._raw.shutdown(socket.SHUT_WR)
            while self._raw.recv(_PIECE) and time.monotonic() < deadline:
                pass
        except (OSError, ValueError):
            return

    # ---- what the library calls

    def recv(self, size: int) -> bytes:
        """Up to ``size`` bytes; BlockingIOError if there are none, b"" at the end."""
        begin = self._taken
        piece = self._incoming[begin : begin + size]
        if piece:
            self._taken = begin + len(piece)
            return piece
        if self.error is not None:
            raise self.error
        if self._ended:
            return b""
        raise BlockingIOError

    def send(self, data: bytes | bytearray) -> int:
        """Take all of it, to be sent by :meth:`flush`."""
        self._outgoing += data
        if len(self._outgoing) > _PIECE:
            self.flush()
        return len(data)

    def close(self) -> None:
        """Close the socket."""
        self._raw.close()

    def fileno(self) -> int:
        """The file descriptor; -1 when closed."""
        return self._raw.fileno()

    def setblocking(self, flag: bool) -> None:
        """Nothing: it never blocks."""
