"""Makes the desktop program into a folder that runs without Python."""
