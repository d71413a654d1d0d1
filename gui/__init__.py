"""The clients: the transfer engine, the media-upload command and the desktop app. They speak HTTP only."""
