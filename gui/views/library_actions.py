"""What can be done with chosen files of a library: actions with keys, for its menus and for tests."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QKeySequence
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from gui.desk import Desk
from gui.models import words
from gui.models.links import filled
from gui.transfer.client import ApplianceClient
from gui.transfer.downloads.remote import RemoteFile
from gui.transfer.errors import TransferError
from gui.transfer.library.files import LibraryFile
from gui.transfer.offers import Record
from gui.transfer.places import downloads_folder
from gui.transfer.transfers import Links
from gui.views.library_dialogs import ShareDialog, ask_folder, ask_tags, ask_title

_OPENED_AT_ONCE = 10
#: One call of the API for one file; None: the feed tells what became of it.
Call = Callable[[ApplianceClient, LibraryFile], Record | None]


class LibraryActions(QObject):
    """Acts on what is chosen when it is asked for. `copied` tells what was put on the clipboard, `noted` a sentence."""

    copied = Signal(str, str)
    noted = Signal(str)

    def __init__(
        self,
        desk: Desk,
        chosen: Callable[[], list[LibraryFile]],
        folders: Callable[[], list[str]],
        owner: QWidget,
    ) -> None:
        """chosen: what is chosen at this moment. folders: those that there are, to move files into."""
        super().__init__(owner)
        self._now = chosen
        self._desk, self._libraries, self._folders, self._owner = desk, desk.libraries, folders, owner
        self._chosen: list[LibraryFile] = []
        self.download = self._action(self.tr("&Download…"), "Ctrl+D", self._download)
        self.open = self._action(self.tr("&Open watch page"), "Ctrl+O", self._open)
        self.copy_link = self._action(self.tr("&Copy link"), "Ctrl+C", self._copy)
        self.copy_permanent = self._action(self.tr("Copy p&ermanent link"), "Ctrl+Shift+C", self._copy_permanent)
        self.share = self._action(self.tr("&Share…"), "Ctrl+Shift+S", self._share)
        self.rename = self._action(self.tr("&Rename…"), "F2", self._rename)
        self.tag = self._action(self.tr("&Tags…"), "Ctrl+T", self._tag)
        self.move = self._action(self.tr("&Move…"), "Ctrl+M", self._move)
        self.make_private = self._action(self.tr("Make pri&vate"), "", partial(self._expose, "private"))
        self.make_public = self._action(self.tr("Make p&ublic"), "", partial(self._expose, "public"))
        self.trash = self._action(self.tr("Move to t&rash"), "Del", self._trash)
        self.restore = self._action(self.tr("Restore"), "Ctrl+Shift+R", self._restore)
        self.choose([])

    def choose(self, chosen: Sequence[LibraryFile]) -> None:
        """Those that make no sense for any of it are greyed."""
        self._chosen = list(chosen)
        live = [one for one in chosen if not one.trashed]
        self.download.setEnabled(any(one.stored for one in chosen))
        self.restore.setEnabled(any(one.trashed for one in chosen))
        for action in (self.open, self.copy_link, self.copy_permanent, self.share, self.tag, self.move, self.trash):
            action.setEnabled(bool(live))
        self.rename.setEnabled(len(live) == 1)
        self.make_private.setEnabled(any(not one.private for one in live))
        self.make_public.setEnabled(any(one.private for one in live))

    def menu(self, parent: QWidget) -> QMenu:
        """All that can be done with what is chosen, in groups."""
        menu = QMenu(parent)
        for group in (
            (self.open, self.copy_link, self.copy_permanent),
            (self.download, self.share),
            (self.rename, self.tag, self.move),
            (self.make_private, self.make_public),
            (self.restore, self.trash),
        ):
            menu.addActions([one for one in group if one.isEnabled()])
            menu.addSeparator()
        return menu

    def download_folder(self, folder: str) -> None:
        """All files of a folder and below, under its own name."""
        above = folder.rpartition("/")[0]
        files = [
            (one, one.folder[len(above) :].lstrip("/"))
            for one in self._libraries.model.all()
            if one.stored and (not folder or one.folder == folder or one.folder.startswith(f"{folder}/"))
        ]
        self._fetch(files)

    def share_folder(self, folder: str) -> None:
        """What is in it and below, now and later."""
        name = folder.rpartition("/")[2] or self.tr("everything")
        self._ask_share(self.tr("the folder {name}").format(name=name), path=folder)

    def _action(self, text: str, keys: str, work: Callable[[], None]) -> QAction:
        action = QAction(text, self)
        if keys:
            action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(partial(self._act, work))
        self._owner.addAction(action)
        return action

    def _act(self, work: Callable[[], None]) -> None:
        """On what is chosen now: the page tells of a choice a moment late, when it has come to rest."""
        self._chosen = self._now()
        work()

    def _live(self) -> list[LibraryFile]:
        return [one for one in self._chosen if not one.trashed]

    def _download(self) -> None:
        self._fetch([(one, "") for one in self._chosen if one.stored])

    def _fetch(self, files: Sequence[tuple[LibraryFile, str]]) -> None:
        if not files:
            self.noted.emit(self.tr("There is nothing to download."))
            return
        last = self._desk.settings.remembered("download_folder") or str(downloads_folder())
        chosen = QFileDialog.getExistingDirectory(self._owner, self.tr("Download into"), last)
        if not chosen:
            return
        self._desk.settings.remember("download_folder", chosen)
        self._libraries.download(
            [RemoteFile(one.file_id, one.name, below, one.size, one.etag, one.sha256) for one, below in files],
            Path(chosen),
        )

    def _open(self) -> None:
        for one in self._live()[:_OPENED_AT_ONCE]:
            QDesktopServices.openUrl(QUrl(one.page))

    def _copy(self) -> None:
        self._put(self._desk.settings.copy_template, self.tr("Link"))

    def _copy_permanent(self) -> None:
        self._put("{link}", self.tr("Permanent link"))

    def _put(self, template: str, name: str) -> None:
        lines = [filled(template, one.name, Links(one.link, page=one.page)) for one in self._live()]
        if lines:
            self.copied.emit(name, "\n".join(lines))

    def _share(self) -> None:
        files = self._live()
        if files:
            what = files[0].name if len(files) == 1 else words.files(len(files))
            self._ask_share(what, file_ids=[one.file_id for one in files])

    def _ask_share(self, what: str, *, file_ids: list[str] | None = None, path: str | None = None) -> None:
        dialog = ShareDialog(what, self._owner)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        connection, book = self._libraries.connection, self._desk.connections

        def make() -> None:
            answer = dialog.answer()

            def work() -> str:
                client = book.client(connection)
                return client.share(file_ids=file_ids, path=path, **answer).url  # type: ignore[arg-type]

            said = self.tr("The share's link")
            self._desk.background.run(work, lambda url: self.copied.emit(said, url), self._failed)

        dialog.accepted.connect(make)
        dialog.open()

    def _rename(self) -> None:
        files = self._live()
        if len(files) == 1 and (title := ask_title(self._owner, files[0])) is not None:
            self._run(files, lambda client, one: client.edit(one.file_id, title=title))

    def _tag(self) -> None:
        files = self._live()
        change = ask_tags(self._owner, files) if files else None
        if change is None:
            return
        added, removed = change

        def work(client: ApplianceClient, one: LibraryFile) -> Record:
            kept = [tag for tag in one.tags if tag not in removed]
            return client.edit(one.file_id, tags=kept + sorted(added - set(kept)))

        self._run(files, work)

    def _move(self) -> None:
        files = self._live()
        folder = ask_folder(self._owner, self._folders(), files) if files else None
        if folder is not None:
            self._run(files, lambda client, one: client.edit(one.file_id, path=folder))

    def _expose(self, visibility: str) -> None:
        files = [one for one in self._live() if one.private is (visibility == "public")]
        self._run(files, lambda client, one: client.edit(one.file_id, visibility=visibility))

    def _trash(self) -> None:
        # Nothing is asked: the trash gives everything back for 30 days.
        self._run(self._live(), lambda client, one: client.trash(one.file_id))

    def _restore(self) -> None:
        self._run([one for one in self._chosen if one.trashed], lambda client, one: client.restore(one.file_id))

    def _run(self, files: Sequence[LibraryFile], call: Call) -> None:
        """One call a file, in the background; what is answered shows at once, and the feed brings the rest."""
        library, connection = self._libraries.library, self._libraries.connection
        if not files or library is None:
            return

        def work() -> list[str]:
            client, failures = self._desk.connections.client(connection), []
            for one in files:
                try:
                    record = call(client, one)
                    if record is not None:
                        library.take(record)
                except TransferError as error:
                    failures.append(f"{one.name}: {error}")
            return failures

        self._desk.background.run(work, partial(self._worked, len(files)), self._failed)

    def _worked(self, count: int, failures: list[str]) -> None:
        if not failures:
            return
        if count == 1:
            self.noted.emit(failures[0])
        else:
            text = self.tr("{failed} of {count} did not work. {first}")
            self.noted.emit(text.format(failed=len(failures), count=count, first=failures[0]))

    def _failed(self, error: TransferError) -> None:
        self.noted.emit(str(error))
