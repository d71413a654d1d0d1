"""The parts of the media-upload command."""
