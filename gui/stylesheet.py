"""The style sheet: what a palette cannot say. Lengths that go with text are in em, so that they grow with the font.

Widgets choose their part by the property `role`: title, heading, faint, card, primary, quiet, chip, bad.
"""

from string import Template

STYLE_SHEET = Template("""
QMainWindow, QDialog { background: $ground; }
QToolTip { background: $card; color: $ink; border: 1px solid $line; padding: 4px 6px; }
QLabel[role="title"] { font-size: 17pt; font-weight: 600; }
QLabel[role="heading"] { font-weight: 600; }
QLabel[role="faint"] { color: $faint; }
QLabel[role="bad"] { color: $bad; }
QLabel[role="tag"] { color: $accent; border: 1px solid $line; border-radius: 5px; padding: 0 7px; }
QListWidget[role="choices"] {
  background: $card; border: 1px solid $line; border-radius: 7px; padding: 4px; outline: 0;
}
QListWidget[role="choices"]::item { padding: 6px 8px; border-radius: 5px; color: $ink; }
QListWidget[role="choices"]::item:selected { background: $chosen; }
QFrame[role="card"] { background: $card; border: 1px solid $line; border-radius: 10px; }
QFrame[role="toast"] { background: $card; border: 1px solid $accent; border-radius: 10px; }
QFrame[role="line"] { background: $line; border: none; min-height: 1px; max-height: 1px; }

QPushButton {
  background: $card; color: $ink; border: 1px solid $line; border-radius: 7px; padding: 6px 14px; min-height: 1.3em;
}
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $chosen; }
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: 5px 13px; }
QPushButton:disabled { color: $faint; background: $ground; }
QPushButton::menu-indicator { image: none; width: 0; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[role="primary"]:hover { border-color: $ink; }
QPushButton[role="primary"]:focus { border: 2px solid $ink; }
QPushButton[role="primary"]:disabled { background: $sunken; color: $faint; border-color: $line; }
QPushButton[role="quiet"] { background: transparent; border-color: transparent; padding: 5px 8px; }
QPushButton[role="quiet"]:hover { background: $hover; }
QPushButton[role="quiet"]:focus { border: 2px solid $accent; padding: 4px 7px; }
QPushButton[role="chip"] { background: transparent; border-radius: 12px; padding: 4px 12px; color: $ink; }
QPushButton[role="chip"]:hover { background: $hover; }
QPushButton[role="chip"]:checked { background: $chosen; border-color: $accent; color: $ink; }
QPushButton[role="chip"]:focus { border: 2px solid $accent; padding: 3px 11px; }
QPushButton[role="bad"] { color: $bad; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: 7px; padding: 5px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $chosen; }
QToolButton:focus { border: 2px solid $accent; padding: 4px; }
QToolButton::menu-indicator { image: none; }

QLineEdit, QPlainTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {
  background: $card; color: $ink; border: 1px solid $line; border-radius: 7px; padding: 5px 9px; min-height: 1.4em;
  selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {
  border: 2px solid $accent; padding: 4px 8px;
}
QLineEdit { placeholder-text-color: $faint; }
QComboBox { padding-right: 26px; }
QComboBox:focus { padding-right: 25px; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url("$resources/down-$look.svg"); width: 12px; height: 12px; }
QAbstractSpinBox QLineEdit { background: transparent; border: none; padding: 0 0 0 8px; min-height: 0; }
QSpinBox, QDoubleSpinBox { padding-right: 26px; }
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {
  subcontrol-origin: border; width: 24px; border: none; background: transparent;
}
QSpinBox::up-button, QDoubleSpinBox::up-button { subcontrol-position: top right; }
QSpinBox::down-button, QDoubleSpinBox::down-button { subcontrol-position: bottom right; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url("$resources/up-$look.svg"); width: 12px; height: 12px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url("$resources/down-$look.svg"); width: 12px; height: 12px; }
QCheckBox { spacing: 8px; }
QCheckBox::indicator, QTreeView::indicator, QListView::indicator {
  width: 18px; height: 18px; border: 1px solid $faint; border-radius: 5px; background: $card;
}
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$resources/check-$look.svg"); }
QCheckBox::indicator:focus { border: 2px solid $accent; }
QCheckBox::indicator:checked:focus { border: 2px solid $ink; }
QCheckBox::indicator:disabled { background: $sunken; border-color: $line; }
QLineEdit:disabled, QSpinBox:disabled, QComboBox:disabled { color: $faint; background: $ground; }
QLineEdit[readOnly="true"] { background: $ground; }
QComboBox QAbstractItemView {
  background: $card; border: 1px solid $line; padding: 4px; outline: 0;
  selection-background-color: $chosen; selection-color: $ink;
}

QMenu { background: $card; color: $ink; border: 1px solid $line; padding: 6px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 5px; }
QMenu::item:selected { background: $chosen; color: $ink; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: 6px 4px; }

QListWidget#sidebar { background: transparent; border: none; padding: 10px 8px; outline: 0; }
QWidget#side { background: $sunken; border-right: 1px solid $line; }
QPushButton#connection { text-align: left; padding: 5px 10px; }

QTableView, QTreeView, QListView {
  background: $card; color: $ink; border: 1px solid $line; border-radius: 10px; outline: 0;
  selection-background-color: $chosen; selection-color: $ink; gridline-color: transparent;
}
QTableView::item, QTreeView::item { padding: 0 8px; border: none; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section {
  background: $card; color: $faint; border: none; border-bottom: 1px solid $line; padding: 6px 10px;
}
QHeaderView::section:first { border-top-left-radius: 9px; }
QHeaderView::section:last { border-top-right-radius: 9px; }
QHeaderView::section:hover { color: $ink; }
QTableCornerButton::section { background: $card; border: none; }

QScrollArea, QScrollArea > QWidget > QWidget#page { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 2px; }
QScrollBar::handle { background: $line; border-radius: 4px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QProgressBar { background: $line; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QSplitter::handle { background: transparent; }
QStatusBar { background: $ground; border-top: 1px solid $line; }
QStatusBar::item { border: none; }
QTabWidget::pane { border: none; }
""")
