"""One program for one person: a second start hands its files to the first and ends."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_PATIENCE_MS = 2000
_MOST_BYTES = 16 * 1024 * 1024


class Instance(QObject):
    """`called` gives the files of a later start, an empty list where it named none: then the window is wanted.

    folder: where the program keeps its journal; two programs with other folders run side by side.
    """

    called = Signal(list)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = f"media-uploader-{hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:16]}"
        self._server = QLocalServer(self)
        # Nobody else on this machine may put files into the queue.
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._welcome)
        self._heard: dict[QLocalSocket, bytes] = {}

    def hand_over(self, files: Sequence[Path]) -> bool:
        """Give the files to the one that runs; False where none does."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_PATIENCE_MS):
            return False
        socket.write(json.dumps([str(file.absolute()) for file in files]).encode() + b"\n")
        while socket.bytesToWrite() and socket.waitForBytesWritten(_PATIENCE_MS):
            pass
        # Its answer says that it has them; without, a program that hangs would swallow them.
        heard = socket.waitForReadyRead(_PATIENCE_MS)
        socket.disconnectFromServer()
        return heard

    def listen(self) -> bool:
        """Be the one; False where the system lets nobody listen, and every start is a program of its own."""
        if self._server.listen(self._name):
            return True
        # Left behind by a program that was killed.
        QLocalServer.removeServer(self._name)
        return self._server.listen(self._name)

    def close(self) -> None:
        self._server.close()

    def _welcome(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            self._heard[socket] = b""
            socket.readyRead.connect(lambda socket=socket: self._read(socket))
            socket.disconnected.connect(lambda socket=socket: self._end(socket))
            self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        if socket not in self._heard:
            return
        said = self._heard[socket] + bytes(socket.readAll().data())
        self._heard[socket] = said
        if b"\n" in said:
            socket.write(b"ok\n")
            socket.flush()
            self._end(socket)
            self.called.emit(_files(said))
        elif len(said) > _MOST_BYTES:
            socket.abort()

    def _end(self, socket: QLocalSocket) -> None:
        if self._heard.pop(socket, None) is not None:
            socket.disconnectFromServer()
            socket.deleteLater()


def _files(said: bytes) -> list[Path]:
    """Nothing where it is not what `hand_over` sends."""
    try:
        names = json.loads(said)
    except ValueError:
        return []
    return [Path(name) for name in names if isinstance(name, str)] if isinstance(names, list) else []
