"""media-uploader: the desktop program."""

import argparse
import signal
import sys
from importlib.metadata import version
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication, QMessageBox

from gui import desktop_entry
from gui.models.instance import Instance
from gui.program import Places, Program, open_desk
from gui.transfer.errors import TransferError


def main(arguments: list[str] | None = None) -> int:
    """Run until the person ends it, or hand the files to the one that runs already."""
    chosen = _parser().parse_args(sys.argv[1:] if arguments is None else arguments)
    if chosen.install_desktop_entry:
        print(desktop_entry.install(desktop_entry.share_folder(), desktop_entry.running_program()))
        return 0
    app = make_application()
    places = Places.within(chosen.folder) if chosen.folder else Places.usual()
    instance = Instance(places.state)
    if instance.hand_over(chosen.files):
        return 0
    try:
        desk = open_desk(places)
    except (TransferError, OSError) as error:
        QMessageBox.critical(None, app.applicationDisplayName(), str(error))
        return 1
    instance.listen()
    program = Program(app, desk)
    instance.called.connect(program.called)
    program.start([file.absolute() for file in chosen.files])
    # Python sees signals only between its own steps; the journal survives an end at any moment.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return app.exec()
    finally:
        instance.close()
        program.close()


def make_application() -> QApplication:
    """With its names, and Qt's own texts in the person's language."""
    app = QApplication(sys.argv[:1])
    app.setApplicationName("media-uploader")
    app.setApplicationDisplayName(app.translate("Program", "Media uploader"))
    app.setDesktopFileName("media-uploader")
    for catalogue, folder in (
        ("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
        ("media-uploader", str(Path(__file__).parent / "resources")),
    ):
        translator = QTranslator(app)
        if translator.load(QLocale(), catalogue, "_", folder):
            app.installTranslator(translator)
    return app


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="media-uploader", description="Send files to a media appliance, in a window. See media-upload for scripts."
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files and folders to be sent at once")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keep settings, connections and the journal here")
    parser.add_argument(
        "--install-desktop-entry", action="store_true", help="put the program into this user's menus (Linux), and end"
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('media-appliance')}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
