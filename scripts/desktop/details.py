"""What PyInstaller's specification is told of the program."""

from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NAME = "media-uploader"
APPLICATION = "Media uploader"
IDENTIFIER = "org.media-appliance.uploader"
ICON = "icon.png"
#: Each brings megabytes that nothing here uses.
LEFT_OUT = [
    "tkinter", "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtQuickWidgets", "PySide6.QtSql", "PySide6.QtTest",
    "appliance", "flask", "av", "pytest", "PIL", "numpy",
]  # fmt: skip
#: Without the first two, macOS 15 and later keep the program from finding appliances on the local network.
INFO_PLIST: dict[str, Any] = {
    "NSLocalNetworkUsageDescription": "To find the media appliance on your network and to send files to it.",
    "NSBonjourServices": ["_media-appliance._tcp"],
    "NSAppTransportSecurity": {"NSAllowsLocalNetworking": True},
    "NSHighResolutionCapable": True,
    "CFBundleDocumentTypes": [
        {"CFBundleTypeName": "File", "CFBundleTypeRole": "Viewer", "LSItemContentTypes": ["public.data"],
         "LSHandlerRank": "None"},
    ],
}  # fmt: skip
