"""Obtains and runs MinIO, nginx, API and workers natively as one supervised process tree."""
