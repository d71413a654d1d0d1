"""What moves bytes, without any Qt."""
