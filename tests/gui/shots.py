"""Pictures of every view: `python -m tests.gui.shots FOLDER light|dark`, at the scale of QT_SCALE_FACTOR.

A process of its own for each, because Qt reads its scale once.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtWidgets import QWidget

from gui.app import make_application
from gui.models.order import Filter
from gui.program import Places, Program, open_desk
from gui.theme import Look
from gui.transfer.hotfolders.profiles import After, Profile
from gui.views.pages import PAGES
from tests.gui.rows import of_every_kind

_SETTLE_S = 0.3


class Camera:
    """Writes what a window shows, under a name that says which look and scale it is."""

    def __init__(self, program: Program, folder: Path, look: Look) -> None:
        self._program, self._folder, self._look = program, folder, look
        self._scale = round(float(os.environ.get("QT_SCALE_FACTOR", "1")) * 100)

    def take(self, name: str, widget: QWidget | None = None) -> None:
        """The window, or another widget, once it has come to rest."""
        app, until = self._program.app, time.monotonic() + _SETTLE_S
        while time.monotonic() < until:
            app.processEvents()
        path = self._folder / f"{name}-{self._look}-{self._scale}.png"
        assert (widget or self._program.window).grab().save(str(path)), path


def take_all(program: Program, camera: Camera) -> None:
    """The pages empty and full, what lies over them, and narrow."""
    window, page, model = program.window, program.window.transfers, program.desk.transfers
    camera.take("transfers-no-appliance")
    program.desk.connections.add("http://127.0.0.1:9", "mk_none", name="Studio")
    for one in PAGES:
        window.show_page(one.name)
        camera.take(f"{one.name}-empty")
    folders = program.desk.hot_folders.folders
    folders.add(Profile(Path("/media/card reader/DCIM"), program.desk.connections.all()[0].id, folder="rushes/day 1"))
    folders.add(Profile(Path("/srv/exports"), "gone", after=After.MOVE, paused=True))
    program.desk.hot_folders.refresh()
    window.show_page("hot_folders")
    camera.take("hot_folders")
    window.show_page("transfers")
    model.load(of_every_kind(time.time_ns() // 1000))
    camera.take("transfers")
    for name, chosen in (("sending", 1), ("failed", 7), ("done", 8)):
        page.table.select([chosen])
        camera.take(f"transfers-{name}")
    page.table.select([1, 2, 8])
    camera.take("transfers-several")
    menu = page.actions_for_chosen.menu(page)
    menu.adjustSize()
    camera.take("transfers-menu", menu)
    window.toast.say("The link is on the clipboard already: http://studio.local:8080/watch/4a0b8086-5bce-4e17-ae29")
    camera.take("toast")
    window.toast.hide()
    window.overlay.show_text("Drop to send to Studio")
    camera.take("drop")
    window.overlay.hide()
    model.show(Filter.ALL, "nothing like it")
    page.search.setText("nothing like it")
    camera.take("transfers-not-found")
    page.search.clear()
    model.show(Filter.ALL, "")
    window.resize(window.minimumSizeHint())
    page.table.select([1])
    camera.take("transfers-narrow")
    program.desk.settings.set_text_size(1.5)
    window.resize(1240, 780)
    page.table.clearSelection()
    camera.take("transfers-large-text")
    window.show_page("settings")
    camera.take("settings-large-text")
    program.desk.settings.set_text_size(1.0)
    camera.take("settings")


def main(folder: Path, look: Look) -> None:
    app = make_application()
    with tempfile.TemporaryDirectory() as own:
        desk = open_desk(Places.within(Path(own)))
        desk.settings.set_look(look)
        program = Program(app, desk)
        program.window.show()
        try:
            take_all(program, Camera(program, folder, look))
        finally:
            program.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Look(sys.argv[2]))
